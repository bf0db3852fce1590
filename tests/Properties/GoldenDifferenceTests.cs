using Diffusion.Math;
using Diffusion.Properties.Support;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Properties;

/// <summary>What is wrong with the recorded runs that docs/differences.md lists.</summary>
public sealed class GoldenDifferenceTests
{
    [ForAll]
    public void A_log_variance_is_no_variance(ScheduleTime at)
    {
        (Schedule schedule, int t) = at;
        double beta = schedule.Beta(t);
        LogVariance variance = ReverseVariance.FixedLarge.LogOf(schedule[t], schedule[t - 1]);
        variance.StandardDeviation.ShouldBeClose(double.Sqrt(beta), 1e-9, 1);
        // β < 1, so that its logarithm has no root.
        if (beta < 1)
        {
            double.Sqrt(double.Log(beta)).Should().Be(double.NaN);
        }
    }

    [ForAll]
    public void Pure_noise_says_nothing_about_x0(Real x0, Real other, Real noise)
    {
        NoiseLevel level = NoiseLevel.PureNoise;
        level.Mix(x0.Value, noise.Value).Should().Be(level.Mix(other.Value, noise.Value));
        FluentActions
            .Invoking(() => Prediction.Epsilon.To(Prediction.X0, level))
            .Should()
            .ThrowExactly<InvalidOperationException>();
    }

    [ForAll]
    public void A_variance_below_the_posteriors_is_never_right(LevelPair pair, Real error)
    {
        double least = ReverseVariance.FixedSmall.Of(pair.From, pair.To);
        Posterior posterior = Posterior.Between(pair.From, pair.To);
        double term(double variance) =>
            VariationalBound.TransitionTerm(posterior, 1, error.Value * error.Value, variance);
        term(least * 0.9).Should().BeGreaterThan(term(least));
        term(least * 0.5).Should().BeGreaterThan(term(least * 0.9));
        ReverseVariance.Learned.Of(pair.From, pair.To, least * 0.5).Should().Be(least);
    }

    [Test]
    public void A_step_between_equal_levels_is_refused()
    {
        FluentActions
            .Invoking(() => LevelGrid.Explicit(NoiseCurve.VarianceExploding, 2, 0.5, 0.5))
            .Should()
            .ThrowExactly<ArgumentException>();
        // What the recorder divides by, and the limit that it misses.
        double h = 0;
        ((double.Exp(-h) - 1) / h).Should().Be(double.NaN);
        ((double.Exp(-1e-6) - 1) / 1e-6).Should().BeApproximately(-1, 1e-5);
    }

    [Test]
    public void A_step_to_clean_data_has_no_second_order()
    {
        LevelGrid grid = LevelGrid.Explicit(NoiseCurve.VarianceExploding, 2, 0.5);
        FluentActions
            .Invoking(() => Samplers.DpmSolverSinglestep(grid, [1, 2]))
            .Should()
            .ThrowExactly<ArgumentException>()
            .WithMessage("*infinite log-SNR*must be 1*");
        Samplers.DpmSolverSinglestep(grid, [2, 1]).NetworkCalls.Should().Be(3);
    }

    [Test]
    public void Steps_of_a_fixed_stride_do_not_join()
    {
        foreach (GoldenRun run in GoldenFiles.OwnRuns.Where(GoldenDifference.Named("fixed-stride").Applies))
        {
            int[] listed = [.. GoldenGrids.Times(run).Times];
            foreach ((int t, int starts) in listed.Zip(listed.Skip(1)).Where(pair => pair.Second > 0))
            {
                int ends = GoldenRecorder.Next(run, t);
                if (ends != starts)
                {
                    ShouldNotJoin(run.Schedule, t, ends, starts, GoldenRecorder.Next(run, starts));
                }
            }
        }
    }

    [TestCase(1000, 30)]
    [TestCase(777, 15)]
    public void Half_of_an_odd_stride_is_not_half_way(int count, int steps)
    {
        int stride = count / steps;
        (stride % 2).Should().Be(1);
        // A step leads half a stride down from t, and the network is told the time half a stride up from the next one.
        int t = (3 * stride) + 1;
        Schedule schedule = Schedule.Linear(1e-4, 0.02, count);
        ShouldNotJoin(schedule, t, t - (stride / 2), t - stride + (stride / 2), t - stride);
        LevelGrid grid = LevelGrid.Of(schedule, TimeGrid.Leading(count, steps));
        foreach (SamplingStep step in Samplers.Pndm(grid).Steps)
        {
            step.Evaluate!.Value.Level.Should().Be(step.From);
            grid.Curve.AtTime(step.Evaluate.Value.Time).Level.Should().Be(step.From);
        }
    }

