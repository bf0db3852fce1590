using Diffusion.Math;
using Diffusion.Properties.Support;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Properties;

public sealed class SamplingPlanTests
{
    private static readonly NoiseLevel High = NoiseLevel.FromAlphaSigma(0.6, 0.8);
    private static readonly NoiseLevel Low = NoiseLevel.FromAlphaSigma(0.8, 0.6);

    [ForAll]
    public void A_step_off_by_a_millionth_is_refused(GridCase at, bool state)
    {
        SamplingPlan plan = Samplers.Ddim(at.Schedule, at.Grid, at.Eta);
        SamplingStep step = plan.Steps[0];
        SamplingStep wrong = new(
            step.From,
            step.To,
            step.Evaluate,
            [step.States[0] + (state ? 1e-6 / step.From.Sigma : 0)],
            [step.Outputs[0] + (state ? 0 : 1e-6)],
            step.Noise
        );
        // At the bottom of a variance a change of the state's factor is second order; there α must move.
        if (state && step.From.Alpha < 1e-2 && step.States[0] * step.From.Sigma < 1e-2)
        {
            return;
        }

        FluentActions
            .Invoking(() =>
                new SamplingPlan("broken", plan.Quantity, plan.X0Rule, [wrong, .. plan.Steps.Skip(1)], true)
            )
            .Should()
            .ThrowExactly<ArgumentException>()
            .WithMessage("Step 1 of the plan \"broken\"*not marginally consistent*");
    }

    // At the last noisy levels of variance exploding grids, where σ is small beside α: the ancestral step with its noise
    // left out, and with more than its noise.
    [TestCase(1, 3e-5, 0)]
    [TestCase(1e-4, 1e-5, 0)]
    [TestCase(1e-4, 1e-5, 3)]
    [TestCase(0.02, 0.002, 1.00001)]
    [TestCase(1e-150, 1e-155, 0.9999)]
    public void Noise_is_checked_beside_its_own_size(double from, double to, double factor)
    {
        NoiseLevel high = NoiseLevel.FromAlphaSigma(1, from);
        NoiseLevel low = NoiseLevel.FromAlphaSigma(1, to);
        SamplingPlan plan(double noise)
        {
            // x_s = x̂₀ + (σ_s²/σ_t²)·(x_t − x̂₀) + σ_s·√(1 − σ_s²/σ_t²)·z.
            double kept = to / from * (to / from);
            double deviation = noise * to * double.Sqrt(1 - kept);
            SamplingStep step = new(high, low, new Evaluation(high, 1), [kept], [1 - kept], deviation);
            return new SamplingPlan("ancestral", Prediction.X0, X0Rule.None, [step], true);
        }

        plan(1).KeepsMarginals.Should().BeTrue();
        FluentActions
            .Invoking(() => plan(factor))
            .Should()
            .ThrowExactly<ArgumentException>()
            .WithMessage("Step 1 of the plan \"ancestral\"*not marginally consistent*");
    }

    [ForAllGrids]
    public void Every_step_without_its_noise_is_refused(LevelGridCase @case)
    {
        foreach (NoiseCurve curve in LevelGridCase.Curves)
        {
            foreach ((string name, Func<LevelGrid, SamplingPlan> make) in SamplerCatalogue.On(curve))
            {
                SamplingPlan plan = make(@case.On(curve));
                for (int i = 0; plan.KeepsMarginals && i < plan.Steps.Length; i++)
                {
                    SamplingStep step = plan.Steps[i];
                    if (step.Noise > 1e-3 * step.To.Sigma)
                    {
                        SamplingStep bare = new(
                            step.From,
                            step.To,
                            step.Evaluate,
                            step.States,
                            step.Outputs,
                            0,
                            step.RawOutputs
                        );
                        FluentActions
                            .Invoking(() => plan.WithSteps(plan.Steps.SetItem(i, bare)))
                            .Should()
                            .ThrowExactly<ArgumentException>(name)
                            .WithMessage("*not marginally consistent*");
                    }
                }
            }
        }
    }

    // Two levels so near that the next step's weights are a hundred million: fewer outputs are used.
    [TestCase(1e-8)]
    [TestCase(1e-12)]
    public void Crowded_levels_lower_the_order(double near)
    {
        LevelGrid grid = LevelGrid.Explicit(NoiseCurve.VarianceExploding, 20, 10, 10 * (1 - near), 5, 1);
        foreach ((string name, Func<LevelGrid, SamplingPlan> make) in SamplerCatalogue.All)
        {
            SamplingPlan plan = make(grid);
            plan.Steps.SelectMany(step => step.Outputs).Should().OnlyContain(w => double.Abs(w) < 2e7, "{0}", name);
            double[] last = plan.Run([7], Prediction.X0, (_, _) => plan.LearnsVariance ? [0.5, 0] : [0.5], _ => [0]);
            last[0].ShouldBeClose(0.5, 1e-6);
        }
    }

