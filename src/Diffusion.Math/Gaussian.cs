using MathNet.Numerics;

namespace Diffusion.Math;

/// <summary>The normal distribution N(<see cref="Mean"/>, <see cref="Variance"/>) on the real line.</summary>
/// <remarks>
/// A variance of 0 is allowed and means a point mass: the last reverse step of a diffusion ends in one.
/// <c>default</c> is the point mass at 0.
/// </remarks>
public readonly record struct Gaussian
{
    // Of artanh's series: |y| ≤ 1/3 there, and 3^−34 is below a rounding.
    private const int Terms = 17;

    /// <summary>N(<paramref name="mean"/>, <paramref name="variance"/>).</summary>
    /// <param name="mean">μ, finite.</param>
    /// <param name="variance">σ² (not σ, not ln σ²), finite and ≥ 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range or NaN.</exception>
    public Gaussian(double mean, double variance)
    {
        Mean = Preconditions.Finite(mean);
        Variance = Preconditions.NonNegative(variance);
    }

    /// <summary>N(0, 1).</summary>
    public static Gaussian Standard { get; } = new(0, 1);

    /// <summary>μ.</summary>
    public double Mean { get; }

    /// <summary>σ² ≥ 0.</summary>
    public double Variance { get; }

    /// <summary>σ ≥ 0.</summary>
    public double StandardDeviation => double.Sqrt(Variance);

    /// <summary>ln σ².</summary>
    public LogVariance LogVariance => LogVariance.Of(Variance);

    /// <summary>½·ln(2πe·σ²) in nats; −∞ for a point mass.</summary>
    public double Entropy => 0.5 * (double.Log(Constants.Pi2) + 1 + double.Log(Variance));

    /// <summary>ln p(x) in nats: −½·((x−μ)²/σ² + ln 2πσ²).</summary>
    /// <param name="x">Where, finite.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="x"/> is not finite.</exception>
    /// <exception cref="InvalidOperationException">The variance is 0: a point mass has no density.</exception>
    public double LogDensity(double x)
    {
        Preconditions.Finite(x);
        if (Variance == 0)
        {
            throw new InvalidOperationException(
                $"The point mass at {Preconditions.Text(Mean)} (variance 0) has no density; its variance must be > 0."
            );
        }

        double distance = Deviations(x, Mean, Variance);
        return (-0.5 * distance * distance) - (0.5 * (double.Log(Constants.Pi2) + double.Log(Variance)));
    }

    /// <summary>
    /// KL(this ‖ other) in nats, ≥ 0: ½·(r − 1 − ln r + (μ−μ′)²/σ′²) with r = σ²/σ′²; 0 between equal point masses
    /// and +∞ wherever exactly one of the two is a point mass, or both are in different places.
    /// </summary>
    /// <param name="other">The distribution to measure against.</param>
    public double KullbackLeibler(Gaussian other)
    {
        if (Variance == 0 || other.Variance == 0)
        {
            return this == other ? 0 : double.PositiveInfinity;
        }

        double distance = Deviations(Mean, other.Mean, other.Variance);
        return 0.5 * (Shape(Variance, other.Variance) + (distance * distance));
    }

    /// <summary>The normalised product of both densities, which is a Gaussian again: precisions add.</summary>
    /// <param name="other">The other factor.</param>
    /// <exception cref="ArgumentException">Both are point masses: their product has no density.</exception>
    public Gaussian Product(Gaussian other)
    {
        // Beyond the range of double on the way, so that neither huge nor tiny variances vanish.
        Scaled sum = (Scaled)Variance + other.Variance;
        if (sum.IsZero)
        {
            throw new ArgumentException(
                "The product of two point masses is not a distribution; one variance must be greater than 0.",
                nameof(other)
            );
        }

        Scaled mean = (Mean * (other.Variance / sum)) + (other.Mean * (Variance / sum));
        return new Gaussian(mean.Value, (Variance * (other.Variance / sum)).Value);
    }

    // (x − μ)/σ. Divided before it is squared: the square of a distance leaves the range of double long before its
    // share of the variance does.
    private static double Deviations(double x, double mean, double variance)
    {
        double deviation = double.Sqrt(variance);
        double distance = x - mean;
        return double.IsFinite(distance) ? distance / deviation : ((x / 2) - (mean / 2)) / deviation * 2;
    }

    // r − 1 − ln r ≥ 0, r = variance/other.
    private static double Shape(double variance, double other)
    {
        double excess = (variance - other) / other;
        if (double.Abs(excess) >= 0.5)
        {
            double ratio = variance / other;
            double logRatio = double.IsNormal(ratio) ? double.Log(ratio) : double.Log(variance) - double.Log(other);
            return excess - logRatio;
        }

        // With y = (r − 1)/(r + 1): r − 1 = 2y/(1 − y) and ln r = 2·artanh y, whose common first term is left out, so
        // that nothing cancels where r is nearly 1.
        double y = excess / (2 + excess);
        double square = y * y;
        double rest = 0;
        for (int k = Terms; k >= 1; k--)
        {
            rest = square * (rest + (1.0 / ((2 * k) + 1)));
        }

        return 2 * ((square / (1 - y)) - (y * rest));
    }
}
