using Diffusion.Api;
using Diffusion.Math;
using static TorchSharp.torch;

namespace Diffusion.Benchmarks;

/// <summary>
/// A sampler's own arithmetic: plan, conversions, combinations and noise, with a network that answers at once. Microseconds
/// a step; the schedule, numbers of steps and clipping are those that peers' schedulers have by default.
/// </summary>
internal static class SchedulerSteps
{
    private const int Blocks = 5;

    internal static IEnumerable<(string Key, Timing Timing)> Measure(int batch, int blocks)
    {
        var schedule = Schedule.Linear(1e-4, 0.02, 1000);
        LevelGrid Grid(int steps) => LevelGrid.Of(schedule, TimeGrid.Trailing(schedule, steps));
        long[] shape = [1, CourseSteps.UsualSide, CourseSteps.UsualSide];
        using var scope = NewDisposeScope();
        var (start, answer) = (randn([batch, .. shape]), randn([batch, .. shape]));
        using var noise = new SampleNoise(1, batch);
        (string Name, int Steps, Func<SamplingPlan> Plan, Func<Tensor> Noise)[] samplers =
        [
            ("ddpm", 1000, Ancestral, () => noise.Next(shape, CPU)),
            ("ddpm_given_noise", 1000, Ancestral, () => answer.alias()),
            ("ddim", 50, () => Samplers.Ddim(Grid(50), x0Rule: X0Rule.Clip()), NoNoise),
            ("dpmpp2m", 20, () => Samplers.DpmSolverMultistep(Grid(20)), NoNoise),
        ];
        foreach (var (name, steps, plan, draw) in samplers)
        {
            void Run()
            {
                using var images = PlanSampler.Run(plan(), (_, _) => answer.alias(), Prediction.Epsilon, start, draw);
            }
            var reps = int.Max(5, 1000 / steps);
            yield return ($"scheduler_{name}_us_per_step", Timing.Of(Run, int.Max(blocks, Blocks), reps, 1e6 / steps));
        }
        yield return (
            "noise_us_per_step",
            Timing.Of(() => noise.Next(shape, CPU).Dispose(), int.Max(blocks, Blocks), 50, 1e6)
        );

        SamplingPlan Ancestral() => Samplers.Ddpm(Grid(1000), x0Rule: X0Rule.Clip());

        Tensor NoNoise() => throw new InvalidOperationException("This sampler draws none.");
    }
}
