using System.Numerics;

namespace Diffusion.Properties.Support;

/// <summary>
/// Fixed-point numbers of 1300 bits after the point, independent of the code under test, and the distance of a double
/// from one in units of its last place.
/// </summary>
internal readonly record struct Exact(BigInteger Scaled)
{
    private const int Bits = 1300;

    public static Exact One => new(BigInteger.One << Bits);

    /// <summary>Exact, for every double.</summary>
    public static Exact Of(double value)
    {
        if (value == 0)
        {
            return new Exact(BigInteger.Zero);
        }

        int exponent = double.ILogB(value) - 52;
        BigInteger mantissa = new(double.ScaleB(value, -exponent));
        int shift = exponent + Bits;
        return new Exact(shift >= 0 ? mantissa << shift : mantissa >> -shift);
    }

    public static Exact operator +(Exact a, Exact b) => new(a.Scaled + b.Scaled);

    public static Exact operator -(Exact a, Exact b) => new(a.Scaled - b.Scaled);

    public static Exact operator *(Exact a, Exact b) => new((a.Scaled * b.Scaled) >> Bits);

    public static Exact operator /(Exact a, Exact b) => new((a.Scaled << Bits) / b.Scaled);

    /// <summary>The square root, by Newton's iteration on whole numbers.</summary>
    public Exact Root()
    {
        BigInteger square = Scaled << Bits;
        BigInteger root = BigInteger.One << (int)((square.GetBitLength() / 2) + 1);
        while (true)
        {
            BigInteger next = (root + (square / root)) >> 1;
            if (next >= root)
            {
                return new Exact(root);
            }

            root = next;
        }
    }

    /// <summary>ᾱ of the schedule with these β, for every t.</summary>
    public static Exact[] AlphaBars(IReadOnlyList<double> betas)
    {
        Exact[] bars = new Exact[betas.Count + 1];
        bars[0] = One;
        for (int t = 1; t < bars.Length; t++)
        {
            bars[t] = bars[t - 1] * (One - Of(betas[t - 1]));
        }

        return bars;
    }

    /// <summary>How many units in the last place of <paramref name="value"/> it lies from this number.</summary>
    public double UlpsFrom(double value)
    {
        BigInteger ulp = Of(double.BitIncrement(double.Abs(value)) - double.Abs(value)).Scaled;
        return (double)(BigInteger.Abs(Scaled - Of(value).Scaled) * 1000 / ulp) / 1000;
    }

    /// <summary>The same for the square root of this number, to first order.</summary>
    public double UlpsOfRootFrom(double value)
    {
        Exact square = Of(value) * Of(value);
        BigInteger ulp = Of(double.BitIncrement(value) - value).Scaled;
        Exact slope = Of(2 * value) * new Exact(ulp);
        return (double)(BigInteger.Abs(Scaled - square.Scaled) * 1000 / slope.Scaled) / 1000;
    }
}
