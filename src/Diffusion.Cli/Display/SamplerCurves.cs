using System.Collections.Immutable;
using Diffusion.Math;

namespace Diffusion.Cli;

/// <summary>
/// Draws how far the deterministic samplers end from where the probability flow does, over their network calls. The
/// data is a mixture on a line whose best denoiser is known, so that nothing but the sampler errs.
/// </summary>
internal static class SamplerCurves
{
    private const double Noisiest = 20;
    private const double Cleanest = 0.05;
    private const int AnswerSteps = 10_000;

    private static readonly ImmutableArray<int> Budgets = [6, 8, 11, 16, 22, 32, 45, 64, 90, 128, 181, 256, 362, 512];

    // In deviations of the noise.
    private static readonly ImmutableArray<double> Starts = [-1.3, -0.7, -0.2, 0.3, 0.9, 1.6];

    /// <summary>Weights .3 and .7, means −1 and .6, deviations .25 and .4.</summary>
    internal static GaussianMixture Data { get; } =
        GaussianMixture.Of((0.3, new Gaussian(-1, 0.0625)), (0.7, new Gaussian(0.6, 0.16)));

    /// <summary>A sampler by its name, its calls a step, and its plan on a grid.</summary>
    internal static IReadOnlyList<(string Name, int Calls, Func<LevelGrid, SamplingPlan> Plan)> Known { get; } =
    [
        ("DDIM = Euler", 1, grid => Samplers.Ddim(grid)),
        ("Heun", 2, grid => Samplers.Heun(grid)),
        ("DPM-Solver-2", 2, grid => Singlestep(grid, 2, DpmSolverKind.Epsilon)),
        ("DPM-Solver-3", 3, grid => Singlestep(grid, 3, DpmSolverKind.Epsilon)),
        ("DPM-Solver++ 2S", 2, grid => Singlestep(grid, 2, DpmSolverKind.PlusPlus)),
        ("DPM-Solver++ 2M", 1, grid => Samplers.DpmSolverMultistep(grid, 2)),
        ("DPM-Solver++ 3M", 1, grid => Samplers.DpmSolverMultistep(grid, 3)),
        ("UniPC-2", 1, grid => Samplers.UniPc(grid, 2)),
        ("UniPC-3", 1, grid => Samplers.UniPc(grid, 3)),
        ("LMS 4", 1, grid => Samplers.AdamsBashforth(grid, 4)),
    ];

    internal static LineChart Chart()
    {
        var answer = Answer();
        return new LineChart(
            "Error at σ = 0.05 on a mixture, from σ = 20 in even steps of ln σ",
            new ChartAxis("network calls", Budgets[0], Budgets[^1], IsLogarithmic: true),
            new ChartAxis("greatest error", 1e-9, 1, IsLogarithmic: true),
            [
                .. Known.Select(
                    (sampler, i) =>
                        new ChartLine(
                            sampler.Name,
                            ChartLine.Colours[i % ChartLine.Colours.Count],
                            Errors(sampler.Calls, sampler.Plan, answer),
                            IsDashed: i >= ChartLine.Colours.Count
                        )
                ),
            ]
        );
    }

    /// <summary>Network calls, and the greatest distance from the answer with that many.</summary>
    internal static IReadOnlyList<(double Calls, double Error)> Errors(
        int callsAStep,
        Func<LevelGrid, SamplingPlan> sampler,
        IReadOnlyList<double> answer
    ) =>
        [
            .. Budgets
                .Select(budget => sampler(Grid(budget / callsAStep)))
                .Select(plan => ((double)plan.NetworkCalls, Run(plan).Zip(answer, (x, y) => double.Abs(x - y)).Max())),
        ];

    /// <summary>Where the flow takes the starts: a run so fine that its own error is lost in rounding.</summary>
    internal static IReadOnlyList<double> Answer() => Run(Singlestep(Grid(AnswerSteps), 3, DpmSolverKind.Epsilon));

    internal static LevelGrid Grid(int steps)
    {
        var curve = NoiseCurve.VarianceExploding;
        return LevelGrid.UniformLogSnr(curve, steps + 1, Cleanest, Noisiest).EndingAt(curve.At(Cleanest));
    }

    internal static double[] Start(LevelGrid grid) => [.. Starts.Select(z => z * grid.Start.Sigma)];

    private static double[] Run(SamplingPlan plan) =>
        plan.Run([.. Starts.Select(z => z * plan.Start.Sigma)], plan.Quantity, Data.Denoiser(plan.Quantity), _ => []);

    private static SamplingPlan Singlestep(LevelGrid grid, int order, DpmSolverKind kind) =>
        Samplers.DpmSolverSinglestep(grid, Enumerable.Repeat(order, grid.Count), kind);
}