    [Test]
    public void The_claim_is_checked_only_where_it_is_made()
    {
        SamplingStep wrong = Step(High, Low, [0.5], [0.5]);
        new SamplingPlan("free", Prediction.X0, X0Rule.None, [wrong], keepsMarginals: false)
            .KeepsMarginals.Should()
            .BeFalse();
    }

    [Test]
    public void Noise_predicting_plans_are_checked_in_their_own_quantity()
    {
        // DDIM written with ε: x_s = (α_s/α_t)·x_t + (σ_s − σ_t·α_s/α_t)·ε.
        double ratio = Low.Alpha / High.Alpha;
        SamplingStep right = Step(High, Low, [ratio], [Low.Sigma - (High.Sigma * ratio)]);
        FluentActions
            .Invoking(() => new SamplingPlan("ε", Prediction.Epsilon, X0Rule.None, [right], true))
            .Should()
            .NotThrow();
        FluentActions
            .Invoking(() => new SamplingPlan("ε as x0", Prediction.X0, X0Rule.None, [right], true))
            .Should()
            .ThrowExactly<ArgumentException>();
    }

    [Test]
    public void History_reaches_back_to_older_states_and_outputs()
    {
        // Factors of different sizes, so that only the right order of history gives these sums.
        SamplingStep[] steps =
        [
            Step(High, High, [1], [10]),
            Step(High, High, [1, 100], [0, 1000]),
            Step(High, Low, [0, 0, 1], [2, 0, 3]),
        ];
        SamplingPlan plan = new("history", Prediction.X0, X0Rule.None, steps, false);
        int call = 0;
        double[][] states =
        [
            .. plan.Trajectory([5], Prediction.X0, (_, _) => [++call], _ => throw new InvalidOperationException()),
        ];
        states.Select(state => state[0]).Should().Equal(5 + 10, 15 + 500 + 1000, 5 + 6 + 3);
    }

    [Test]
    public void A_step_without_a_call_uses_the_outputs_there_are()
    {
        SamplingStep[] steps = [Step(High, Low, [0], [1]), new(Low, Low, null, [2], [1], 0)];
        SamplingPlan plan = new("lazy", Prediction.X0, X0Rule.None, steps, false);
        plan.NetworkCalls.Should().Be(1);
        plan.Run([9], Prediction.X0, (_, _) => [4], _ => []).Should().Equal(12);
    }

    [Test]
    public void The_network_is_shown_the_state_and_told_the_time()
    {
        Schedule schedule = Schedule.Cosine(20);
        SamplingPlan plan = Samplers.Ddim(schedule, TimeGrid.Trailing(schedule, 4));
        List<(double, Evaluation)> calls = [];
        double[][] states =
        [
            .. plan.Trajectory(
                [0.5],
                Prediction.X0,
                (x, at) =>
                {
                    calls.Add((x[0], at));
                    x[0] = double.NaN;
                    return [0.25];
                },
                _ => []
            ),
        ];
        calls.Select(call => call.Item2.Time).Should().Equal(20, 15, 10, 5);
        calls.Select(call => call.Item2.Level).Should().Equal(schedule[20], schedule[15], schedule[10], schedule[5]);
        calls.Select(call => call.Item1).Should().Equal(0.5, states[0][0], states[1][0], states[2][0]);
        states[^1].Should().Equal(0.25);
    }

    [Test]
    public void Noise_is_drawn_only_where_it_is_added()
    {
        Schedule schedule = Schedule.Cosine(20);
        List<int> drawn = [];
        Samplers
            .Ddpm(schedule, TimeGrid.Trailing(schedule, 4))
            .Run(
                [0.5, 1],
                Prediction.X0,
                (x, _) => x,
                i =>
                {
                    drawn.Add(i);
                    return [0, 0];
                }
            );
        drawn.Should().Equal(0, 1, 2);
    }

