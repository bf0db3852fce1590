using System.Diagnostics;

namespace Diffusion.Benchmarks;

/// <summary>What the whole machine and this process have done so far; the difference of two is what lies between.</summary>
/// <param name="Clock">Seconds since some time.</param>
/// <param name="Busy">CPU seconds of all processes.</param>
/// <param name="Stolen">CPU seconds that the host gave to other machines.</param>
/// <param name="Own">Of this process and of its children that have ended.</param>
internal readonly record struct MachineLoad(double Clock, double Busy, double Stolen, ProcessFigures Own)
{
    private const string Source = "/proc/stat";

    internal static MachineLoad Now
    {
        get
        {
            var clock = Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency;
            if (!File.Exists(Source))
                return new MachineLoad(clock, 0, 0, default);
            // proc(5): cpu user nice system idle iowait irq softirq steal …
            var all = File.ReadLines(Source).First().Split(' ', StringSplitOptions.RemoveEmptyEntries);
            double Seconds(params int[] fields) => fields.Sum(i => long.Parse(all[i])) / ProcessFigures.TicksPerSecond;
            return new MachineLoad(clock, Seconds(1, 2, 3, 6, 7), Seconds(8), ProcessFigures.Own);
        }
    }

    /// <summary>How many CPUs other processes kept busy since an earlier reading, this one's children that have ended
    /// not counted.</summary>
    internal double OtherCpusSince(MachineLoad earlier, double known = 0) =>
        double.Max(0, (Busy - earlier.Busy - OwnSince(earlier) - known) / (Clock - earlier.Clock));

    /// <summary>How many CPUs the host took away since an earlier reading.</summary>
    internal double StolenCpusSince(MachineLoad earlier) => (Stolen - earlier.Stolen) / (Clock - earlier.Clock);

    private double OwnSince(MachineLoad earlier) =>
        Own.Seconds + Own.ChildrenSeconds - earlier.Own.Seconds - earlier.Own.ChildrenSeconds;
}
