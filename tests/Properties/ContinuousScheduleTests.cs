using Diffusion.Math;
using Diffusion.Properties.Support;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Properties;

public sealed class ContinuousScheduleTests
{
    [ForAll]
    public void Drift_is_the_slope_of_log_alpha(ContinuousTime at) =>
        at.Schedule.Drift(at.T).ShouldBeClose(Slope(at, t => double.Log(at.Schedule[t].Alpha)), 1e-6, 1e-6);

    [ForAll]
    public void Diffusion_keeps_the_variance_equation(ContinuousTime at)
    {
        // dσ²/dt = 2f·σ² + g².
        double slope = Slope(at, t => at.Schedule[t].Variance);
        double f = at.Schedule.Drift(at.T);
        double variance = at.Schedule[at.T].Variance;
        at.Schedule.DiffusionSquared(at.T).ShouldBeClose(slope - (2 * f * variance), 1e-6, slope, f * variance);
    }

    [ForAll]
    public void Diffusion_is_the_fall_of_log_snr(ContinuousTime at)
    {
        // g² = −σ²·dλ/dt (Kingma et al. 2021).
        double slope = Slope(at, t => at.Schedule[t].LogSnr);
        at.Schedule.DiffusionSquared(at.T).ShouldBeClose(-at.Schedule[at.T].Variance * slope, 1e-6);
    }

    [ForAll]
    public void The_time_of_a_log_snr_is_the_inverse(ContinuousTime at)
    {
        double logSnr = at.Schedule[at.T].LogSnr;
        double back = at.Schedule.TimeOf(logSnr);
        // What one rounding of λ is worth in time.
        double worth = double.Abs(logSnr) / double.Abs(Slope(at, t => at.Schedule[t].LogSnr));
        back.ShouldBeClose(at.T, 1e-13, worth, at.Schedule.End);
        at.Schedule.TimeOf(at.Schedule[0].LogSnr).Should().BeApproximately(0, 1e-14);
        at.Schedule.TimeOf(at.Schedule[at.Schedule.End].LogSnr).ShouldBeClose(at.Schedule.End, 1e-12);
    }

    [ForAll]
    public void The_time_of_a_ratio_is_that_of_its_log_snr(ContinuousTime at)
    {
        NoiseLevel level = at.Schedule[at.T];
        double worth = double.Abs(level.LogSnr) / double.Abs(Slope(at, t => at.Schedule[t].LogSnr));
        NoiseCurve.Of(at.Schedule).TimeOf(level.Ratio).ShouldBeClose(at.T, 1e-13, worth, at.Schedule.End);
    }

    [Test]
    public void Levels_may_span_more_than_the_range_of_double()
    {
        // σ_max/σ_min = 1e320, of which t = ½ is half way in the logarithm.
        ContinuousSchedule wide = ContinuousSchedule.VarianceExploding(1e-160, 1e160);
        wide[0.5].Sigma.ShouldBeClose(1, 1e-12);
        wide[0.25].Sigma.ShouldBeClose(1e-80, 1e-12);
        (wide[0].Sigma, wide[1].Sigma).Should().Be((1e-160, 1e160));
        NoiseCurve.Of(wide).TimeOf(1e80).ShouldBeClose(0.75, 1e-14);
        wide.TimeOf(-160 * double.Log(10)).ShouldBeClose(0.75, 1e-14);
    }

    [ForAll]
    public void Signal_to_noise_falls(ContinuousTime at) =>
        at.Schedule[at.T * 0.99].LogSnr.Should().BeGreaterThan(at.Schedule[at.T].LogSnr);

    [Test]
    public void Each_is_its_papers_formula()
    {
        NoiseLevel vp = ContinuousSchedule.VariancePreserving()[0.3];
        vp.AlphaBar.ShouldBeClose(double.Exp(-(0.1 * 0.3) - (0.5 * 19.9 * 0.09)), 1e-14);
        vp.IsVariancePreserving.Should().BeTrue();
        ContinuousSchedule.VarianceExploding()[0.5].Sigma.ShouldBeClose(double.Sqrt(0.01 * 50), 1e-14);
        ContinuousSchedule.Edm()[7].Should().Be(NoiseLevel.FromAlphaSigma(1, 7));
        NoiseLevel cosine = ContinuousSchedule.Cosine()[0.3];
        cosine.Alpha.ShouldBeClose(double.Cos(0.15 * double.Pi), 1e-15);
        cosine.Sigma.ShouldBeClose(double.Sin(0.15 * double.Pi), 1e-15);
        ContinuousSchedule
            .Cosine(-1.5)[0.3]
            .LogSnr.ShouldBeClose((-2 * double.Log(double.Tan(0.15 * double.Pi))) - 1.5, 1e-14);
        ContinuousSchedule.RectifiedFlow()[0.3].Should().Be(NoiseLevel.FromAlphaSigma(0.7, 0.3));
        double shifted = 3 * 0.3 / (1 + (2 * 0.3));
        ContinuousSchedule.RectifiedFlow(3)[0.3].Sigma.ShouldBeClose(shifted, 1e-15);
        ContinuousSchedule.RectifiedFlow(3)[0.3].Alpha.ShouldBeClose(1 - shifted, 1e-15);
    }

