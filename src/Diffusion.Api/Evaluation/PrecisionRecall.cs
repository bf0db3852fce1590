using Diffusion.Math;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>
/// How much of the samples lies where the data is, and how much of the data where the samples are, by the balls around
/// each point that reach to its k-th nearest neighbour (Kynkäänniemi et al. 2019). Immutable.
/// </summary>
/// <param name="Precision">Share of samples inside a ball of the data, in [0, 1]: are they realistic?</param>
/// <param name="Recall">Share of the data inside a ball of the samples, in [0, 1]: do they cover it?</param>
/// <param name="Neighbours">k.</param>
public readonly record struct PrecisionRecall(double Precision, double Recall, int Neighbours)
{
    /// <summary>k of the paper.</summary>
    public const int DefaultNeighbours = 3;

    private const int Rows = 512;

    /// <summary>Compares samples with data.</summary>
    /// <param name="data">[N, F] features of the data, N above k.</param>
    /// <param name="samples">[M, F] features of the samples, M above k; compare only numbers of equal counts.</param>
    /// <param name="neighbours">k, at least 1.</param>
    /// <remarks>Memory is 512 × max(N, M) numbers.</remarks>
    /// <exception cref="ArgumentException">The shapes don't fit.</exception>
    public static PrecisionRecall Of(Tensor data, Tensor samples, int neighbours = DefaultNeighbours)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(samples);
        ArgumentOutOfRangeException.ThrowIfLessThan(neighbours, 1);
        if (
            data.dim() != 2
            || samples.dim() != 2
            || data.shape[1] != samples.shape[1]
            || long.Min(data.shape[0], samples.shape[0]) <= neighbours
        )
            throw new ArgumentException(
                $"Features of shapes [{string.Join(", ", data.shape)}] and [{string.Join(", ", samples.shape)}] were"
                    + $" given; wanted are [N, F] and [M, F] with N and M above {neighbours}.",
                nameof(samples)
            );
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var (real, drawn) = (data.to_type(ScalarType.Float64), samples.to_type(ScalarType.Float64));
        return new PrecisionRecall(
            Covered(drawn, real, Radii(real, neighbours)),
            Covered(real, drawn, Radii(drawn, neighbours)),
            neighbours
        );
    }

    // The distance to the k-th nearest other point; the nearest of all is the point itself.
    private static Tensor Radii(Tensor points, int neighbours) =>
        cat([.. Blocks(points).Select(block => Distances(block, points).kthvalue(neighbours + 1, 1).values)]);

    private static double Covered(Tensor points, Tensor centres, Tensor radii) =>
        Blocks(points).Sum(block => Distances(block, centres).le(radii).any(1).sum().ToInt64())
        / (double)points.shape[0];

    // Without the matrix product that would leave rounding errors where distances are 0.
    private static Tensor Distances(Tensor block, Tensor points) =>
        cdist(block, points, compute_mode: compute_mode.donot_use_mm_for_euclid_dist);

    private static IEnumerable<Tensor> Blocks(Tensor points)
    {
        for (long first = 0; first < points.shape[0]; first += Rows)
            yield return points.narrow(0, first, long.Min(Rows, points.shape[0] - first));
    }
}