    [TestCase(300, 7)]
    [TestCase(1000, 61)]
    [TestCase(100, 29)]
    public void A_sum_of_strides_can_pass_the_end(int count, int steps)
    {
        double stride = (double)count / steps;
        double.Ceiling(count / stride).Should().Be(steps + 1);
        TimeGrid.Trailing(count, steps).Count.Should().Be(steps);
        FluentActions.Invoking(() => TimeGrid.Explicit(count, 0, -1)).Should().ThrowExactly<ArgumentException>();
    }

    [ForAllGrids]
    public void Levels_told_the_same_time_are_visited_one_by_one(LevelGridCase levels)
    {
        foreach (LevelGrid grid in new[] { levels.On(LevelGridCase.Curves[0]).WithWholeTimes(), Crowded() })
        {
            foreach (SamplingPlan plan in new[] { Samplers.Euler(grid), Samplers.DpmSolverMultistep(grid) })
            {
                plan.Steps.Select(step => step.From).Should().Equal(grid.Points.SkipLast(1).Select(at => at.Level));
            }
        }

        // Two levels above the schedule's last time.
        static LevelGrid Crowded()
        {
            LevelGrid grid = LevelGrid.Explicit(LevelGridCase.Curves[0], 200, 190, 1).WithWholeTimes();
            grid.Points[0].Time.Should().Be(grid.Points[1].Time);
            return grid;
        }
    }

    [TestCase("ddpm-offset1-range2-50")]
    [TestCase("ddpm-trailing-50")]
    [TestCase("ddpm-trailing-zerosnr-v-50")]
    public void The_recorded_last_step_adds_noise(string name)
    {
        GoldenRun run = GoldenFiles.Find(name);
        double[] exact = run.Run(GoldenPlans.Of(run))[^1];
        double[] noise = run.NoisePool[run.Times.Length - 1];
        for (int i = 0; i < exact.Length; i++)
        {
            ((run.Final[i] - exact[i]) / 1e-10).Should().BeApproximately(noise[i], 1e-4);
        }

        NoiseLevel last = run.Schedule[(int)run.Times[^1] + 1];
        Posterior.Between(last, NoiseLevel.Clean).Variance.Should().Be(0);
    }

    [ForAllGrids]
    public void Noise_added_after_the_call_stays(LevelGridCase levels)
    {
        // x′ = x + (σ′ − σ̂)·ε̂ + √(σ̂² − σ²)·z, with ε̂ from before z was added.
        (double sigma, double next) = (levels.Ratios[0], levels.Ratios[1]);
        double raised = 1.3 * sigma;
        NoiseLevel from = NoiseLevel.FromAlphaSigma(1, sigma);
        NoiseLevel to = NoiseLevel.FromAlphaSigma(1, next);
        double added = double.Sqrt((raised * raised) - (sigma * sigma));
        SamplingStep step = new(from, to, new Evaluation(from, sigma), [1], [next - raised], added);
        FluentActions
            .Invoking(() => new SamplingPlan("late", Prediction.Epsilon, X0Rule.None, [step], keepsMarginals: true))
            .Should()
            .ThrowExactly<ArgumentException>()
            .WithMessage("*not marginally consistent*");
        Samplers.EdmStochastic(levels.On(NoiseCurve.VarianceExploding), 5).KeepsMarginals.Should().BeTrue();
    }

    [ForAll]
    public void One_step_starts_at_the_noisiest_level(Schedule schedule)
    {
        TimeGrid.Linspace(schedule.Steps, 1).Start.Should().Be(schedule.Steps);
        // N(0, 1) is far from data with the noise of the first time, and near to it with that of the last.
        Gaussian data = new(0.5, 0.01);
        double first = schedule.Marginal(1).Apply(data).KullbackLeibler(Gaussian.Standard);
        double last = schedule.Marginal(schedule.Steps).Apply(data).KullbackLeibler(Gaussian.Standard);
        last.Should().BeLessThanOrEqualTo(first);
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

    // A step from t to one time and the next from another are no plan.
    private static void ShouldNotJoin(Schedule schedule, int t, int ends, int starts, int s) =>
        FluentActions
            .Invoking(() =>
                new SamplingPlan(
                    "unjoined",
                    Prediction.X0,
                    X0Rule.None,
                    [.. Samplers.DdpmStep(schedule, t, ends).Steps, .. Samplers.DdpmStep(schedule, starts, s).Steps],
                    keepsMarginals: false
                )
            )
            .Should()
            .ThrowExactly<ArgumentException>()
            .WithMessage("*starts at*the one before it ends at*");
}