    [Test]
    public void Both_ends_are_exact()
    {
        foreach (
            ContinuousSchedule schedule in new[] { ContinuousSchedule.Cosine(1), ContinuousSchedule.RectifiedFlow(2) }
        )
        {
            schedule[0].Should().Be(NoiseLevel.Clean);
            schedule[1].Should().Be(NoiseLevel.PureNoise);
            (schedule.TimeOf(double.PositiveInfinity), schedule.TimeOf(double.NegativeInfinity)).Should().Be((0, 1));
        }

        ContinuousSchedule.VariancePreserving()[0].Should().Be(NoiseLevel.Clean);
        ContinuousSchedule.Edm()[0].Should().Be(NoiseLevel.Clean);
        ContinuousSchedule.VarianceExploding()[0].Sigma.Should().Be(0.01);
        ContinuousSchedule.Cosine(1).Drift(0).Should().Be(0);
    }

    [Test]
    public void Tiny_times_keep_their_digits()
    {
        ContinuousSchedule vp = ContinuousSchedule.VariancePreserving();
        // −ln ᾱ = 0.1·t + 9.95·t², and of that expm1.
        vp[1e-12].Variance.ShouldBeClose(1e-13 + 9.95e-24 - 5e-27, 1e-15);
        vp.TimeOf(vp[1e-12].LogSnr).ShouldBeClose(1e-12, 1e-12);
    }

    [Test]
    public void The_linear_schedule_tends_to_the_variance_preserving_one()
    {
        ContinuousSchedule vp = ContinuousSchedule.VariancePreserving();
        double distance(int steps)
        {
            Schedule linear = Schedule.Linear(0.1 / steps, 20.0 / steps, steps);
            return double.Abs(linear.LogSnr(steps / 2) - vp[0.5].LogSnr);
        }

        double.Log2(distance(1000) / distance(2000)).Should().BeApproximately(1, 0.05);
        distance(100_000).Should().BeLessThan(1e-3);
    }

    // dx = (f·x − g²·score) dt + g dw̄ (Song et al. 2021, SDE paper, eq. 6), to first order in the length of a step.
    [ForAll]
    public void Ancestral_steps_tend_to_the_reverse_time_sde(Real x)
    {
        GaussianMixture data = ExactFlow.Data;
        foreach (
            ContinuousSchedule schedule in new[]
            {
                ContinuousSchedule.VariancePreserving(),
                ContinuousSchedule.VarianceExploding(0.01, 10),
                ContinuousSchedule.Edm(5),
                ContinuousSchedule.Cosine(1),
                ContinuousSchedule.RectifiedFlow(2),
            }
        )
        {
            double t = 0.4 * schedule.End;
            double length = 1e-6 * t;
            NoiseLevel from = schedule[t];
            Posterior step = Posterior.Between(from, schedule[t - length]);
            double g2 = schedule.DiffusionSquared(t);
            double slope = (schedule.Drift(t) * x.Value) - (g2 * data.Score([x.Value], from)[0]);
            double mean = step.Mean(data.PosteriorMean([x.Value], from)[0], x.Value);
            ((x.Value - mean) / length).ShouldBeClose(slope, 1e-4, g2, 1 / length * 1e-10);
            (step.Variance / length).ShouldBeClose(g2, 1e-4);
        }
    }

    [Test]
    public void Whole_times_have_the_levels_of_their_moments()
    {
        foreach (
            ContinuousSchedule continuous in new[]
            {
                ContinuousSchedule.VariancePreserving(),
                ContinuousSchedule.Cosine(),
                ContinuousSchedule.Cosine(-2),
            }
        )
        {
            Schedule schedule = continuous.ToSchedule(500);
            for (int t = 0; t <= 500; t += 25)
            {
                schedule[t].Alpha.ShouldBeClose(continuous[t / 500.0].Alpha, 1e-11);
                schedule[t].Sigma.ShouldBeClose(continuous[t / 500.0].Sigma, 1e-11);
            }
        }

        Schedule cosine = Schedule.Cosine(500, 0, 1);
        ContinuousSchedule.Cosine().ToSchedule(500).Beta(250).ShouldBeClose(cosine.Beta(250), 1e-12);
    }

    [Test]
    public void Names_say_their_parameters() =>
        new[]
        {
            ContinuousSchedule.VariancePreserving(),
            ContinuousSchedule.VarianceExploding(),
            ContinuousSchedule.Edm(),
            ContinuousSchedule.Cosine(),
            ContinuousSchedule.RectifiedFlow(),
        }
            .Select(schedule => schedule.ToString())
            .Should()
            .Equal("VP-SDE(0.1, 20)", "VE-SDE(0.01, 50)", "EDM(80)", "cosine(shift 0)", "rectified flow(shift 1)");

    [Test]
    public void They_are_compared_by_value()
    {
        ContinuousSchedule.Cosine(1).Should().Be(ContinuousSchedule.Cosine(1)).And.NotBe(ContinuousSchedule.Cosine(2));
        Prediction.Edm(0.5).Should().Be(Prediction.Edm(0.5)).And.NotBe(Prediction.Edm(1));
    }

    private static double Slope(ContinuousTime at, Func<double, double> value)
    {
        double h = 1e-4 * double.Min(at.T, at.Schedule.End - at.T);
        double near = value(at.T + h) - value(at.T - h);
        double far = value(at.T + (2 * h)) - value(at.T - (2 * h));
        return ((8 * near) - far) / (12 * h);
    }
}
