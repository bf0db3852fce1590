using Diffusion.Math;
using Diffusion.Properties.Support;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Properties;

public sealed class PosteriorTests
{
    [ForAll]
    public void It_is_bayes_rule_on_the_forward_kernels(ScheduleSpan span, Real x0, Real xt)
    {
        Gaussian prior = span.Schedule.Marginal(span.S).At(x0.Value);
        Gaussian bayes = span.Schedule.Kernel(span.S, span.T).Given(prior, xt.Value);
        Gaussian posterior = span.Schedule.Posterior(span.T, span.S).At(x0.Value, xt.Value);
        posterior.Mean.ShouldBeClose(bayes.Mean, 1e-13, x0.Value, xt.Value);
        posterior.Variance.ShouldBeClose(bayes.Variance, 1e-13);
    }

    [ForAll]
    public void Bayes_rule_holds_in_every_family(LevelPair pair, Real x0, Real xt)
    {
        // r and the fresh variance by the definition, in place of the code's factored form.
        double r = pair.From.Alpha / pair.To.Alpha;
        double fresh = pair.From.Variance - (r * r * pair.To.Variance);
        double lost = pair.From.Variance / double.Abs(fresh);
        if (lost > 1e6 || fresh <= 0)
        {
            return;
        }

        Gaussian bayes = new LinearGaussian(r, fresh).Given(pair.To.Marginal.At(x0.Value), xt.Value);
        Gaussian posterior = Posterior.Between(pair.From, pair.To).At(x0.Value, xt.Value);
        posterior.Mean.ShouldBeClose(bayes.Mean, 1e-15 * (4 + lost), x0.Value, xt.Value);
        posterior.Variance.ShouldBeClose(bayes.Variance, 1e-15 * (4 + lost));
    }

    [ForAll]
    public void Levels_alone_give_what_the_schedule_gives(ScheduleSpan span)
    {
        Posterior known = span.Schedule.Posterior(span.T, span.S);
        double lost = span.Schedule.Marginal(span.T).Variance / span.Schedule.Kernel(span.S, span.T).Variance;
        Posterior between = Posterior.Between(span.Schedule[span.T], span.Schedule[span.S]);
        between.X0Coefficient.ShouldBeClose(known.X0Coefficient, 2e-15 * (4 + lost));
        between.XtCoefficient.ShouldBeClose(known.XtCoefficient, 2e-15 * (4 + lost));
        between.Variance.ShouldBeClose(known.Variance, 2e-15 * (4 + lost));
        (between.From, between.To).Should().Be((known.From, known.To));
    }

    [ForAll]
    public void Neighbours_need_no_second_time(ScheduleTime at)
    {
        Posterior one = at.Schedule.Posterior(at.T);
        Posterior two = at.Schedule.Posterior(at.T, at.T - 1);
        one.X0Coefficient.ShouldBeClose(two.X0Coefficient, 1e-14);
        one.XtCoefficient.ShouldBeClose(two.XtCoefficient, 1e-14);
        one.Variance.ShouldBeClose(two.Variance, 1e-14);
        (one.From, one.To).Should().Be((at.Schedule[at.T], at.Schedule[at.T - 1]));
    }

    [ForAll]
    public void The_coefficients_are_those_of_the_paper(ScheduleTime at)
    {
        // Ho et al. 2020, eq. 7.
        double beta = at.Schedule.Beta(at.T);
        double rest = at.Schedule.Marginal(at.T).Variance;
        double restBefore = at.Schedule.Marginal(at.T - 1).Variance;
        Posterior posterior = at.Schedule.Posterior(at.T);
        posterior.X0Coefficient.ShouldBeClose(double.Sqrt(at.Schedule.AlphaBar(at.T - 1)) * beta / rest, 1e-14);
        posterior.XtCoefficient.ShouldBeClose(double.Sqrt(1 - beta) * restBefore / rest, 1e-14);
        posterior.Variance.ShouldBeClose(restBefore / rest * beta, 1e-14);
        posterior.LogVariance.Should().Be(LogVariance.Of(posterior.Variance));
    }

    [ForAll]
    public void The_mean_is_the_same_written_with_the_noise(ScheduleSpan span, Real x0, Real epsilon)
    {
        NoiseLevel level = span.Schedule[span.T];
        if (level.Alpha == 0)
        {
            return;
        }

        Posterior posterior = span.Schedule.Posterior(span.T, span.S);
        double xt = level.Mix(x0.Value, epsilon.Value);
        double withX0 = posterior.Mean(x0.Value, xt);
        posterior
            .MeanFromEpsilon(xt, epsilon.Value)
            .ShouldBeClose(withX0, 1e-13, x0.Value, epsilon.Value / level.Alpha);
    }

