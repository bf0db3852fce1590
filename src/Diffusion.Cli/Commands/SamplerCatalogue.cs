using System.Collections.Immutable;
using Diffusion.Api;
using Diffusion.Math;

namespace Diffusion.Cli;

/// <summary>The samplers that the command line offers by name; each costs one network call a step.</summary>
internal static class SamplerCatalogue
{
    private delegate SamplingPlan Maker(LevelGrid grid, double eta, SchedulerConfig scheduler);

    private static readonly ImmutableSortedDictionary<string, Maker> Makers = new Dictionary<string, Maker>
    {
        [Ddim] = (grid, eta, scheduler) => Samplers.Ddim(grid, eta, scheduler.X0Rule),
        [Ddpm] = (grid, _, scheduler) => Samplers.Ddpm(grid, scheduler.Variance, scheduler.X0Rule),
        ["dpm++2m"] = (grid, _, scheduler) => Multistep(grid, 2, DpmSolverKind.PlusPlus, scheduler),
        ["dpm++3m"] = (grid, _, scheduler) => Multistep(grid, 3, DpmSolverKind.PlusPlus, scheduler),
        ["sde-dpm++2m"] = (grid, _, scheduler) => Multistep(grid, 2, DpmSolverKind.SdePlusPlus, scheduler),
        ["unipc"] = (grid, _, scheduler) =>
            Samplers.UniPc(grid, 2, ending: MultistepEnding.Descending, x0Rule: scheduler.X0Rule),
    }.ToImmutableSortedDictionary(StringComparer.Ordinal);

    /// <summary>The name of DDIM, the only one that takes η.</summary>
    internal const string Ddim = "ddim";

    /// <summary>The name of DDPM.</summary>
    internal const string Ddpm = "ddpm";

    /// <summary>All names.</summary>
    internal static string[] Names => [.. Makers.Keys];

    /// <summary>A plan of that many network calls over a pipeline's schedule, on the trailing grid.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="pipeline">Schedule, variance and the rule on x̂₀.</param>
    /// <param name="calls">Network calls, at most the schedule's times.</param>
    /// <param name="eta">DDIM's η; the others don't use it.</param>
    internal static SamplingPlan Plan(string name, Pipeline pipeline, int calls, double eta) =>
        Makers[name]
            (LevelGrid.Of(pipeline.Schedule, TimeGrid.Trailing(pipeline.Schedule, calls)), eta, pipeline.Scheduler);

    private static SamplingPlan Multistep(LevelGrid grid, int order, DpmSolverKind kind, SchedulerConfig scheduler) =>
        Samplers.DpmSolverMultistep(grid, order, kind, ending: MultistepEnding.Descending, x0Rule: scheduler.X0Rule);
}
