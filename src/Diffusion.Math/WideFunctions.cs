namespace Diffusion.Math;

/// <summary>Functions of <see cref="WideDouble"/>s by Taylor's series: made for a few values a schedule, not for many.</summary>
internal static class WideFunctions
{
    private const int MostTerms = 60;

    // Below it a term adds nothing to a sum of 106 bits.
    private static readonly double Negligible = double.ScaleB(1, -110);

    private static readonly WideDouble LogTwo = new(0.69314718055994529, 2.3190468138462996e-17);

    /// <summary>π.</summary>
    public static WideDouble Pi { get; } = new(3.1415926535897931, 1.2246467991473532e-16);

    /// <summary>eˣ for |x| ≤ 700.</summary>
    public static WideDouble Exp(WideDouble x)
    {
        int halvings = (int)double.Round(x.Head / LogTwo.Head);
        WideDouble near = WideDouble.One + NearExpMinusOne(x - (LogTwo * halvings));
        return new WideDouble(double.ScaleB(near.Head, halvings), double.ScaleB(near.Tail, halvings));
    }

    /// <summary>eˣ − 1 for x ≤ 700; −1 for less than −700.</summary>
    public static WideDouble ExpMinusOne(WideDouble x)
    {
        if (double.Abs(x.Head) < 0.5)
        {
            return NearExpMinusOne(x);
        }

        return x.Head < -700 ? -1 : Exp(x) - WideDouble.One;
    }

    /// <summary>cos x for 0 ≤ x ≤ 2.</summary>
    public static WideDouble Cosine(WideDouble x) => Alternating(WideDouble.One, x * x, 1);

    /// <summary>sin x for 0 ≤ x ≤ 2.</summary>
    public static WideDouble Sine(WideDouble x) => Alternating(x, x * x, 2);

    private static WideDouble NearExpMinusOne(WideDouble x)
    {
        WideDouble sum = x;
        WideDouble term = x;
        for (int n = 2; n < MostTerms && double.Abs(term.Head) > Negligible * double.Abs(sum.Head); n++)
        {
            term = term * x / n;
            sum += term;
        }

        return sum;
    }

    // first·(1 − x²/(n(n+1)) + x⁴/(n(n+1)(n+2)(n+3)) − …).
    private static WideDouble Alternating(WideDouble first, WideDouble square, int n)
    {
        WideDouble sum = first;
        WideDouble term = first;
        for (int k = n; k < MostTerms && double.Abs(term.Head) > Negligible * double.Abs(sum.Head); k += 2)
        {
            term = -(term * square) / (k * (k + 1.0));
            sum += term;
        }

        return sum;
    }
}
