#if SYSTEM_ENGINE
using System.Reflection;
using Diffusion.Engine;
#endif

namespace Diffusion.Benchmarks;

/// <summary>What each of the engine's own operators does: steps in turn with one of them switched off.</summary>
internal static class KernelEffects
{
#if SYSTEM_ENGINE
    private const string MatrixUnit = "amx";
    private const string Vectors = "avx512";
#endif

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
        var switches = Switches();
        var settings = switches
            .Select(one => (Name: $"without {one.Name}", Set: one.Set))
            .Prepend((Name: "all on", Set: _ => { }))
            .Append((Name: "none of them", Set: on => switches.ForEach(one => one.Set(on))))
            .ToList();
        var times = settings.ConvertAll(_ => new List<double>());
        for (var round = -1; round < rounds; round++)
        for (var i = 0; i < settings.Count; i++)
        {
            settings[i].Set(false);
            // The first step after a change fills the caches and the memory that is kept.
            step();
            var seconds = Timing.Seconds(step);
            settings[i].Set(true);
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
    // Every switch there is, so that none is forgotten.
    private static List<(string Name, Action<bool> Set)> Switches()
    {
        var all = typeof(Kernels)
            .GetProperties(BindingFlags.Public | BindingFlags.Static)
            .Where(property => property.PropertyType == typeof(bool) && property.CanWrite)
            .Select(property => (property.Name, (Action<bool>)(on => property.SetValue(null, on))))
            .Append(("memory that is kept", on => TensorMemory.IsKept = on))
            .ToList();
        if (Kernels.InstructionSet == MatrixUnit)
            all.Add(("the matrix unit", on => Kernels.InstructionSet = on ? MatrixUnit : Vectors));
        return all;
    }
#endif
}
