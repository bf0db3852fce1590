using Diffusion.Math;

namespace Diffusion.Cli;

/// <summary>Draws what the usual noise schedules leave of the data over time: ᾱ, and below it the log-SNR.</summary>
internal static class ScheduleCurves
{
    private const int Steps = 1000;
    private const int Stride = 5;

    internal static IReadOnlyList<LineChart> Charts()
    {
        (string Name, Schedule Schedule)[] schedules =
        [
            ("linear", Schedule.Linear(1e-4, 0.02, Steps)),
            ("scaled linear", Schedule.ScaledLinear(0.00085, 0.012, Steps)),
            ("cosine", Schedule.Cosine(Steps)),
            ("sigmoid", Schedule.Sigmoid(Steps)),
        ];
        var axis = new ChartAxis("t", 0, Steps);
        // At t = 0 the log-SNR is infinite.
        int[] times = [0, 1, .. Enumerable.Range(1, Steps / Stride).Select(i => i * Stride)];
        return
        [
            new LineChart(
                "ᾱ: the share of the data's variance that is left at time t",
                axis,
                new ChartAxis("ᾱ", 0, 1),
                Lines(0, (schedule, t) => schedule.AlphaBar(t))
            ),
            new LineChart(
                "Log-SNR, ln(ᾱ/(1 − ᾱ))",
                axis,
                new ChartAxis("log-SNR in nats", -20, 10),
                Lines(1, (schedule, t) => schedule.LogSnr(t))
            ),
        ];

        IReadOnlyList<ChartLine> Lines(int first, Func<Schedule, int, double> value) =>
            [
                .. schedules.Select(
                    (named, i) =>
                        new ChartLine(
                            named.Name,
                            ChartLine.Colours[i],
                            [.. times.Where(t => t >= first).Select(t => ((double)t, value(named.Schedule, t)))]
                        )
                ),
            ];
    }
}