    [ForAll]
    public void Every_prediction_of_one_network_gives_the_same_sample(GridCase at, Real start, Real guess)
    {
        if (at.Schedule[at.Grid.Start].Alpha < 1e-3)
        {
            return;
        }

        SamplingPlan plan = Samplers.Ddim(at.Schedule, at.Grid, at.Eta, X0Rule.Clip(2));
        double[] sample(Prediction prediction) =>
            plan.Run(
                [start.Value],
                prediction,
                (x, call) => [Prediction.X0.To(prediction, call.Level).Apply(x[0], guess.Value / 2)],
                i => [double.Sin(i)]
            );
        double expected = sample(Prediction.X0)[0];
        sample(Prediction.Epsilon)[0].ShouldBeClose(expected, 1e-9, 1);
        sample(Prediction.V)[0].ShouldBeClose(expected, 1e-9, 1);
    }

    [Test]
    public void The_first_state_starts_with_a_given_deviation()
    {
        SamplingPlan plan = Samplers.Ddim(Schedule.Cosine(20), TimeGrid.Trailing(20, 4));
        SamplingPlan given = plan.StartingWith(0.75);
        (plan.StartDeviation, given.StartDeviation).Should().Be((1.0, 0.75));
        (given.Name, given.Quantity, given.X0Rule, given.KeepsMarginals, given.NetworkCalls)
            .Should()
            .Be((plan.Name, plan.Quantity, plan.X0Rule, plan.KeepsMarginals, plan.NetworkCalls));
        given.Steps.Should().Equal(plan.Steps);
        foreach (double refused in new[] { 0, -1, double.NaN, double.PositiveInfinity })
        {
            FluentActions
                .Invoking(() => plan.StartingWith(refused))
                .Should()
                .ThrowExactly<ArgumentOutOfRangeException>();
        }
    }

    [Test]
    public void Other_steps_leave_all_else_as_it_was()
    {
        SamplingPlan plan = Samplers.Ddim(Schedule.Cosine(20), TimeGrid.Trailing(20, 4)).StartingWith(0.75);
        SamplingPlan shorter = plan.WithSteps(plan.Steps[..^1]);
        shorter.Steps.Should().Equal(plan.Steps[..^1]);
        (shorter.Name, shorter.Quantity, shorter.X0Rule, shorter.KeepsMarginals, shorter.StartDeviation)
            .Should()
            .Be((plan.Name, plan.Quantity, plan.X0Rule, plan.KeepsMarginals, 0.75));
        (plan.NetworkCalls, shorter.NetworkCalls).Should().Be((4, 3));
        FluentActions
            .Invoking(() => plan.WithSteps(plan.Steps.Reverse()))
            .Should()
            .ThrowExactly<ArgumentException>("the joints are checked again");
    }

    [Test]
    public void Rows_without_a_call_are_told_no_time()
    {
        LevelGrid grid = LevelGrid.Of(Schedule.Cosine(20), TimeGrid.Trailing(20, 4));
        SamplingPlan plan = Samplers.Resampling(Samplers.Ddpm(grid), 2, 2);
        double[] times = [.. Enumerable.Range(0, plan.NetworkCalls).Select(i => 90.5 - i)];
        SamplingPlan told = plan.WithTimes(times);
        plan.Steps.Should().Contain(step => step.Evaluate == null);
        told.Steps.Where(step => step.Evaluate is not null)
            .Select(step => step.Evaluate!.Value.Time)
            .Should()
            .Equal(times);
        told.Steps.Where(step => step.Evaluate is null).Should().Equal(plan.Steps.Where(step => step.Evaluate is null));
    }

    [Test]
    public void The_start_is_drawn_as_wide_as_its_level_makes_data_of_variance_one()
    {
        SamplingPlan exploding = Samplers.Euler(LevelGrid.Karras(NoiseCurve.VarianceExploding, 5, 0.1, 3));
        exploding.StartDeviation.Should().BeApproximately(double.Sqrt(1 + (3 * 3)), 1e-14);
        SamplingPlan flow = Samplers.Euler(LevelGrid.UniformLogSnr(NoiseCurve.RectifiedFlow, 5, 0.05, 4));
        flow.StartDeviation.Should().BeApproximately(double.Hypot(0.2, 0.8), 1e-14);
        // Exactly, though the roots of ᾱ and 1 − ᾱ are rounded.
        Schedule linear = Schedule.Linear(1e-4, 0.02, 1000);
        for (int t = 1; t <= 1000; t++)
        {
            Samplers.Ddim(linear, TimeGrid.Explicit(t, 0)).StartDeviation.Should().Be(1);
        }
    }

