using MathNet.Numerics;

namespace Diffusion.Math;

/// <summary>Logarithms of probabilities of N(0, 1), right far out where the probabilities underflow.</summary>
internal static class NormalTail
{
    private const double Far = 8;
    private const int Fractions = 60;

    // Up to here the series' next term is below a rounding.
    private const double Narrow = 0.012;
    private static readonly double RootTwo = double.Sqrt(2);
    private static readonly double LogRootTwoPi = double.Log(2 * double.Pi) / 2;

    /// <summary>ln P(z &gt; <paramref name="from"/>).</summary>
    public static double LogAbove(double from)
    {
        if (from < -1)
        {
            return SpecialFunctions.Log1p(-Above(-from));
        }

        if (from < Far)
        {
            return double.Log(Above(from));
        }

        if (double.IsPositiveInfinity(from))
        {
            return double.NegativeInfinity;
        }

        return (-0.5 * from * from) - LogRootTwoPi - double.Log(Hazard(from));
    }

    /// <summary>
    /// φ(z)/P(Z &gt; z), the inverse of Mills' ratio: 0 far below, about z + 1/z far above; +∞ at +∞.
    /// </summary>
    public static double Hazard(double z)
    {
        if (z < Far)
        {
            return Density(z) / Above(z);
        }

        // Laplace's continued fraction of Mills' ratio: 1/(z + 1/(z + 2/(z + 3/…))).
        double tail = z;
        for (int k = Fractions; k >= 1; k--)
        {
            tail = z + (k / tail);
        }

        return tail;
    }

    /// <summary>
    /// ln P(low &lt; z &lt; high) for finite ends, that are <paramref name="width"/> apart: near ones don't say so.
    /// </summary>
    public static double LogBetween(double low, double high, double width)
    {
        if (low + high < 0)
        {
            // The same by symmetry, with the nearer end positive.
            (low, high) = (-high, -low);
        }

        double middle = (low + high) / 2;
        double half = width / 2;
        if (half * (middle + 1) < Narrow)
        {
            // ∫ φ over a narrow interval by Taylor's series; a difference of its ends would cancel.
            (double second, double fourth) = Narrowness(middle * half, half);
            return (-0.5 * middle * middle)
                - LogRootTwoPi
                + double.Log(width)
                + SpecialFunctions.Log1p(second + fourth);
        }

        if (low > 0)
        {
            double first = LogAbove(low);
            return double.IsNegativeInfinity(first) ? first : first + LogOneMinusExp(LogAbove(high) - first);
        }

        double outside = Above(high) + Above(-low);
        return outside < 0.5
            ? SpecialFunctions.Log1p(-outside)
            : double.Log((SpecialFunctions.Erf(high / RootTwo) + SpecialFunctions.Erf(-low / RootTwo)) / 2);
    }

    /// <summary>
    /// z·φ(z)/P(Z &gt; z), how fast ln P falls with ln z: 0 at −∞, +∞ where it is beyond the range of <c>double</c>.
    /// </summary>
    public static double SlopeAbove(double z)
    {
        double hazard = Hazard(z);
        return hazard == 0 ? 0 : z * hazard;
    }

    /// <summary>
    /// (low·φ(low) − high·φ(high))/P(low &lt; z &lt; high), for ends as in <see cref="LogBetween"/>; +∞ where it is
    /// beyond the range of <c>double</c>.
    /// </summary>
    public static double SlopeBetween(double low, double high, double width)
    {
        if (low + high < 0)
        {
            (low, high) = (-high, -low);
        }

        double middle = (low + high) / 2;
        double half = width / 2;
        if (half * (middle + 1) < Narrow)
        {
            // The slope of the series in LogBetween: each power of an end or of the width falls as often as it counts.
            (double second, double fourth) = Narrowness(middle * half, half);
            (double a, double b) = (middle * half * (middle * half), half * half);
            double fall = (((4 * a) - (2 * b)) / 6) + (((8 * a * a) - (36 * a * b) + (12 * b * b)) / 120);
            return (middle * middle) - 1 - (fall / (1 + second + fourth));
        }

        if (low <= 0)
        {
            return (Weighted(low) - Weighted(high)) / double.Exp(LogBetween(low, high, width));
        }

        double near = SlopeAbove(low);
        double nearHazard = Hazard(low);
        double farHazard = Hazard(high);
        // What is beyond the far end, beside what is beyond the near one. In the ends themselves it would lose digits.
        double logBeyond = double.Log(nearHazard / farHazard) - (width * middle);
        double beyond = double.Exp(logBeyond);
        if (beyond == 0 || !double.IsFinite(near))
        {
            return near;
        }

        double rise = (width * farHazard) + (low * (farHazard - nearHazard));
        return near - (beyond * rise / -Exponential.MinusOne(logBeyond));
    }

    // What the series adds to 1, of second and of fourth order in half the width h: (m²−1)·h²/6 and
    // (m⁴−6m²+3)·h⁴/120. By m·h, which is small, since a power of m alone may leave double's range.
    private static (double Second, double Fourth) Narrowness(double middleTimesHalf, double half)
    {
        (double a, double b) = (middleTimesHalf * middleTimesHalf, half * half);
        return ((a - b) / 6, ((a * a) - (6 * a * b) + (3 * b * b)) / 120);
    }

    private static double Density(double z) => double.Exp((-0.5 * z * z) - LogRootTwoPi);

    // z·φ(z), and its limit 0 where φ is 0.
    private static double Weighted(double z)
    {
        double density = Density(z);
        return density == 0 ? 0 : z * density;
    }

    private static double Above(double from) => SpecialFunctions.Erfc(from / RootTwo) / 2;

    // ln(1 − eˣ) for x < 0.
    private static double LogOneMinusExp(double x) =>
        x > -0.7 ? double.Log(-Exponential.MinusOne(x)) : SpecialFunctions.Log1p(-double.Exp(x));
}
