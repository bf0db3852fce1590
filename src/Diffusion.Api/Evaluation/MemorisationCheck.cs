using System.Collections.Immutable;

namespace Diffusion.Api;

/// <summary>
/// Whether samples are nearer to training images than held-out images are: a model that repeats its training images has
/// samples nearer than any new image would be. Immutable.
/// </summary>
/// <param name="SampleMedian">Median of the samples' distances to their nearest training image.</param>
/// <param name="HeldOutMedian">The same of the held-out images.</param>
/// <param name="NearShare">
/// Share of samples that are nearer to a training image than the nearest 5 % of the held-out images are: about 0.05 of a
/// model as good as the data itself, near 1 of one that repeats it.
/// </param>
public sealed record MemorisationCheck(double SampleMedian, double HeldOutMedian, double NearShare)
{
    private const double Nearest = 0.05;

    /// <summary>Compares nearest distances.</summary>
    /// <param name="samples">The samples' neighbours in the training images.</param>
    /// <param name="heldOut">The held-out images' neighbours there, in the same space.</param>
    public static MemorisationCheck Of(NearestImages samples, NearestImages heldOut)
    {
        ArgumentNullException.ThrowIfNull(samples);
        ArgumentNullException.ThrowIfNull(heldOut);
        var (drawn, real) = (First(samples), First(heldOut));
        var bound = real[(int)(Nearest * real.Length)];
        return new MemorisationCheck(
            drawn[drawn.Length / 2],
            real[real.Length / 2],
            drawn.Count(distance => distance < bound) / (double)drawn.Length
        );
    }

    private static ImmutableArray<double> First(NearestImages nearest) =>
        [.. nearest.Distances.Select(row => row[0]).Order()];
}