    [ForAll]
    public void The_mean_with_the_noise_is_that_of_the_paper(ScheduleTime at, Real xt, Real epsilon)
    {
        // Ho et al. 2020, eq. 11.
        double beta = at.Schedule.Beta(at.T);
        if (beta == 1)
        {
            return;
        }

        double rest = at.Schedule.Marginal(at.T).Variance;
        double expected = (xt.Value - (beta / double.Sqrt(rest) * epsilon.Value)) / double.Sqrt(1 - beta);
        at.Schedule.Posterior(at.T)
            .MeanFromEpsilon(xt.Value, epsilon.Value)
            .ShouldBeClose(expected, 1e-13, xt.Value / double.Sqrt(1 - beta), epsilon.Value / double.Sqrt(1 - beta));
    }

    [ForAll]
    public void The_law_of_total_variance_holds(ScheduleSpan span, Real x0)
    {
        // Averaging q(x_s | x_t, x₀) over q(x_t | x₀) gives q(x_s | x₀) back.
        Posterior posterior = span.Schedule.Posterior(span.T, span.S);
        Gaussian xt = span.Schedule.Marginal(span.T).At(x0.Value);
        Gaussian expected = span.Schedule.Marginal(span.S).At(x0.Value);
        posterior.Mean(x0.Value, xt.Mean).ShouldBeClose(expected.Mean, 1e-13, x0.Value);
        double total = posterior.Variance + (posterior.XtCoefficient * posterior.XtCoefficient * xt.Variance);
        total.ShouldBeClose(expected.Variance, 1e-13);
    }

    [ForAll]
    public void The_last_step_is_exact(Schedule schedule, Real x0, Real xt)
    {
        foreach (Posterior posterior in new[] { schedule.Posterior(1), schedule.Posterior(schedule.Steps, 0) })
        {
            (posterior.X0Coefficient, posterior.XtCoefficient, posterior.Variance).Should().Be((1, 0, 0));
            posterior.Mean(x0.Value, xt.Value).Should().Be(x0.Value);
            posterior.At(x0.Value, xt.Value).Should().Be(new Gaussian(x0.Value, 0));
            posterior.LogVariance.Value.Should().Be(double.NegativeInfinity);
            posterior.LogVariance.Variance.Should().Be(0);
        }
    }

    // 1 − ᾱ and the variance of the kernel from clean data are one number, however each is rounded.
    [Test]
    public void From_any_time_the_step_to_clean_data_is_exact()
    {
        foreach (int steps in Enumerable.Range(2, 60))
        {
            Schedule linear = Schedule.Linear(0.01, 0.3, steps);
            Schedule[] schedules =
            [
                linear,
                linear.WithZeroTerminalSnr(),
                Schedule.Cosine(steps),
                ContinuousSchedule.VariancePreserving().ToSchedule(steps),
            ];
            foreach (Schedule schedule in schedules)
            {
                foreach (int t in Enumerable.Range(1, steps))
                {
                    Posterior posterior = schedule.Posterior(t, 0);
                    (posterior.X0Coefficient, posterior.XtCoefficient, posterior.Variance).Should().Be((1, 0, 0));
                    schedule.Kernel(0, t).Should().Be(schedule.Marginal(t));
                }
            }
        }
    }

    [ForAll]
    public void From_pure_noise_only_x0_counts(NoiseLevel to)
    {
        Posterior posterior = Posterior.Between(NoiseLevel.PureNoise, to);
        (posterior.X0Coefficient, posterior.XtCoefficient, posterior.Variance).Should().Be((to.Alpha, 0, to.Variance));
    }

    [ForAll]
    public void No_figure_is_nan(ScheduleSpan span)
    {
        Posterior posterior = span.Schedule.Posterior(span.T, span.S);
        double[] figures =
        [
            posterior.X0Coefficient,
            posterior.XtCoefficient,
            posterior.Variance,
            posterior.LogVariance.Value,
            span.Schedule.Snr(span.T),
            span.Schedule.LogSnr(span.T),
            span.Schedule[span.T].AlphaBar,
            span.Schedule[span.T].Alpha,
            span.Schedule[span.T].Sigma,
        ];
        figures.Should().NotContain(double.NaN);
    }
}
