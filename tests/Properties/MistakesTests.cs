using Diffusion.Math;
using Diffusion.Properties.Support;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Properties;

/// <summary>
/// Mistakes seen in other people's code that concern schedules and objectives, each with the identity that the mistake
/// would break.
/// </summary>
public sealed class MistakesTests
{
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
