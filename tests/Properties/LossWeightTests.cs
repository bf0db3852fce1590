using Diffusion.Math;
using Diffusion.Properties.Support;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Properties;

public sealed class LossWeightTests
{
    [ForAll]
    public void Min_snr_is_the_same_objective_for_every_prediction(
        Prediction prediction,
        NoiseLevel level,
        Spread gamma
    )
    {
        LossWeight weight = LossWeight.MinSnr(gamma.Value);
        double gain = prediction.To(Prediction.X0, level).ModelCoefficient;
        weight.For(Prediction.X0, level).ShouldBeClose(double.Min(level.Snr, gamma.Value), 1e-14);
        weight.For(prediction, level).ShouldBeClose(weight.For(Prediction.X0, level) * gain * gain, 1e-13);
    }

    [ForAll]
    public void Simple_is_one_everywhere(Prediction prediction, NoiseLevel level)
    {
        LossWeight.Simple.For(prediction, level).Should().Be(1);
        LossWeight.Simple.For(prediction, NoiseLevel.PureNoise).Should().Be(1);
        LossWeight.Simple.For(Prediction.Epsilon, NoiseLevel.Clean).Should().Be(1);
        LossWeight.Simple.For(Prediction.X0, NoiseLevel.Clean).Should().Be(1);
    }

    [ForAll]
    public void Each_is_one_weight_on_the_error_of_x0(Prediction prediction, NoiseLevel level, Spread parameter, Real b)
    {
        double snr = level.Snr;
        double gain = prediction.To(Prediction.X0, level).ModelCoefficient;
        double p = parameter.Value;
        void check(LossWeight weight, double onX0)
        {
            weight.For(Prediction.X0, level).ShouldBeClose(onX0, 1e-13);
            weight.For(prediction, level).ShouldBeClose(onX0 * gain * gain, 1e-12);
        }

        check(LossWeight.Snr, snr);
        check(LossWeight.TruncatedSnr, double.Max(snr, 1));
        check(LossWeight.P2(b.Value + 4, p), snr / double.Pow(p + snr, b.Value + 4));
        check(LossWeight.Edm(p), snr + (1 / (p * p)));
        check(LossWeight.Sigmoid(b.Value), snr / (1 + double.Exp(level.LogSnr - b.Value)));
    }

    [ForAll]
    public void The_known_special_cases_hold(NoiseLevel level, Real logSnr, Spread data)
    {
        LossWeight.Snr.For(Prediction.Epsilon, level).ShouldBeClose(1, 1e-14);
        LossWeight.P2(0).For(Prediction.Epsilon, level).ShouldBeClose(1, 1e-14);
        LossWeight.Edm(data.Value).For(Prediction.Edm(data.Value), level).ShouldBeClose(1, 1e-13);
        // SNR + 1 is 1 on v, where variance is preserved.
        LossWeight.Edm(1).For(Prediction.V, NoiseLevel.FromLogSnr(logSnr.Value * 4)).ShouldBeClose(1, 1e-13);
    }

    [ForAll]
    public void The_bounds_weight_is_that_of_the_paper(ScheduleTime at)
    {
        Schedule schedule = at.Schedule;
        NoiseLevel level = schedule[at.T];
        double lost = level.Variance / schedule.Beta(at.T);
        double beta = schedule.Beta(at.T);
        LossWeight large = LossWeight.Vlb(schedule, ReverseVariance.FixedLarge);
        if (level.Alpha > 0)
        {
            // Ho et al. 2020, eq. 12, with σ_t² = β_t.
            large
                .For(Prediction.Epsilon, level)
                .ShouldBeClose(beta / (2 * schedule.Alpha(at.T) * level.Variance), 1e-13);
        }

        if (at.T > 1)
        {
            double half = (schedule.Snr(at.T - 1) - schedule.Snr(at.T)) / 2;
            LossWeight
                .Vlb(schedule)
                .For(Prediction.X0, level)
                .ShouldBeClose(half, 1e-14 * (10 + lost), schedule.Snr(at.T) * 1e-2);
        }
    }

    [Test]
    public void The_bounds_weight_is_finite_at_the_first_step()
    {
        Schedule schedule = Schedule.Linear(1e-4, 0.02, 1000);
        double expected = 1 / (2 * schedule.Posterior(2).Variance);
        LossWeight.Vlb(schedule).For(Prediction.X0, schedule[1]).ShouldBeClose(expected, 1e-11);
        Schedule one = Schedule.FromBetas([0.25]);
        LossWeight.Vlb(one).For(Prediction.X0, one[1]).ShouldBeClose(2, 1e-14);
    }