    [Test]
    public void Other_times_are_told_at_the_same_levels()
    {
        // Two calls a step, one in the last.
        SamplingPlan plan = Samplers.Heun(LevelGrid.Of(Schedule.Cosine(20), TimeGrid.Trailing(20, 2)));
        SamplingPlan told = plan.WithTimes([9, 8, 7.5]);
        told.Steps.Select(step => step.Evaluate!.Value.Time).Should().Equal(9, 8, 7.5);
        told.WithTimes(plan.Steps.Select(step => step.Evaluate!.Value.Time)).Steps.Should().Equal(plan.Steps);
        told.Steps.Select(step => step.Evaluate!.Value.Level)
            .Should()
            .Equal(plan.Steps.Select(step => step.Evaluate!.Value.Level));
        foreach (double[] refused in new double[][] { [], [1, 2], [1, 2, 3, 4] })
        {
            FluentActions
                .Invoking(() => plan.WithTimes(refused))
                .Should()
                .ThrowExactly<ArgumentException>()
                .WithMessage($"times holds {refused.Length}; it must hold 3, one for each network call.*");
        }

        FluentActions
            .Invoking(() => plan.WithTimes([1, double.NaN, 2]))
            .Should()
            .ThrowExactly<ArgumentOutOfRangeException>();
    }

    [Test]
    public void Clipping_acts_on_x0_whatever_is_predicted()
    {
        SamplingPlan plan = new("clip", Prediction.Epsilon, X0Rule.Clip(0.5), [Step(High, Low, [0], [1])], false);
        // x̂₀ = 3 is clipped to 0.5, so that ε̂ = (x − α·0.5)/σ.
        plan.Run([2], Prediction.X0, (_, _) => [3], _ => [])[0].ShouldBeClose((2 - (0.6 * 0.5)) / 0.8, 1e-15);
    }

    [TestCase(3, 1)]
    [TestCase(-3, -1)]
    [TestCase(0.2, 0.2)]
    public void Clip_bounds_both_sides(double x0, double expected)
    {
        X0Rule.Clip().Apply(x0).Should().Be(expected);
        X0Rule.None.Apply(x0).Should().Be(x0);
        X0Rule.Clip(0.5).Match(() => 0, range => range, (_, _) => 1).Should().Be(0.5);
        X0Rule.None.Match(() => 7, range => range, (_, _) => 1).Should().Be(7);
    }

    [Test]
    public void Rules_are_compared_by_value()
    {
        X0Rule.Clip(2).Should().Be(X0Rule.Clip(2)).And.NotBe(X0Rule.Clip(3)).And.NotBe(X0Rule.None);
        (X0Rule.None.ToString(), X0Rule.Clip(0.5).ToString()).Should().Be(("none", "clip(0.5)"));
    }

    [Test]
    public void Steps_are_compared_by_value()
    {
        Schedule schedule = Schedule.Cosine(20);
        SamplingPlan one = Samplers.Ddpm(schedule, TimeGrid.Trailing(20, 5));
        SamplingPlan other = Samplers.Ddpm(schedule, TimeGrid.Trailing(20, 5));
        one.Steps.Should().Equal(other.Steps);
        one.Steps.Select(step => step.GetHashCode()).Should().Equal(other.Steps.Select(step => step.GetHashCode()));
        SamplingStep step = Step(High, Low, [1], [2]);
        step.Should().NotBe(Step(High, High, [1], [2])).And.NotBe(Step(Low, Low, [1], [2]));
        step.Should().NotBe(Step(High, Low, [1.5], [2])).And.NotBe(Step(High, Low, [1], [3]));
        step.Should().NotBe(Step(High, Low, [1], [2], 0.5));
        step.Should().NotBe(new SamplingStep(High, Low, null, [1], [2], 0));
        step.Equals((SamplingStep?)null).Should().BeFalse();
    }

    [Test]
    public void The_table_has_a_line_a_step()
    {
        SamplingPlan plan = Samplers.Ddpm(Schedule.Cosine(20), TimeGrid.Trailing(20, 5));
        string[] lines = plan.ToTable().TrimEnd().Split('\n');
        lines.Should().HaveCount(7);
        lines[0].TrimEnd().Should().Be($"{plan}, start deviation 1, marginals kept");
        lines[2].Should().MatchRegex(@"^\s+1\s+20\s");
        lines[^1].Should().MatchRegex(@"^\s+5\s+4\s.*\s0\s+0 \| 1\s*$");
    }

    private static SamplingStep Step(
        NoiseLevel from,
        NoiseLevel to,
        double[] states,
        double[] outputs,
        double noise = 0
    ) => new(from, to, new Evaluation(from, 1), states, outputs, noise);
}
