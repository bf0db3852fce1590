using Diffusion.Math;

namespace Diffusion.Properties.Support;

/// <summary>
/// Something that is wrong with recorded runs, known by their configuration and recorded data, not by their names. Each
/// has a row in docs/differences.md.
/// </summary>
/// <param name="Name">What it is called in the document.</param>
/// <param name="Applies">Whether a run has it.</param>
/// <param name="Repeats">
/// Whether the recorded last state comes out of <see cref="GoldenRecorder.Repeat"/>; otherwise it holds no numbers that
/// mean anything.
/// </param>
internal sealed record GoldenDifference(string Name, Func<GoldenRun, bool> Applies, bool Repeats = true)
{
    private static readonly string[] FixedStrides = ["DDPMScheduler", "DDIMScheduler", "PNDMScheduler"];

    public static IReadOnlyList<GoldenDifference> All { get; } =
    [
        new(
            "log-variance",
            run => run.Text("variance_type") == "fixed_large_log" && run.Times.Any(t => t > 0),
            Repeats: false
        ),
        new(
            "epsilon-at-pure-noise",
            run => run.Prediction == Prediction.Epsilon && run.Schedule.HasZeroTerminalSnr && VisitsTheEnd(run),
            Repeats: false
        ),
        new("empty-step", run => (run.IsNaN || IsStochastic(run)) && EndsWithAnEmptyStep(run), Repeats: false),
        new("infinite-step", run => run.IsNaN && EndsWithAnInfiniteStep(run), Repeats: false),
        new("fixed-stride", IsUnjoined),
        new("odd-stride", run => HasHalfSteps(run) && GoldenRecorder.Stride(run) % 2 == 1),
        new("time-below-zero", run => run.Times[^1] < 0),
        new(
            "first-time-twice",
            run => !HasHalfSteps(run) && run.Times.Count(t => t == run.Times[0]) > 1,
            Repeats: false
        ),
        new("noise-to-clean-data", AddsNoiseToCleanData),
        new("variance-below-the-posterior", AnswersTooSmallAVariance),
        new("churn-after-the-call", run => run.Argument("s_churn") is > 0),
        new(
            "one-step",
            run => run.Text("timestep_spacing") == "linspace" && run.Times is [< 0.5] && run.Schedule.Steps > 1
        ),
    ];

    /// <summary>The one of that name.</summary>
    public static GoldenDifference Named(string name) => All.Single(difference => difference.Name == name);

    /// <summary>What is wrong with a run.</summary>
    public static GoldenDifference[] Of(GoldenRun run) => [.. All.Where(difference => difference.Applies(run))];

    /// <inheritdoc/>
    public override string ToString() => Name;

    // A step leads a fixed stride down, and the next one starts at the next listed time.
    private static bool IsUnjoined(GoldenRun run)
    {
        if (!FixedStrides.Contains(run.Class) || run.Json["custom_timesteps"] is not null)
        {
            return false;
        }

        int[] listed = [.. GoldenGrids.Times(run).Times.Order()];
        int stride = GoldenRecorder.Stride(run);
        return Enumerable.Range(1, listed.Length - 1).Any(i => listed[i - 1] != int.Max(0, listed[i] - stride));
    }

    private static bool AddsNoiseToCleanData(GoldenRun run) =>
        run.Class == "DDPMScheduler" && run.Times[^1] > 0 && GoldenRecorder.Next(run, (int)run.Times[^1] + 1) == 0;

    // The stand-in for a network answers at most 0.003.
    private static bool AnswersTooSmallAVariance(GoldenRun run) =>
        run.Class == "DDPMScheduler"
        && run.Variance() == ReverseVariance.Learned
        && run.Times.Any(time =>
            GoldenRecorder.Next(run, (int)time + 1) is > 0 and var s
            && ReverseVariance.FixedSmall.Of(run.Schedule[(int)time + 1], run.Schedule[s]) > 0.001
        );

    private static bool HasHalfSteps(GoldenRun run) => run.Class == "PNDMScheduler" && !run.Flag("skip_prk_steps");

    private static bool VisitsTheEnd(GoldenRun run) => run.Times[0] == run.Schedule.Steps - 1;

    private static bool EndsWithAnEmptyStep(GoldenRun run) =>
        run.Json["sigmas"] is { } sigmas
        && GoldenRun.Numbers(sigmas) is [.., var before, var last]
        && double.Abs(before - last) < 1e-12 * last;

    private static bool IsStochastic(GoldenRun run) =>
        run.Text("algorithm_type").StartsWith("sde", StringComparison.Ordinal);

    private static bool EndsWithAnInfiniteStep(GoldenRun run) =>
        run.Class == "DPMSolverSinglestepScheduler"
        && run.Whole("solver_order") == 3
        && run.Steps % 3 == 2
        && GoldenRun.Numbers(run.Json["sigmas"])[^1] == 0;
}