    [Test]
    public void All_are_finite_where_the_signal_is_zero()
    {
        Schedule schedule = Schedule.Linear(1e-4, 0.02, 1000).WithZeroTerminalSnr();
        LossWeight[] all =
        [
            LossWeight.Simple,
            LossWeight.Snr,
            LossWeight.TruncatedSnr,
            LossWeight.MinSnr(),
            LossWeight.P2(),
            LossWeight.Edm(),
            LossWeight.Sigmoid(),
            LossWeight.Vlb(schedule),
        ];
        foreach (LossWeight weight in all)
        {
            foreach (
                Prediction prediction in new[]
                {
                    Prediction.V,
                    Prediction.X0,
                    Prediction.FlowVelocity,
                    Prediction.Edm(),
                }
            )
            {
                double.IsFinite(weight.For(prediction, schedule[1000])).Should().BeTrue();
            }
        }

        LossWeight.Snr.For(Prediction.Epsilon, NoiseLevel.PureNoise).Should().Be(1);
        LossWeight.P2(1, 2).For(Prediction.Epsilon, NoiseLevel.PureNoise).Should().Be(0.5);
        LossWeight.Sigmoid(0).For(Prediction.Epsilon, NoiseLevel.PureNoise).Should().Be(1);
        LossWeight.Sigmoid(0).For(Prediction.X0, NoiseLevel.Clean).Should().Be(1);
        LossWeight.Sigmoid(0).For(Prediction.X0, NoiseLevel.PureNoise).Should().Be(0);
        LossWeight.P2().For(Prediction.X0, NoiseLevel.Clean).Should().Be(1);
        LossWeight.P2(2).For(Prediction.X0, NoiseLevel.Clean).Should().Be(0);
        LossWeight.P2(0.5).For(Prediction.Epsilon, NoiseLevel.Clean).Should().Be(0);
    }

    [Test]
    public void Without_signal_three_weights_on_the_noises_error_are_infinite_and_refused()
    {
        Schedule schedule = Schedule.Linear(1e-4, 0.02, 1000).WithZeroTerminalSnr();
        // An error of ε is σ/α times as large in x₀, and these don't vanish on x₀ with the signal.
        LossWeight[] infinite = [LossWeight.TruncatedSnr, LossWeight.Edm(), LossWeight.Vlb(schedule)];
        LossWeight[] finite =
        [
            LossWeight.Simple,
            LossWeight.Snr,
            LossWeight.MinSnr(),
            LossWeight.P2(),
            LossWeight.Sigmoid(),
        ];
        foreach (Prediction prediction in new[] { Prediction.Epsilon, Prediction.Score })
        {
            foreach (LossWeight weight in infinite)
            {
                weight
                    .Invoking(w => w.For(prediction, NoiseLevel.PureNoise))
                    .Should()
                    .ThrowExactly<InvalidOperationException>()
                    .WithMessage($"*{weight}*{prediction}*infinite*");
                weight.For(Prediction.X0, NoiseLevel.PureNoise).Should().BePositive();
            }

            finite.Should().OnlyContain(weight => double.IsFinite(weight.For(prediction, NoiseLevel.PureNoise)));
        }

        // They grow as 1/SNR on the way there.
        foreach (LossWeight weight in new[] { LossWeight.TruncatedSnr, LossWeight.Edm() })
        {
            double at(double logSnr) => weight.For(Prediction.Epsilon, NoiseLevel.FromLogSnr(logSnr));
            (at(-40) / at(-39)).ShouldBeClose(double.E, 1e-12);
        }
    }

    [Test]
    public void Min_snr_is_finite_at_both_ends()
    {
        LossWeight weight = LossWeight.MinSnr();
        weight.For(Prediction.Epsilon, NoiseLevel.PureNoise).Should().Be(1);
        weight.For(Prediction.X0, NoiseLevel.PureNoise).Should().Be(0);
        weight.For(Prediction.V, NoiseLevel.PureNoise).Should().Be(0);
        weight.For(Prediction.Epsilon, NoiseLevel.Clean).Should().Be(0);
        weight.For(Prediction.X0, NoiseLevel.Clean).Should().Be(5);
        weight.For(Prediction.V, NoiseLevel.Clean).Should().Be(0);
        weight.For(Prediction.Epsilon, NoiseLevel.FromAlphaSigma(1e-200, 1)).Should().Be(1);
    }

    [Test]
    public void Names_say_their_parameters() =>
        new[]
        {
            LossWeight.Simple,
            LossWeight.Snr,
            LossWeight.TruncatedSnr,
            LossWeight.MinSnr(5),
            LossWeight.P2(1, 2),
            LossWeight.Edm(),
            LossWeight.Sigmoid(2),
            LossWeight.Vlb(Schedule.FromBetas([0.5])),
        }
            .Select(weight => weight.ToString())
            .Should()
            .Equal(
                "simple",
                "SNR",
                "truncated SNR",
                "min-SNR(5)",
                "P2(1, 2)",
                "EDM(0.5)",
                "sigmoid(2)",
                "VLB(fixed small)"
            );

    [TestCase(1)]
    [TestCase(1e-100)]
    [TestCase(1e-160)]
    [TestCase(1e-200)]
    [TestCase(1e200)]
    public void Edms_weight_on_its_own_error_is_one_for_data_of_any_size(double sigmaData) =>
        LossWeight
            .Edm(sigmaData)
            .For(Prediction.Edm(sigmaData), NoiseLevel.FromAlphaSigma(1, 1))
            .ShouldBeClose(1, 1e-14);

    [Test]
    public void The_bounds_weight_on_the_noises_error_lasts_as_long_as_the_schedule()
    {
        // β²/(2σ²·(1−β)·(1−ᾱ)) with β = ½ and σ² = β̃ = β: ½, also where ᾱ is too small for a double or its square, or α
        // for all of its digits.
        Schedule schedule = Schedule.Linear(0.5, 0.5, 2140);
        LossWeight weight = LossWeight.Vlb(schedule);
        for (int t = 60; t <= 2140; t += 19)
        {
            weight.For(Prediction.Epsilon, schedule[t]).ShouldBeClose(0.5, 1e-14);
        }
    }
}
