using System.Text.Json.Serialization;

namespace Diffusion.Api;

/// <summary>The scores of one sampler as reports have them. Immutable.</summary>
/// <param name="Sampler">Its name.</param>
/// <param name="Calls">Network calls a sample.</param>
/// <param name="Frechet">Its Fréchet distance.</param>
/// <param name="Precision">Its precision.</param>
/// <param name="Recall">Its recall.</param>
/// <param name="Seconds">The time its samples took.</param>
/// <param name="Seed">The samples' seed; null where it isn't known, as in files of before it was kept.</param>
/// <param name="Grid">The spacing of its noise levels, as <see cref="Pipeline.Plan"/> takes it; null for the folder's own.</param>
/// <param name="Choice">The name that it was chosen by, as <see cref="Pipeline.Plan"/> takes it, that of the folder's own scheduler
/// class for this one; null where it isn't known, as in files of before it was kept. Several may have one name: a class of
/// diffusers, and the sampler that it is the same as but for its spacing.</param>
public sealed record SamplerReport(
    string Sampler,
    int Calls,
    FrechetReport Frechet,
    double Precision,
    double Recall,
    double Seconds,
    ulong? Seed = null,
    string? Grid = null,
    string? Choice = null
)
{
    /// <summary>The sampler's name, with the scheduler class that it is, if any, and with its grid where that isn't the folder's
    /// own.</summary>
    [JsonIgnore]
    public string Label
    {
        get
        {
            var name =
                Choice is not null && SamplerCatalogue.Schedulers.Contains(Choice) ? $"{Sampler} of {Choice}" : Sampler;
            return Grid is null ? name : $"{name} on {Grid}";
        }
    }

    internal bool Compares(SamplerReport other) =>
        (Frechet.Samples, Frechet.FeaturesVersion) == (other.Frechet.Samples, other.Frechet.FeaturesVersion);

    // Of an unknown seed the grid isn't known either: it may have been any.
    internal bool IsReplacedBy(SamplerReport newer) =>
        Compares(newer)
        && (Sampler, Calls) == (newer.Sampler, newer.Calls)
        && (Choice is null || newer.Choice is null || Choice == newer.Choice)
        && (Seed is null || newer.Seed is null || (Seed, Grid) == (newer.Seed, newer.Grid));
}
