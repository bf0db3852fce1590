using System.Collections.Immutable;

namespace Diffusion.Math;

/// <summary>
/// A normal distribution on ℝᵈ with one variance for all directions: N(μ, v·I). Immutable, compared by value.
/// </summary>
/// <remarks>
/// Every marginal q(x_t | x₀) of a diffusion is one. Products and conditioning stay isotropic; for parts of different
/// variances convert by <see cref="ToDiagonal"/>.
/// </remarks>
public sealed record IsotropicGaussian
{
    /// <summary>N(μ, v·I).</summary>
    /// <param name="mean">μ, finite, of d ≥ 1 components.</param>
    /// <param name="variance">v (not its root or logarithm), finite and ≥ 0.</param>
    /// <exception cref="ArgumentException"><paramref name="mean"/> is empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range or NaN.</exception>
    public IsotropicGaussian(ReadOnlySpan<double> mean, double variance)
    {
        if (mean.IsEmpty)
        {
            throw new ArgumentException("mean is empty; a dimension of at least 1 is needed.", nameof(mean));
        }

        for (int i = 0; i < mean.Length; i++)
        {
            Preconditions.Finite(mean[i], $"mean[{Preconditions.Text(i)}]");
        }

        Mean = [.. mean];
        Variance = Preconditions.NonNegative(variance);
    }

    /// <summary>μ.</summary>
    public ImmutableArray<double> Mean { get; }

    /// <summary>v ≥ 0.</summary>
    public double Variance { get; }

    /// <summary>d ≥ 1.</summary>
    public int Dimension => Mean.Length;

    /// <summary>d/2·ln(2πe·v) in nats; −∞ for a point mass.</summary>
    public double Entropy => Dimension * new Gaussian(0, Variance).Entropy;

    /// <summary>N(0, I) in d dimensions.</summary>
    /// <param name="dimension">d ≥ 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is less than 1.</exception>
    public static IsotropicGaussian Standard(int dimension) => new(new double[Preconditions.AtLeast(dimension, 1)], 1);

    /// <summary>ln p(x) = −½·(‖x−μ‖²/v + d·ln 2πv) in nats.</summary>
    /// <param name="x">Where, finite, of d components.</param>
    /// <exception cref="ArgumentException"><paramref name="x"/> has another dimension.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="x"/> is not finite.</exception>
    /// <exception cref="InvalidOperationException">The variance is 0: a point mass has no density.</exception>
    public double LogDensity(ReadOnlySpan<double> x)
    {
        Preconditions.Length(x, Dimension);
        double sum = 0;
        for (int i = 0; i < x.Length; i++)
        {
            sum += new Gaussian(Mean[i], Variance).LogDensity(x[i]);
        }

        return sum;
    }

    /// <summary>KL(this ‖ other) in nats, ≥ 0: ½·(d·(r − 1 − ln r) + ‖μ−μ′‖²/v′) with r = v/v′.</summary>
    /// <param name="other">The distribution to measure against, of the same dimension.</param>
    /// <exception cref="ArgumentNullException"><paramref name="other"/> is null.</exception>
    /// <exception cref="ArgumentException">It has another dimension.</exception>
    public double KullbackLeibler(IsotropicGaussian other) =>
        ToDiagonal().KullbackLeibler(Preconditions.NotNull(other).ToDiagonal());

    /// <summary>The normalised product of both densities: precisions add.</summary>
    /// <param name="other">The other factor, of the same dimension.</param>
    /// <exception cref="ArgumentNullException"><paramref name="other"/> is null.</exception>
    /// <exception cref="ArgumentException">It has another dimension, or both are point masses.</exception>
    public IsotropicGaussian Product(IsotropicGaussian other) =>
        From(ToDiagonal().Product(Preconditions.NotNull(other).ToDiagonal()));

    /// <summary>The distribution of x′ when <paramref name="kernel"/> acts on every component.</summary>
    /// <param name="kernel">The kernel, the same for all.</param>
    /// <exception cref="ArgumentException">A mean or variance would be beyond the range of <c>double</c>.</exception>
    public IsotropicGaussian Through(LinearGaussian kernel) => From(ToDiagonal().Through(kernel));

    /// <summary>
    /// Bayes' rule: the distribution of x, of which this is the prior, after an x′ drawn by <paramref name="kernel"/>
    /// was observed.
    /// </summary>
    /// <param name="kernel">The kernel that gave x′, the same for all components.</param>
    /// <param name="observed">x′, finite, of d components.</param>
    /// <exception cref="ArgumentException">
    /// <paramref name="observed"/> has another dimension, or was certain.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="observed"/> is not finite.</exception>
    public IsotropicGaussian Given(LinearGaussian kernel, ReadOnlySpan<double> observed) =>
        From(ToDiagonal().Given(kernel, observed));

    /// <summary>The same distribution as a diagonal one.</summary>
    public DiagonalGaussian ToDiagonal() => new(Mean.Select(mean => new Gaussian(mean, Variance)));

    /// <summary>Mean and variance.</summary>
    public override string ToString() =>
        $"N({string.Join(", ", Mean.Select(Preconditions.Text))}; {Preconditions.Text(Variance)}·I)";

    /// <summary>Whether mean and variance are equal.</summary>
    /// <param name="other">The distribution to compare with.</param>
    public bool Equals(IsotropicGaussian? other) =>
        other is not null && Variance.Equals(other.Variance) && Mean.AsSpan().SequenceEqual(other.Mean.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Dimension, Mean[0], Mean[^1], Variance);

    // The variances are equal, since every operation treats all components alike.
    private static IsotropicGaussian From(DiagonalGaussian diagonal) =>
        new([.. diagonal.Components.Select(part => part.Mean)], diagonal.Components[0].Variance);
}
