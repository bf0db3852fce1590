using System.Numerics;

namespace Diffusion.Properties.Support;

/// <summary>
/// Functions of <see cref="Exact"/> numbers, by Taylor's series on whole numbers of 1300 bits: some 380 digits, of which
/// a comparison with a <c>double</c> needs 17.
/// </summary>
internal static class ExactFunctions
{
    private const int Bits = 1300;
    private const int Halvings = 30;

    private static Exact Two => Exact.Of(2);

    /// <summary>π by Machin's formula, 16·arctan(1/5) − 4·arctan(1/239).</summary>
    public static Exact Pi { get; } =
        (Exact.Of(16) * ArcTangentOfInverse(5)) - (Exact.Of(4) * ArcTangentOfInverse(239));

    /// <summary>eˣ.</summary>
    public static Exact Exp(Exact x)
    {
        Exact small = new(x.Scaled >> Halvings);
        Exact sum = Exact.One;
        Exact term = Exact.One;
        for (int n = 1; !term.Scaled.IsZero && n < 200; n++)
        {
            term = term * small / Exact.Of(n);
            sum += term;
        }

        for (int i = 0; i < Halvings; i++)
        {
            sum *= sum;
        }

        return sum;
    }

    public static Exact Sin(Exact x) => Alternating(x, x * x, 2);

    public static Exact Cos(Exact x) => Alternating(Exact.One, x * x, 1);

    private static Exact Alternating(Exact first, Exact square, int n)
    {
        Exact sum = first;
        Exact term = first;
        for (int k = n; !term.Scaled.IsZero && k < 1000; k += 2)
        {
            term = new Exact(-(term * square / Exact.Of(k * (k + 1.0))).Scaled);
            sum += term;
        }

        return sum;
    }

    private static Exact ArcTangentOfInverse(int x)
    {
        BigInteger power = (BigInteger.One << Bits) / x;
        BigInteger sum = power;
        for (int k = 3; !power.IsZero; k += 2)
        {
            power /= -(x * x);
            sum += power / k;
        }

        return new Exact(sum);
    }
}
