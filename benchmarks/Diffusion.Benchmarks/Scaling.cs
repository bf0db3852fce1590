using System.Globalization;
using Diffusion.Math;
using static TorchSharp.torch;
#if SYSTEM_ENGINE
using Diffusion.Engine;
#endif

namespace Diffusion.Benchmarks;

/// <summary>How the cost of a step grows with its sizes: one of them varies, the others stay.</summary>
internal static class Scaling
{
    private const int Batch = 16;
    private const int ThreadsBatch = 64;
    private const int PlanSteps = 50;

    private static readonly Series[] Sizes =
    [
        new(
            "batch",
            "Images of 28×28, 32 channels.",
            [4, 8, 16, 32, 64, 128],
            size => new Point(size, CourseSteps.UsualSide, CourseSteps.UsualWidth)
        ),
        new(
            "side of an image",
            "Batches of 16, 32 channels.",
            [16, 24, 32, 48, 64],
            size => new Point(Batch, size, CourseSteps.UsualWidth)
        ),
        new(
            "channels of the first level",
            "Batches of 16, images of 28×28.",
            [16, 32, 64, 96, 128],
            size => new Point(Batch, CourseSteps.UsualSide, size)
        ),
    ];

    internal static IEnumerable<ReportTable> Measure(int reps)
    {
        var exponents = new List<string[]>();
        foreach (var (name, others, sizes, point) in Sizes)
        {
            var measured = sizes
                .Select(size => (Size: size, point(size).Batch, Cost: Cost.Of(point(size), reps)))
                .ToList();
            yield return new ReportTable(
                $"By {name}",
                [name, "training step", "an image", "sampling step", "an image", "memory, training"],
                [
                    .. measured.Select(m =>
                        new[]
                        {
                            $"{m.Size}",
                            $"{m.Cost.Training:F4} s",
                            $"{m.Cost.Training / m.Batch * 1e3:F2} ms",
                            $"{m.Cost.Sampling:F4} s",
                            $"{m.Cost.Sampling / m.Batch * 1e3:F2} ms",
                            m.Cost.Memory > 0 ? $"{m.Cost.Memory / 1e6:F0} MB" : "",
                        }
                    ),
                ],
                others
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
        yield return Threads(reps);
        yield return Plans(reps);
        yield return new ReportTable(
            "Exponents p of cost ≈ c·size^p",
            ["size", "training step", "its last two", "sampling step", "its last two", "memory"],
            exponents,
            "Least squares of the logarithms over all sizes, and between the two largest alone. Memory: what tensors took, with what is kept for the next."
        );
    }

    // What share of a step n threads share: Amdahl's t(n) = t(1)·(1 − p + p/n), solved for p.
    private static ReportTable Threads(int reps)
    {
        var all = get_num_threads();
        var point = new Point(ThreadsBatch, CourseSteps.UsualSide, CourseSteps.UsualWidth);
        set_num_threads(1);
        var one = Cost.Of(point, reps);
        set_num_threads(all);
        var many = Cost.Of(point, reps);
        string Share(double alone, double together) => all > 1 ? $"{(1 - together / alone) * all / (all - 1):P0}" : "";
        return new ReportTable(
            "By threads",
            ["threads", "training step", "sampling step"],
            [
                ["1", $"{one.Training:F4} s", $"{one.Sampling:F4} s"],
                [$"{all}", $"{many.Training:F4} s", $"{many.Sampling:F4} s"],
                [
                    "share of the work that they share",
                    Share(one.Training, many.Training),
                    Share(one.Sampling, many.Sampling),
                ],
            ],
            $"Batches of {ThreadsBatch} images of 28×28, 32 channels."
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

    private readonly record struct Point(int Batch, int Side, int Width);

    private sealed record Series(string Name, string Others, int[] Sizes, Func<int, Point> Point);

    private sealed record Cost(double Training, double Sampling, double Memory)
    {
        internal static Cost Of(Point point, int reps)
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
