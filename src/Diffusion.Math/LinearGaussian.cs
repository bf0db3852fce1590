namespace Diffusion.Math;

/// <summary>
/// A linear Gaussian kernel: <c>x′ = Scale·x + √Variance·z</c> with <c>z ~ N(0, 1)</c>, that is
/// <c>p(x′ | x) = N(Scale·x, Variance)</c>.
/// </summary>
/// <remarks>
/// Every forward process here is a fold of these by <see cref="Then"/>, every posterior an application of
/// <see cref="Given"/>. <c>default</c> maps everything to 0.
/// </remarks>
public readonly record struct LinearGaussian
{
    /// <summary>The kernel N(<paramref name="scale"/>·x, <paramref name="variance"/>).</summary>
    /// <param name="scale">Factor on x, finite.</param>
    /// <param name="variance">Variance of the noise added, finite and ≥ 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range or NaN.</exception>
    public LinearGaussian(double scale, double variance)
    {
        Scale = Preconditions.Finite(scale);
        Variance = Preconditions.NonNegative(variance);
    }

    /// <summary>The kernel that changes nothing: (1, 0).</summary>
    public static LinearGaussian Identity { get; } = new(1, 0);

    /// <summary>Factor on x.</summary>
    public double Scale { get; }

    /// <summary>Variance of the noise added, ≥ 0.</summary>
    public double Variance { get; }

    /// <summary>p(x′ | x) at one x.</summary>
    /// <param name="x">Where the kernel starts, finite.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="x"/> is not finite.</exception>
    /// <exception cref="ArgumentException">The mean would be beyond the range of <c>double</c>.</exception>
    public Gaussian At(double x)
    {
        double mean = Scale * Preconditions.Finite(x);
        RefuseOverflow(mean, Variance, x, nameof(x));
        return new Gaussian(mean, Variance);
    }

    /// <summary>This kernel, then <paramref name="next"/>: scales multiply, variances add after scaling.</summary>
    /// <param name="next">The kernel applied to this one's result.</param>
    /// <exception cref="ArgumentException">Scale or variance would be beyond the range of <c>double</c>.</exception>
    public LinearGaussian Then(LinearGaussian next)
    {
        double scale = next.Scale * Scale;
        double variance = (next.Scale * Variance * next.Scale) + next.Variance;
        RefuseOverflow(scale, variance, next, nameof(next));
        return new LinearGaussian(scale, variance);
    }

    /// <summary>The distribution of x′ when x has the distribution <paramref name="input"/>.</summary>
    /// <param name="input">The distribution of x.</param>
    /// <exception cref="ArgumentException">Mean or variance would be beyond the range of <c>double</c>.</exception>
    public Gaussian Apply(Gaussian input)
    {
        double mean = Scale * input.Mean;
        double variance = (Scale * input.Variance * Scale) + Variance;
        RefuseOverflow(mean, variance, input, nameof(input));
        return new Gaussian(mean, variance);
    }

    /// <summary>Bayes' rule: the distribution of x given its <paramref name="prior"/> and an observed x′.</summary>
    /// <param name="prior">The distribution of x before the observation.</param>
    /// <param name="observed">x′, finite.</param>
    /// <returns>
    /// N((μ·V + S·v·x′)/(S²v + V), v·V/(S²v + V)) for prior N(μ, v), scale S and variance V.
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="observed"/> is not finite.</exception>
    /// <exception cref="ArgumentException">
    /// The observation has no spread at all (S²v + V = 0), so there is nothing to condition on; or the mean or the
    /// variance would be beyond the range of <c>double</c>.
    /// </exception>
    public Gaussian Given(Gaussian prior, double observed)
    {
        Preconditions.Finite(observed);
        // Beyond the range of double on the way, so that neither S²v nor V vanishes or overflows.
        Scaled gain = (Scaled)Scale * prior.Variance;
        Scaled evidence = (Scale * gain) + Variance;
        if (evidence.IsZero)
        {
            throw new ArgumentException(
                "Under this prior the observation is certain (its variance is 0), so Bayes' rule has nothing to"
                    + " divide by; the prior's variance or the kernel's must be greater than 0.",
                nameof(prior)
            );
        }

        Scaled kept = Variance / evidence;
        double mean = ((prior.Mean * kept) + (gain / evidence * observed)).Value;
        double variance = (prior.Variance * kept).Value;
        RefuseOverflow(mean, variance, observed, nameof(observed));
        return new Gaussian(mean, variance);
    }

    private void RefuseOverflow(double first, double variance, object argument, string name)
    {
        if (!double.IsFinite(first) || !double.IsFinite(variance))
        {
            throw new ArgumentException(
                $"{this} with {name} = {argument} gives {Preconditions.Text(first)} and variance"
                    + $" {Preconditions.Text(variance)}, beyond the range of double; smaller numbers are needed.",
                name
            );
        }
    }
}
