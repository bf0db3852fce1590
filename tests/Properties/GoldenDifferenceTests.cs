using Diffusion.Math;
using Diffusion.Properties.Support;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Properties;

/// <summary>What is wrong with the recorded runs that docs/differences.md lists.</summary>
public sealed class GoldenDifferenceTests
{
    [Test]
    public void A_log_variance_is_no_variance()
    {
        GoldenRun run = GoldenFiles.Find("ddpm-linear-largelog-10");
        ((bool)run.Json["nan"]!).Should().BeTrue();
        foreach ((int t, int s) in run.WholeTimes().SkipLast(1))
        {
            LogVariance variance = ReverseVariance.FixedLarge.LogOf(run.Schedule[t], run.Schedule[s]);
            double.Sqrt(variance.Value).Should().Be(double.NaN);
            variance.StandardDeviation.Should().BeInRange(0, 1);
        }

        run.Run(run.Plan())[^1].Should().OnlyContain(value => double.IsFinite(value));
    }

    [Test]
    public void Steps_of_the_recorded_ddpm_linspace_run_do_not_join() =>
        ShouldBeUnjoined("ddpm-linspace-10", (schedule, t, s, rule) => Samplers.DdpmStep(schedule, t, s, x0Rule: rule));

    [Test]
    public void Steps_of_the_recorded_ddim_linspace_run_do_not_join() =>
        ShouldBeUnjoined(
            "ddim-linspace-10",
            (schedule, t, s, rule) =>
            {
                LevelGrid grid = LevelGrid.Of(schedule, TimeGrid.Explicit(s == 0 ? [t, 0] : [t, s, 0]));
                SamplingPlan plan = Samplers.Ddim(grid, x0Rule: rule);
                return new SamplingPlan(plan.Name, plan.Quantity, plan.X0Rule, [plan.Steps[0]], true);
            }
        );

    [TestCase("ddpm-offset1-range2-50")]
    [TestCase("ddpm-trailing-50")]
    [TestCase("ddpm-trailing-zerosnr-v-50")]
    public void The_recorded_last_step_adds_noise(string name)
    {
        GoldenRun run = GoldenFiles.Find(name);
        double[] exact = run.Run(run.Plan())[^1];
        double[] noise = run.NoisePool[run.Times.Length - 1];
        for (int i = 0; i < exact.Length; i++)
        {
            ((run.Final[i] - exact[i]) / 1e-10).Should().BeApproximately(noise[i], 1e-4);
        }
    }

    [ForAll]
    public void A_kept_noise_contradicts_the_state(Real state, Real answer)
    {
        LevelGrid grid = LevelGrid.AtTimes(NoiseCurve.RectifiedFlow, 0.5, 0.25);
        NoiseLevel from = grid.Start;
        double x0 = Prediction.Epsilon.To(Prediction.X0, from).Apply(state.Value, answer.Value);
        double clipped = double.Clamp(x0, -1, 1);
        (double kept, double derived) = (First(grid, keepNoise: true), First(grid, keepNoise: false));
        NoiseLevel to = grid.Points[1].Level;
        // With the kept noise the step ends at α·(clipped x̂₀) + σ·ε̂, which at the start is not the state.
        kept.ShouldBeClose(to.Mix(clipped, answer.Value), 1e-13, 1);
        double noise = Prediction.X0.To(Prediction.Epsilon, from).Apply(state.Value, clipped);
        derived.ShouldBeClose(to.Mix(clipped, noise), 1e-13, 1);
        from.Mix(clipped, noise).ShouldBeClose(state.Value, 1e-13, 1);
        double contradiction = from.Alpha * (x0 - clipped);
        (state.Value - from.Mix(clipped, answer.Value)).ShouldBeClose(contradiction, 1e-13, 1);

        double First(LevelGrid on, bool keepNoise) =>
            Samplers
                .Ddim(on, x0Rule: X0Rule.Clip(), keepNoise: keepNoise)
                .Trajectory([state.Value], Prediction.Epsilon, (_, _) => [answer.Value], _ => [])
                .First()[0];
    }

    // The recorded run is one of single steps by a fixed stride, each taken up at the next listed time, another.
    private static void ShouldBeUnjoined(string name, Func<Schedule, int, int, X0Rule, SamplingPlan> step)
    {
        GoldenRun run = GoldenFiles.Find(name);
        int stride = run.Schedule.Steps / run.Times.Length;
        double[] state = run.Start;
        List<SamplingStep> rows = [];
        foreach ((double time, int call) in run.Times.Select((time, call) => (time, call)))
        {
            int t = (int)time + 1;
            SamplingPlan plan = step(run.Schedule, t, int.Max(0, t - stride), run.Rule());
            state = plan.Run(state, run.Prediction, run.Network, _ => run.NoisePool[call]);
            rows.Add(plan.Steps[0]);
        }

        state.ShouldEqual(run.Final, 1e-9);
        rows.Zip(rows.Skip(1)).Should().Contain(pair => pair.First.To != pair.Second.From);
        FluentActions
            .Invoking(() => new SamplingPlan(name, Prediction.X0, run.Rule(), rows, keepsMarginals: false))
            .Should()
            .ThrowExactly<ArgumentException>()
            .WithMessage("*starts at*the one before it ends at*");
    }
}
