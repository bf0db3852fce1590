namespace Diffusion.Api;

/// <summary>Distances of samples and held-out images to their nearest training images, as reports have them. Immutable.</summary>
/// <param name="SampleMedian">Median over the samples: root of the summed squares over pixels in [−1, 1].</param>
/// <param name="HeldOutMedian">Median over the held-out images.</param>
/// <param name="NearShare">Share of samples nearer than the nearest 5 % of the held-out images.</param>
/// <param name="Samples">Number of samples.</param>
/// <param name="HeldOut">Number of held-out images.</param>
/// <param name="Sampler">What drew the samples.</param>
/// <param name="Picture">File in the report's folder: samples, each beside its nearest training images.</param>
/// <param name="Seed">The samples' seed; null where it isn't known, as in files of before it was kept.</param>
public sealed record NeighbourReport(
    double SampleMedian,
    double HeldOutMedian,
    double NearShare,
    int Samples,
    int HeldOut,
    string Sampler,
    string Picture,
    ulong? Seed = null
);
