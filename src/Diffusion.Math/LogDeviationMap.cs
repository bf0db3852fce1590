namespace Diffusion.Math;

/// <summary>
/// ln σ of a reverse step as an affine map of the network's output o, <c>Offset + Slope·o</c>: what
/// <see cref="ReverseVariance.LearnedRange"/> is, for code that works on many outputs at once. Immutable.
/// </summary>
public readonly record struct LogDeviationMap
{
    internal LogDeviationMap(double offset, double slope)
    {
        Offset = offset;
        Slope = slope;
    }

    /// <summary>ln σ at output 0: halfway between ln √β̃ and ln √β.</summary>
    public double Offset { get; }

    /// <summary>Change of ln σ with the output: (ln β − ln β̃)/4.</summary>
    public double Slope { get; }

    /// <summary>σ for one output.</summary>
    /// <param name="output">The network's number, finite, nominally in [−1, 1].</param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="output"/> is not finite, or stands for an infinite variance.
    /// </exception>
    public double Apply(double output) =>
        ReverseVariance.Finite(double.Exp(Offset + (Slope * Preconditions.Finite(output))), output);

    /// <summary>The map of the step from x_t to x_s (Nichol and Dhariwal 2021, eq. 15).</summary>
    /// <param name="from">The level of x_t, the noisier one.</param>
    /// <param name="to">The level of x_s; not clean data, where σ is 0.</param>
    /// <exception cref="ArgumentException">
    /// <paramref name="to"/> is not less noisy, or is clean data, whose variance has no logarithm.
    /// </exception>
    public static LogDeviationMap LearnedRange(NoiseLevel from, NoiseLevel to)
    {
        double small = ReverseVariance.FixedSmall.LogOf(from, to).Value;
        double large = ReverseVariance.FixedLarge.LogOf(from, to).Value;
        return double.IsFinite(small)
            ? new LogDeviationMap((small + large) / 4, (large - small) / 4)
            : throw new ArgumentException("The step ends at clean data, where the deviation is 0.", nameof(to));
    }
}
