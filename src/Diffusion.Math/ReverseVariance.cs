namespace Diffusion.Math;

/// <summary>
/// The variance of a reverse step p(x_s | x_t): <see cref="FixedSmall"/> or <see cref="FixedLarge"/>
/// (Ho et al. 2020, section 3.2). A closed set of immutable values, compared by identity.
/// </summary>
public abstract class ReverseVariance
{
    private ReverseVariance(string name) => Name = name;

    /// <summary>
    /// β̃, the posterior's own variance: right when x₀ is known exactly, too small for spread-out data. The only one
    /// that keeps the marginals of the forward process.
    /// </summary>
    public static ReverseVariance FixedSmall { get; } = new Small();

    /// <summary>
    /// β of the kernel q(x_t | x_s), which between neighbouring times is β_t: right for data of variance 1, too large
    /// for any narrower. A sampler adds none of it in a step to clean data.
    /// </summary>
    public static ReverseVariance FixedLarge { get; } = new Large();

    /// <summary>Its short name: <c>fixed small</c> or <c>fixed large</c>.</summary>
    public string Name { get; }

    /// <summary>The variance (not its logarithm) of the step from x_t to x_s, ≥ 0.</summary>
    /// <param name="from">The level of x_t, the noisier one.</param>
    /// <param name="to">The level of x_s.</param>
    /// <exception cref="ArgumentException"><paramref name="to"/> is not less noisy.</exception>
    public abstract double Of(NoiseLevel from, NoiseLevel to);

    /// <inheritdoc/>
    public sealed override string ToString() => Name;

    private sealed class Small() : ReverseVariance("fixed small")
    {
        public override double Of(NoiseLevel from, NoiseLevel to) => Posterior.Between(from, to).Variance;
    }

    private sealed class Large() : ReverseVariance("fixed large")
    {
        public override double Of(NoiseLevel from, NoiseLevel to) => Transition.Undone(from, to).Variance;
    }
}
