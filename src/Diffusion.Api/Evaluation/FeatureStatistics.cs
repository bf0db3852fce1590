using MathNet.Numerics.LinearAlgebra;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>
/// Mean and covariance of features, gathered batch by batch in double precision, and the Fréchet distance between two of
/// them as Gaussians.
/// </summary>
/// <remarks>
/// Batches are merged by the update of Chan, Golub and LeVeque (1979), which loses no digits to a large mean. Not
/// thread-safe.
/// </remarks>
public sealed class FeatureStatistics
{
    private readonly Vector<double> _mean;

    // Σ (f − mean)(f − mean)ᵀ.
    private readonly Matrix<double> _scatter;

    /// <summary>Statistics of no feature yet.</summary>
    /// <param name="dimension">Numbers in a feature vector, at least 1.</param>
    public FeatureStatistics(int dimension)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dimension, 1);
        _mean = Vector<double>.Build.Dense(dimension);
        _scatter = Matrix<double>.Build.Dense(dimension, dimension);
    }

    /// <summary>Numbers in a feature vector.</summary>
    public int Dimension => _mean.Count;

    /// <summary>Number of feature vectors.</summary>
    public long Count { get; private set; }

    /// <summary>The mean's numbers.</summary>
    public double[] Mean => _mean.ToArray();

    /// <summary>The covariance (n − 1 in the denominator), [dimension, dimension].</summary>
    /// <exception cref="InvalidOperationException">There are fewer than two feature vectors.</exception>
    public double[,] Covariance => CovarianceMatrix().ToArray();

    /// <summary>Adds a batch.</summary>
    /// <param name="features">[B, dimension], finite, of any floating type and device.</param>
    /// <exception cref="ArgumentException">The shape doesn't fit.</exception>
    /// <exception cref="NotFiniteNumberException">A feature is NaN or infinite.</exception>
    public void Add(Tensor features)
    {
        ArgumentNullException.ThrowIfNull(features);
        if (features.dim() != 2 || features.shape[0] == 0 || features.shape[1] != Dimension)
            throw new ArgumentException(
                $"Features of shape [{string.Join(", ", features.shape)}] were given; wanted is [B, {Dimension}].",
                nameof(features)
            );
        var count = (int)features.shape[0];
        // Row-major [B, dimension] is column-major [dimension, B].
        var batch = Matrix<double>.Build.Dense(Dimension, count, NetworkAnswer.Numbers(features, "A feature vector"));
        var mean = batch.RowSums() / count;
        var centred = batch - mean.OuterProduct(Vector<double>.Build.Dense(count, 1));
        var difference = mean - _mean;
        var share = count / (double)(Count + count);
        centred.TransposeAndMultiply(centred).Add(_scatter, _scatter);
        _scatter.Add(difference.OuterProduct(difference) * (Count * share), _scatter);
        _mean.Add(difference * share, _mean);
        Count += count;
    }

    /// <summary>
    /// The Fréchet distance (2-Wasserstein, squared) between the Gaussians with both means and covariances, ≥ 0:
    /// |μ₁ − μ₂|² + tr(Σ₁ + Σ₂ − 2(√Σ₁ Σ₂ √Σ₁)^½) (Dowson and Landau 1982; Heusel et al. 2017, eq. 6).
    /// </summary>
    /// <param name="other">Of the same dimension.</param>
    /// <remarks>
    /// As an estimate from samples it is too great, by an amount that falls with their number: compare only numbers of
    /// equal counts.
    /// </remarks>
    /// <exception cref="ArgumentException">It has another dimension.</exception>
    /// <exception cref="InvalidOperationException">One of both has fewer than two feature vectors.</exception>
    public double FrechetDistance(FeatureStatistics other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (other.Dimension != Dimension)
            throw new ArgumentException(
                $"The other features have {other.Dimension} numbers, these {Dimension}.",
                nameof(other)
            );
        var (own, their) = (CovarianceMatrix(), other.CovarianceMatrix());
        var root = SquareRoot(own);
        var overlap = Eigenvalues(root * their * root).Sum(value => double.Sqrt(double.Max(value, 0)));
        var distance = (_mean - other._mean).DotProduct(_mean - other._mean);
        return double.Max(distance + own.Trace() + their.Trace() - 2 * overlap, 0);
    }

    private Matrix<double> CovarianceMatrix() =>
        Count > 1
            ? _scatter / (Count - 1)
            : throw new InvalidOperationException(
                $"A covariance needs at least 2 feature vectors; {Count} were added."
            );

    // Rounding leaves eigenvalues a little below 0 where a covariance has not its full rank.
    private static Matrix<double> SquareRoot(Matrix<double> covariance)
    {
        var parts = covariance.Evd(Symmetricity.Symmetric);
        var roots = parts.EigenValues.Map(value => double.Sqrt(double.Max(value.Real, 0)));
        return parts.EigenVectors * Matrix<double>.Build.DenseOfDiagonalVector(roots) * parts.EigenVectors.Transpose();
    }

    private static IEnumerable<double> Eigenvalues(Matrix<double> product)
    {
        var symmetric = (product + product.Transpose()) / 2;
        return symmetric.Evd(Symmetricity.Symmetric).EigenValues.Select(value => value.Real);
    }
}
