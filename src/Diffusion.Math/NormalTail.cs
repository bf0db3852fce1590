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

        // Laplace's continued fraction of Mills' ratio: 1/(z + 1/(z + 2/(z + 3/…))).
        double tail = from;
        for (int k = Fractions; k >= 1; k--)
        {
            tail = from + (k / tail);
        }

        return (-0.5 * from * from) - LogRootTwoPi - double.Log(tail);
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
            double square = middle * middle;
            double second = (square - 1) * half * half / 6;
            double fourth = ((square * (square - 6)) + 3) * half * half * half * half / 120;
            return (-0.5 * square) - LogRootTwoPi + double.Log(width) + SpecialFunctions.Log1p(second + fourth);
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

    private static double Above(double from) => SpecialFunctions.Erfc(from / RootTwo) / 2;

    // ln(1 − eˣ) for x < 0.
    private static double LogOneMinusExp(double x) =>
        x > -0.7 ? double.Log(-Exponential.MinusOne(x)) : SpecialFunctions.Log1p(-double.Exp(x));
}
