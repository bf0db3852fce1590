using System.Diagnostics;

namespace Diffusion.Benchmarks;

/// <summary>How long one step of something takes.</summary>
/// <param name="Best">The smallest of the blocks' medians.</param>
/// <param name="Median">The median of all.</param>
/// <param name="Min">The fastest.</param>
/// <param name="N">How many were timed.</param>
/// <param name="OtherCpusBusy">How many CPUs other processes kept busy meanwhile.</param>
/// <param name="PageFaults">Page faults a step.</param>
internal sealed record Timing(double Best, double Median, double Min, int N, double OtherCpusBusy, double PageFaults)
{
    private const int WarmUp = 2;

    /// <summary>Times blocks of repetitions, after two that don't count.</summary>
    /// <param name="step">What is timed.</param>
    /// <param name="blocks">How many blocks.</param>
    /// <param name="reps">Repetitions in each.</param>
    /// <param name="unit">How many of the figure's units a second of <paramref name="step"/> has.</param>
    internal static Timing Of(Action step, int blocks, int reps, double unit = 1)
    {
        for (var i = 0; i < WarmUp; i++)
            step();
        var before = MachineLoad.Now;
        var times = Enumerable
            .Range(0, blocks)
            .Select(_ => Enumerable.Range(0, reps).Select(_ => Seconds(step) * unit).ToList())
            .ToList();
        var after = MachineLoad.Now;
        return new Timing(
            times.Min(Statistics.Median),
            Statistics.Median(times.SelectMany(t => t)),
            times.Min(t => t.Min()),
            blocks * reps,
            double.Round(after.OtherCpusSince(before), 3),
            (after.Own.PageFaults - before.Own.PageFaults) / (double)(blocks * reps)
        );
    }

    internal static double Seconds(Action step)
    {
        var clock = Stopwatch.StartNew();
        step();
        return clock.Elapsed.TotalSeconds;
    }
}
