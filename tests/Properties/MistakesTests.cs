using Diffusion.Math;
using Diffusion.Properties.Support;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Properties;

/// <summary>
/// Mistakes seen in other people's code, each with the identity that it would break. Noise that is uniform, or the same
/// in every step, is caught where noise is drawn (Noise_is_normal_and_fresh_at_every_call, of the tensors' tests).
/// </summary>
public sealed class MistakesTests
{
    [ForAll]
    public void The_last_step_leads_to_clean_data_not_to_the_schedules_first_level(GridCase at)
    {
        // With ᾱ₁ in place of 1 the weights are (0, 1), and the state comes back unchanged.
        SamplingPlan[] plans =
        [
            Samplers.Ddpm(at.Schedule, at.Grid),
            Samplers.Ddpm(at.Schedule, at.Grid, ReverseVariance.FixedLarge),
            Samplers.Ddim(at.Schedule, at.Grid, at.Eta),
        ];
        foreach (SamplingStep last in plans.Select(plan => plan.Steps[^1]))
        {
            last.To.Should().Be(NoiseLevel.Clean);
            (last.Outputs.Single(), last.States.Single()).Should().Be((1, 0));
            last.Noise.Should().Be(0, "noise is not added to what is returned");
        }
    }

    [ForAll]
    public void Trailing_times_do_not_come_from_an_integer_stride(ushort count, ushort part)
    {
        int steps = 1 + (part % (1 + count));
        TimeGrid grid = TimeGrid.Trailing(1 + count, steps);
        (grid.Start, grid.Count, grid.Times[^1]).Should().Be((1 + count, steps, 0));
        int[] strides = [.. grid.Select(pair => pair.From - pair.To)];
        (strides.Max() - strides.Min()).Should().BeLessThanOrEqualTo(1);
        strides.Min().Should().BeGreaterThan(0);
    }

    [ForAll]
    public void Each_step_draws_noise_of_its_own(GridCase at)
    {
        List<int> asked = [];
        SamplingPlan plan = Samplers.Ddpm(at.Schedule, at.Grid);
        double[] noise(int step)
        {
            asked.Add(step);
            return [1 + step];
        }

        double[] states = [.. plan.Trajectory([0], Prediction.X0, (_, _) => [0], noise).Select(state => state[0])];
        asked.Should().Equal(Enumerable.Range(0, plan.Steps.Length).Where(i => plan.Steps[i].Noise > 0));
        double expected = 0;
        for (int i = 0; i < states.Length; i++)
        {
            expected = (plan.Steps[i].States[0] * expected) + (plan.Steps[i].Noise * (1 + i));
            states[i].ShouldBeClose(expected, 1e-12);
        }
    }

    [ForAllGrids]
    public void The_step_to_clean_data_takes_no_logarithm_of_zero(LevelGridCase levels, Real answer)
    {
        if (!levels.ToClean)
        {
            return;
        }

        foreach (NoiseCurve curve in LevelGridCase.Curves)
        {
            // Those of several ε̂ mix in older ones.
            foreach (
                var (name, make) in SamplerCatalogue
                    .On(curve)
                    .Where(each => each.Name is not ("Adams–Bashforth" or "PLMS" or "PNDM"))
            )
            {
                double[] noise = [0.7];
                SamplingPlan plan = make(levels.On(curve));
                double[] answers = plan.LearnsVariance ? [answer.Value, 0.1] : [answer.Value];
                double[] last = plan.Run([1], Prediction.X0, (_, _) => answers, _ => noise);
                last[0].ShouldBeClose(answer.Value, 1e-9, 1);
            }
        }
    }

    [ForAll]
    public void A_respaced_schedule_does_not_keep_the_training_grids_beta(GridCase at)
    {
        // β of the kept grid and its ᾱ belong together: ᾱ_s·(1 − β) = ᾱ_t.
        Schedule kept = at.Schedule.Respaced(at.Grid);
        for (int i = 1; i <= kept.Steps; i++)
        {
            (kept.AlphaBar(i - 1) * kept.Alpha(i)).ShouldBeClose(kept.AlphaBar(i), 1e-13);
            Posterior posterior = kept.Posterior(i);
            (posterior.X0Coefficient + (posterior.XtCoefficient * kept[i].Alpha)).ShouldBeClose(
                kept[i - 1].Alpha,
                1e-12
            );
        }
    }

    [TestCase(50)]
    [TestCase(1000)]
    public void Cosine_betas_do_not_come_from_integer_division(int steps)
    {
        Schedule schedule = Schedule.Cosine(steps);
        Enumerable.Range(1, steps).Should().OnlyContain(t => schedule.Beta(t) > 0);
        Enumerable.Range(2, steps - 1).Should().OnlyContain(t => schedule.Beta(t) > schedule.Beta(t - 1));
    }

    [ForAll]
    public void A_log_variance_is_never_a_variance(LevelPair pair)
    {
        // fixed_large_log taken through √ln β is NaN; here the deviation is the same by both ways.
        LogVariance log = ReverseVariance.FixedLarge.LogOf(pair.From, pair.To);
        double variance = ReverseVariance.FixedLarge.Of(pair.From, pair.To);
        log.StandardDeviation.ShouldBeClose(double.Sqrt(variance), 1e-13);
        log.Variance.ShouldBeClose(variance, 1e-13);
    }

    [Test]
    public void Zero_terminal_snr_refuses_noise_prediction_and_takes_v()
    {
        Schedule schedule = Schedule.ScaledLinear(0.00085, 0.012, 1000).WithZeroTerminalSnr();
        Action act = () => Prediction.Epsilon.To(Prediction.X0, schedule[1000]);
        act.Should().Throw<InvalidOperationException>();
        Prediction
            .V.To(Prediction.X0, schedule[1000])
            .Should()
            .Be(Prediction.V.To(Prediction.X0, NoiseLevel.PureNoise));
    }

    [ForAll]
    public void Min_snr_for_v_is_not_that_for_noise(Real logSnr, Spread gamma)
    {
        NoiseLevel level = NoiseLevel.FromLogSnr(logSnr.Value * 4);
        LossWeight weight = LossWeight.MinSnr(gamma.Value);
        double capped = double.Min(level.Snr, gamma.Value);
        weight.For(Prediction.V, level).ShouldBeClose(capped / (level.Snr + 1), 1e-13);
        weight.For(Prediction.Epsilon, level).ShouldBeClose(capped / level.Snr, 1e-13);
        weight.For(Prediction.Epsilon, NoiseLevel.PureNoise).Should().Be(1);
    }

    [TestCase(100)]
    [TestCase(250)]
    public void Betas_tuned_to_a_thousand_steps_do_not_pass_without_a_word(int steps) =>
        Schedule.Linear(1e-4, 0.02, steps).Warning.Should().Contain("far from pure noise");

    [ForAll]
    public void The_first_steps_posterior_is_the_data(Schedule schedule)
    {
        Posterior first = schedule.Posterior(1);
        (first.X0Coefficient, first.XtCoefficient, first.Variance).Should().Be((1, 0, 0));
    }
}
