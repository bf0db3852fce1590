using BenchmarkDotNet.Attributes;
using Diffusion.Math;

namespace Diffusion.Benchmarks;

/// <summary>Building every sampler's plan of 50 steps, its grid included. Goal: under 100 µs each.</summary>
[MemoryDiagnoser]
public class PlanBenchmarks
{
    private const int Steps = 50;

    private static readonly Dictionary<string, Func<LevelGrid, SamplingPlan>> Known = new()
    {
        ["DDPM"] = grid => Samplers.Ddpm(grid),
        ["DDIM"] = grid => Samplers.Ddim(grid),
        ["Euler ancestral"] = grid => Samplers.EulerAncestral(grid),
        ["Heun"] = grid => Samplers.Heun(grid),
        ["EDM, churn 40"] = grid => Samplers.EdmStochastic(grid, 40, 0.05, 50),
        ["DPM2"] = grid => Samplers.Dpm2(grid),
        ["DPM-Solver-3"] = grid => Singlestep(grid, DpmSolverKind.Epsilon),
        ["DPM-Solver++ 3S"] = grid => Singlestep(grid, DpmSolverKind.PlusPlus),
        ["DPM-Solver++ 2M"] = grid => Samplers.DpmSolverMultistep(grid, 2),
        ["DPM-Solver++ 3M"] = grid => Samplers.DpmSolverMultistep(grid, 3),
        ["SDE-DPM-Solver++ 2M"] = grid => Samplers.DpmSolverMultistep(grid, 2, DpmSolverKind.SdePlusPlus),
        ["UniPC-2"] = grid => Samplers.UniPc(grid, 2),
        ["UniPC-3"] = grid => Samplers.UniPc(grid, 3),
        ["LMS 4"] = grid => Samplers.AdamsBashforth(grid, 4),
        ["PLMS"] = grid => Samplers.Plms(grid),
        ["PNDM"] = grid => Samplers.Pndm(grid),
    };

    private readonly Schedule schedule = Schedule.Linear(1e-4, 0.02, 1000);

    public static IEnumerable<string> Names => Known.Keys;

    [Benchmark]
    [ArgumentsSource(nameof(Names))]
    public SamplingPlan Build(string sampler) =>
        Known[sampler](LevelGrid.Of(schedule, TimeGrid.Trailing(schedule, Steps)));

    private static SamplingPlan Singlestep(LevelGrid grid, DpmSolverKind kind) =>
        Samplers.DpmSolverSinglestep(grid, [.. Enumerable.Repeat(3, Steps - 1), 1], kind);
}
