namespace Diffusion.Api;

/// <summary>The scores of one sampler as reports have them. Immutable.</summary>
/// <param name="Sampler">Its name.</param>
/// <param name="Calls">Network calls a sample.</param>
/// <param name="Frechet">Its Fréchet distance.</param>
/// <param name="Precision">Its precision.</param>
/// <param name="Recall">Its recall.</param>
/// <param name="Seconds">The time its samples took.</param>
public sealed record SamplerReport(
    string Sampler,
    int Calls,
    FrechetReport Frechet,
    double Precision,
    double Recall,
    double Seconds
)
{
    internal bool Compares(SamplerReport other) =>
        (Frechet.Samples, Frechet.FeaturesVersion) == (other.Frechet.Samples, other.Frechet.FeaturesVersion);

    internal bool IsSameSampler(SamplerReport other) => (Sampler, Calls) == (other.Sampler, other.Calls);
}
