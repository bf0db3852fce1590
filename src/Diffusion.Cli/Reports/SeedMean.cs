using Diffusion.Api;

namespace Diffusion.Cli;

/// <summary>A sampler's Fréchet distance at a number of network calls, over the seeds that were evaluated.</summary>
/// <param name="Label">The sampler, as <see cref="SamplerReport.Label"/> has it.</param>
/// <param name="Calls">Network calls a sample.</param>
/// <param name="Frechet">The mean of the distances.</param>
/// <param name="Seeds">How many there are.</param>
internal sealed record SeedMean(string Label, int Calls, double Frechet, int Seeds)
{
    /// <summary>The means of a report's samplers, in its order.</summary>
    internal static IEnumerable<SeedMean> Of(IEnumerable<SamplerReport> samplers) =>
        samplers
            .GroupBy(sampler => (sampler.Label, sampler.Calls))
            .Select(seeds => new SeedMean(
                seeds.Key.Label,
                seeds.Key.Calls,
                seeds.Average(sampler => sampler.Frechet.Value),
                seeds.Count()
            ));
}
