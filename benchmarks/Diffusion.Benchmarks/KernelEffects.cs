#if SYSTEM_ENGINE
using System.Reflection;
using Diffusion.Engine;
#endif

namespace Diffusion.Benchmarks;

/// <summary>What each of the engine's own operators does: steps in turn with one of them switched off.</summary>
internal static class KernelEffects
{
    internal static IReadOnlyList<ReportTable> Measure(CourseSteps steps, int rounds) =>
        [
            Measure("Training step", steps.Training(), rounds),
            Measure("Sampling step", steps.Sampling(), rounds),
            Measure("BasicUNet training step", steps.BasicTraining(), rounds),
        ];

    // Settings take turns, step by step, so that a busy machine is busy for all of them alike.
    private static ReportTable Measure(string name, Action step, int rounds)
    {
        var rows = new List<string[]>();
#if SYSTEM_ENGINE
        // Every switch there is, so that none is forgotten.
        var switches = typeof(Kernels)
            .GetProperties(BindingFlags.Public | BindingFlags.Static)
            .Where(property => property.PropertyType == typeof(bool) && property.CanWrite)
            .Append(typeof(TensorMemory).GetProperty(nameof(TensorMemory.IsKept))!)
            .ToList();
        var settings = switches
            .Select(one => (Name: $"without {NameOf(one)}", Off: new[] { one }))
            .Prepend((Name: "all on", Off: []))
            .Append((Name: "none of them", Off: [.. switches]))
            .ToList();
        var times = settings.ConvertAll(_ => new List<double>());
        for (var round = -1; round < rounds; round++)
        for (var i = 0; i < settings.Count; i++)
        {
            Set(settings[i].Off, false);
            // The first step after a change fills the caches and the memory that is kept.
            step();
            var seconds = Timing.Seconds(step);
            Set(settings[i].Off, true);
            if (round >= 0)
                times[i].Add(seconds);
        }
        var all = Statistics.Median(times[0]);
        rows.AddRange(
            settings.Select(
                (setting, i) =>
                    new[]
                    {
                        setting.Name,
                        $"{Statistics.Median(times[i]):F3} s",
                        $"{Statistics.Median(times[i]) / all:F2}",
                    }
            )
        );
#endif
        return new ReportTable(
            name,
            ["", $"median of {rounds}", "of all on"],
            rows,
            rows.Count == 0 ? "The switches need TorchEngine=system." : null
        );
    }

#if SYSTEM_ENGINE
    private static string NameOf(PropertyInfo property) =>
        property.DeclaringType == typeof(TensorMemory) ? "memory that is kept" : property.Name;

    private static void Set(PropertyInfo[] switches, bool on)
    {
        foreach (var one in switches)
            one.SetValue(null, on);
    }
#endif
}
