using System.Globalization;
using Diffusion.Math;
#if SYSTEM_ENGINE
using Diffusion.Engine;
#endif

namespace Diffusion.Benchmarks;

/// <summary>How the cost of a step grows with its sizes: one of them varies, the others stay.</summary>
internal static class Scaling
{
    private const int Batch = 16;
    private const int PlanSteps = 50;

    // (batch, side, channels of the first level) of each point, the smallest first.
    private static readonly (
        string Name,
        (int Batch, int Side, int Width)[] Points,
        Func<(int, int, int), int> Of
    )[] Sizes =
    [
        (
            "batch",
            [.. new[] { 4, 8, 16, 32, 64, 128 }.Select(b => (b, CourseSteps.UsualSide, CourseSteps.UsualWidth))],
            point => point.Item1
        ),
        (
            "side of an image",
            [.. new[] { 16, 24, 32, 48, 64 }.Select(s => (Batch, s, CourseSteps.UsualWidth))],
            point => point.Item2
        ),
        (
            "channels of the first level",
            [.. new[] { 16, 32, 64, 96, 128 }.Select(c => (Batch, CourseSteps.UsualSide, c))],
            point => point.Item3
        ),
    ];

    internal static IEnumerable<ReportTable> Measure(int reps)
    {
        var exponents = new List<string[]>();
        foreach (var (name, points, of) in Sizes)
        {
            var measured = points.Select(point => (Size: of(point), Cost: Cost.Of(point, reps))).ToList();
            yield return new ReportTable(
                $"By {name} (batch {points[0].Batch}, {points[0].Side}×{points[0].Side}, {points[0].Width} channels, where it doesn't vary)",
                [name, "training step", "an image", "sampling step", "an image", "memory, training"],
                [
                    .. measured.Select(
                        (m, i) =>
                            new[]
                            {
                                $"{m.Size}",
                                $"{m.Cost.Training:F4} s",
                                $"{m.Cost.Training / points[i].Batch * 1e3:F2} ms",
                                $"{m.Cost.Sampling:F4} s",
                                $"{m.Cost.Sampling / points[i].Batch * 1e3:F2} ms",
                                m.Cost.Memory > 0 ? $"{m.Cost.Memory / 1e6:F0} MB" : "",
                            }
                    ),
                ]
            );
            string Exponent(Func<Cost, double> cost, int skip) =>
                measured.TrueForAll(m => cost(m.Cost) > 0)
                    ? Statistics
                        .Exponent([.. measured.Skip(skip).Select(m => ((double)m.Size, cost(m.Cost)))])
                        .ToString("F2", CultureInfo.InvariantCulture)
                    : "";
            exponents.Add(
                [
                    name,
                    Exponent(c => c.Training, 0),
                    Exponent(c => c.Training, measured.Count - 2),
                    Exponent(c => c.Sampling, 0),
                    Exponent(c => c.Sampling, measured.Count - 2),
                    Exponent(c => c.Memory, 0),
                ]
            );
        }
        yield return Plans(reps);
        yield return new ReportTable(
            "Exponents p of cost ≈ c·size^p",
            ["size", "training step", "its last two", "sampling step", "its last two", "memory"],
            exponents,
            "Least squares of the logarithms over all sizes, and between the two largest alone. Memory: what tensors took, with what is kept for the next."
        );
    }

    // T doesn't enter into a step: only the schedule and the plan are made of it.
    private static ReportTable Plans(int reps)
    {
        int[] times = [100, 1000, 10_000, 100_000];
        var rows = new List<string[]>();
        var costs = new List<(double T, double Schedule, double Short, double Whole)>();
        foreach (var t in times)
        {
            var schedule = Schedule.Cosine(t);
            double Microseconds(Action work) => Timing.Of(work, 1, reps + int.Min(200, 100_000 / t), 1e6).Median;
            var cost = (
                (double)t,
                Microseconds(() => Schedule.Cosine(t)),
                Microseconds(() => Samplers.Ddim(schedule, TimeGrid.Trailing(schedule, PlanSteps))),
                Microseconds(() => Samplers.Ddpm(schedule, TimeGrid.Trailing(schedule, t)))
            );
            costs.Add(cost);
            rows.Add([$"{t}", $"{cost.Item2:F1} µs", $"{cost.Item3:F1} µs", $"{cost.Item4:F0} µs"]);
        }
        string Exponent(Func<(double T, double Schedule, double Short, double Whole), double> of) =>
            $"{Statistics.Exponent([.. costs.Select(c => (c.T, of(c)))]):F2}";
        return new ReportTable(
            "By T, the schedule's number of steps",
            ["T", "the schedule, once", $"a plan of {PlanSteps} DDIM steps", "a plan of T DDPM steps"],
            rows,
            $"Exponents: {Exponent(c => c.Schedule)}, {Exponent(c => c.Short)}, {Exponent(c => c.Whole)}."
        );
    }

    private sealed record Cost(double Training, double Sampling, double Memory)
    {
        internal static Cost Of((int Batch, int Side, int Width) point, int reps)
        {
            using var steps = new CourseSteps(point.Batch, point.Side, point.Width);
            Console.Error.WriteLine($"batch {point.Batch}, {point.Side}×{point.Side}, {point.Width} channels …");
            var sampling = Timing.Of(steps.Sampling(), 1, reps).Median;
#if SYSTEM_ENGINE
            TensorMemory.GiveBack();
            var before = TensorMemory.Statistics.InUse;
#endif
            var training = Timing.Of(steps.Training(), 1, reps).Median;
#if SYSTEM_ENGINE
            var memory = TensorMemory.Statistics;
            return new Cost(training, sampling, memory.InUse + memory.Kept - before);
#else
            return new Cost(training, sampling, 0);
#endif
        }
    }
}
