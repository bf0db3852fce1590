using System.Collections.Immutable;

namespace Diffusion.Math;

/// <summary>
/// A normal distribution on ℝᵈ whose components are independent: N(μ, diag(v)). Immutable, compared by value.
/// </summary>
/// <remarks>
/// Everything is a sum or a list over <see cref="Components"/>, each an ordinary <see cref="Gaussian"/>. With equal
/// variances see <see cref="IsotropicGaussian"/>.
/// </remarks>
public sealed record DiagonalGaussian
{
    /// <summary>The distribution with these independent components.</summary>
    /// <param name="components">One for each of the d ≥ 1 dimensions.</param>
    /// <exception cref="ArgumentNullException"><paramref name="components"/> is null.</exception>
    /// <exception cref="ArgumentException">There are none.</exception>
    public DiagonalGaussian(params IEnumerable<Gaussian> components)
    {
        Components = [.. Preconditions.NotNull(components)];
        if (Components.IsEmpty)
        {
            throw new ArgumentException(
                "components is empty; a dimension of at least 1 is needed.",
                nameof(components)
            );
        }
    }

    /// <summary>One Gaussian for each dimension.</summary>
    public ImmutableArray<Gaussian> Components { get; }

    /// <summary>d ≥ 1.</summary>
    public int Dimension => Components.Length;

    /// <summary>Σ_i ½·ln(2πe·v_i) in nats; −∞ if a component is a point mass.</summary>
    public double Entropy => Components.Sum(component => component.Entropy);

    /// <summary>N(μ, diag(v)).</summary>
    /// <param name="mean">μ, finite, of d ≥ 1 components.</param>
    /// <param name="variance">v (not its root or logarithm), of d components, each finite and ≥ 0.</param>
    /// <exception cref="ArgumentException">The lengths differ or are 0.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range or NaN.</exception>
    public static DiagonalGaussian Of(ReadOnlySpan<double> mean, ReadOnlySpan<double> variance)
    {
        Preconditions.Length(variance, mean.Length);
        Gaussian[] components = new Gaussian[mean.Length];
        for (int i = 0; i < components.Length; i++)
        {
            components[i] = new Gaussian(
                Preconditions.Finite(mean[i], $"mean[{Preconditions.Text(i)}]"),
                Preconditions.NonNegative(variance[i], $"variance[{Preconditions.Text(i)}]")
            );
        }

        return new DiagonalGaussian(components);
    }

    /// <summary>ln p(x) in nats, the sum over the components.</summary>
    /// <param name="x">Where, finite, of d components.</param>
    /// <exception cref="ArgumentException"><paramref name="x"/> has another dimension.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="x"/> is not finite.</exception>
    /// <exception cref="InvalidOperationException">A component is a point mass, which has no density.</exception>
    public double LogDensity(ReadOnlySpan<double> x)
    {
        Preconditions.Length(x, Dimension);
        double sum = 0;
        for (int i = 0; i < x.Length; i++)
        {
            sum += Components[i].LogDensity(x[i]);
        }

        return sum;
    }

    /// <summary>KL(this ‖ other) in nats, ≥ 0: the sum over the components.</summary>
    /// <param name="other">The distribution to measure against, of the same dimension.</param>
    /// <exception cref="ArgumentNullException"><paramref name="other"/> is null.</exception>
    /// <exception cref="ArgumentException">It has another dimension.</exception>
    public double KullbackLeibler(DiagonalGaussian other) =>
        Components.Zip(Same(other).Components, (own, their) => own.KullbackLeibler(their)).Sum();

    /// <summary>The normalised product of both densities: precisions add, component by component.</summary>
    /// <param name="other">The other factor, of the same dimension.</param>
    /// <exception cref="ArgumentNullException"><paramref name="other"/> is null.</exception>
    /// <exception cref="ArgumentException">
    /// It has another dimension, or both are point masses in one component.
    /// </exception>
    public DiagonalGaussian Product(DiagonalGaussian other) =>
        new(Components.Zip(Same(other).Components, (own, their) => own.Product(their)));

    /// <summary>The distribution of x′ when <paramref name="kernel"/> acts on every component.</summary>
    /// <param name="kernel">The kernel, the same for all.</param>
    /// <exception cref="ArgumentException">A mean or variance would be beyond the range of <c>double</c>.</exception>
    public DiagonalGaussian Through(LinearGaussian kernel) => new(Components.Select(kernel.Apply));

    /// <summary>
    /// Bayes' rule: the distribution of x, of which this is the prior, after an x′ drawn by <paramref name="kernel"/>
    /// was observed.
    /// </summary>
    /// <param name="kernel">The kernel that gave x′, the same for all components.</param>
    /// <param name="observed">x′, finite, of d components.</param>
    /// <exception cref="ArgumentException">
    /// <paramref name="observed"/> has another dimension, or a component of it was certain.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="observed"/> is not finite.</exception>
    public DiagonalGaussian Given(LinearGaussian kernel, ReadOnlySpan<double> observed)
    {
        Preconditions.Length(observed, Dimension);
        Gaussian[] components = new Gaussian[Dimension];
        for (int i = 0; i < components.Length; i++)
        {
            components[i] = kernel.Given(Components[i], observed[i]);
        }

        return new DiagonalGaussian(components);
    }

    /// <summary>Means and variances.</summary>
    public override string ToString() =>
        $"N({string.Join(", ", Components.Select(part => Preconditions.Text(part.Mean)))}; diag"
        + $" {string.Join(", ", Components.Select(part => Preconditions.Text(part.Variance)))})";

    /// <summary>Whether all components are equal.</summary>
    /// <param name="other">The distribution to compare with.</param>
    public bool Equals(DiagonalGaussian? other) =>
        other is not null && Components.AsSpan().SequenceEqual(other.Components.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Dimension, Components[0], Components[^1]);

    private DiagonalGaussian Same(DiagonalGaussian other) =>
        Preconditions.NotNull(other).Dimension == Dimension
            ? other
            : throw new ArgumentException(
                $"other has dimension {Preconditions.Text(other.Dimension)}, but this has"
                    + $" {Preconditions.Text(Dimension)}; they must be equal.",
                nameof(other)
            );
}
