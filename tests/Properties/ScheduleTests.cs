using Diffusion.Math;
using Diffusion.Properties.Support;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Properties;

public sealed class ScheduleTests
{
    [ForAll]
    public void Closed_form_is_the_fold_of_the_one_step_kernels(ScheduleTime at)
    {
        LinearGaussian folded = LinearGaussian.Identity;
        for (int t = 1; t <= at.T; t++)
        {
            folded = folded.Then(at.Schedule.Kernel(t));
        }

        LinearGaussian closed = at.Schedule.Marginal(at.T);
        folded.Scale.ShouldBeClose(closed.Scale, 1e-13);
        folded.Variance.ShouldBeClose(closed.Variance, 1e-13);
    }

    [ForAll]
    public void A_kernel_over_many_steps_is_their_fold(ScheduleSpan span)
    {
        LinearGaussian folded = LinearGaussian.Identity;
        for (int t = span.S + 1; t <= span.T; t++)
        {
            folded = folded.Then(span.Schedule.Kernel(t));
        }

        LinearGaussian closed = span.Schedule.Kernel(span.S, span.T);
        folded.Scale.ShouldBeClose(closed.Scale, 1e-13);
        folded.Variance.ShouldBeClose(closed.Variance, 1e-13);
    }

    [ForAll]
    public void A_marginal_continued_by_a_kernel_is_the_later_marginal(ScheduleSpan span)
    {
        LinearGaussian later = span.Schedule.Marginal(span.S).Then(span.Schedule.Kernel(span.S, span.T));
        later.Scale.ShouldBeClose(span.Schedule.Marginal(span.T).Scale, 1e-15);
        later.Variance.ShouldBeClose(span.Schedule.Marginal(span.T).Variance, 1e-15);
    }

    [ForAll]
    public void Signal_to_noise_decreases_strictly(Schedule schedule)
    {
        for (int t = 1; t <= schedule.Steps; t++)
        {
            schedule.Snr(t).Should().BeLessThan(schedule.Snr(t - 1));
            schedule[t].Sigma.Should().BeGreaterThanOrEqualTo(schedule[t - 1].Sigma);
        }
    }

    [ForAll]
    public void Data_and_noise_share_a_variance_of_one(ScheduleTime at)
    {
        NoiseLevel level = at.Schedule[at.T];
        level.IsVariancePreserving.Should().BeTrue();
        level.AlphaBar.ShouldBeClose(at.Schedule.AlphaBar(at.T), 1e-15);
        level.Variance.ShouldBeClose(at.Schedule.Marginal(at.T).Variance, 1e-15);
        level.Snr.ShouldBeClose(at.Schedule.Snr(at.T), 2e-15);
        level.LogSnr.Should().Be(at.Schedule.LogSnr(at.T));
        at.Schedule.Alpha(at.T).ShouldBeClose(1 - at.Schedule.Beta(at.T), 1e-16, 1);
    }

    [ForAll]
    public void Every_figure_is_within_four_ulp_of_exact_arithmetic(ScheduleTime at)
    {
        // Of the β as they are; what a formula defines is in FormulaAccuracyTests.
        double[] betas = [.. Enumerable.Range(1, at.Schedule.Steps).Select(at.Schedule.Beta)];
        Schedule schedule = Schedule.FromBetas(betas);
        Exact[] exact = Exact.AlphaBars(betas);
        Exact bar = exact[at.T];
        Exact before = exact[at.T - 1];
        Exact rest = Exact.One - bar;
        bar.UlpsFrom(schedule.AlphaBar(at.T)).Should().BeLessThanOrEqualTo(0.501);
        rest.UlpsFrom(schedule.Marginal(at.T).Variance).Should().BeLessThanOrEqualTo(1);
        (bar / rest).UlpsFrom(schedule.Snr(at.T)).Should().BeLessThanOrEqualTo(4);
        rest.UlpsOfRootFrom(schedule[at.T].Sigma).Should().BeLessThanOrEqualTo(1.5);
        Posterior posterior = schedule.Posterior(at.T);
        (Exact.Of(betas[at.T - 1]) * (Exact.One - before) / rest)
            .UlpsFrom(posterior.Variance)
            .Should()
            .BeLessThanOrEqualTo(4);
        if (schedule.AlphaBar(at.T) > 1e-300)
        {
            bar.UlpsOfRootFrom(schedule[at.T].Alpha).Should().BeLessThanOrEqualTo(1.5);
        }
    }

    [ForAll]
    public void Kernels_over_many_steps_are_accurate_too(ScheduleSpan span)
    {
        Exact[] exact = Exact.AlphaBars([.. Enumerable.Range(1, span.Schedule.Steps).Select(span.Schedule.Beta)]);
        (Exact.One - (exact[span.T] / exact[span.S]))
            .UlpsFrom(span.Schedule.Kernel(span.S, span.T).Variance)
            .Should()
            .BeLessThanOrEqualTo(4);
    }

    [Test]
    public void A_million_steps_cost_no_digits()
    {
        Schedule schedule = Schedule.Linear(1e-7, 2e-5, 1_000_000);
        Exact bar = Exact.One;
        for (int t = 1; t <= 1_000_000; t++)
        {
            bar *= Exact.One - Exact.Of(schedule.Beta(t));
            if (t % 100_000 == 0)
            {
                bar.UlpsFrom(schedule.AlphaBar(t)).Should().BeLessThanOrEqualTo(0.501);
                (Exact.One - bar).UlpsFrom(schedule.Marginal(t).Variance).Should().BeLessThanOrEqualTo(1);
            }
        }
    }

    [Test]
    public void The_linear_schedule_has_the_known_values()
    {
        Schedule schedule = Schedule.Linear(1e-4, 0.02, 1000);
        schedule.Steps.Should().Be(1000);
        (schedule.Beta(1), schedule.Beta(1000)).Should().Be((1e-4, 0.02));
        schedule.AlphaBar(0).Should().Be(1);
        schedule.AlphaBar(500).ShouldBeClose(0.07858724288177821, 1e-15);
        // The value people quote carries the rounding of a thousand products; the exact one is 2e-15 away.
        schedule.AlphaBar(1000).ShouldBeClose(4.0358297653756754e-05, 1e-14);
        schedule.AlphaBar(1000).ShouldBeClose(4.035829765375682e-05, 4e-16);
    }

    [Test]
    public void The_scaled_linear_schedule_has_the_known_end() =>
        Schedule.ScaledLinear(0.00085, 0.012, 1000).AlphaBar(1000).ShouldBeClose(0.004660098513077, 1e-13);

    [Test]
    public void The_cosine_schedule_has_the_known_start_and_clips_one_beta()
    {
        Schedule schedule = Schedule.Cosine(1000);
        // The value people quote comes from 1 − f(1)/f(0), which cancels; the other is from 40 digits.
        schedule.Beta(1).ShouldBeClose(4.128422482197e-05, 1e-11);
        schedule.Beta(1).ShouldBeClose(4.1284224821777802e-05, 4e-16);
        Enumerable.Range(1, 1000).Count(t => schedule.Beta(t) == 0.999).Should().Be(1);
        schedule.Beta(1000).Should().Be(0.999);
    }

    [ForAll]
    public void Unclipped_cosine_marginals_are_the_squared_cosine(Spread offset, Real position)
    {
        double s = offset.Value / 100;
        int t = 1 + (int)((position.Value + 4) / 8 * 98);
        double f(double time) => double.Pow(double.Cos((time + s) / (1 + s) * double.Pi / 2), 2);
        Schedule.Cosine(100, s, 1).AlphaBar(t).ShouldBeClose(f(t / 100.0) / f(0), 1e-11);
    }

    [Test]
    public void A_last_beta_of_one_ends_in_pure_noise()
    {
        Schedule schedule = Schedule.FromBetas([0.1, 0.2, 1]);
        schedule[3].Should().Be(NoiseLevel.PureNoise);
        schedule.Snr(3).Should().Be(0);
        schedule.LogSnr(3).Should().Be(double.NegativeInfinity);
        Schedule.Cosine(10, maxBeta: 1)[10].Should().Be(NoiseLevel.PureNoise);
    }

    [ForAll]
    public void Ends_are_the_given_ones(Spread a, Spread b, byte steps)
    {
        (double start, double end) = (a.Value / 101, b.Value / 101);
        foreach (
            Schedule schedule in new[]
            {
                Schedule.Linear(start, end, 2 + steps),
                Schedule.ScaledLinear(start, end, 2 + steps),
            }
        )
        {
            (schedule.Beta(1), schedule.Beta(2 + steps)).Should().Be((start, end));
        }
    }

    [Test]
    public void Both_lists_of_betas_give_the_same_schedule()
    {
        double[] betas = [0.1, 0.25, 0.5];
        IEnumerable<double> lazy = betas.Select(beta => beta);
        Schedule.FromBetas(lazy).AlphaBar(3).Should().Be(Schedule.FromBetas(betas).AlphaBar(3));
    }

    [Test]
    public void A_schedule_keeps_its_own_copy_of_the_betas()
    {
        double[] betas = [0.1, 0.25];
        Schedule schedule = Schedule.FromBetas(betas);
        betas[0] = 0.9;
        schedule.Beta(1).Should().Be(0.1);
    }

    [Test]
    public void One_step_takes_the_first_beta() => Schedule.Linear(0.3, 0.9, 1).Beta(1).Should().Be(0.3);

    [Test]
    public void Below_the_smallest_double_nothing_becomes_nan()
    {
        Schedule schedule = Schedule.FromBetas(Enumerable.Repeat(0.9, 1000));
        Exact[] exact = Exact.AlphaBars([.. Enumerable.Repeat(0.9, 150)]);
        exact[150].UlpsFrom(schedule.AlphaBar(150)).Should().BeLessThanOrEqualTo(1);
        schedule[500].LogSnr.ShouldBeClose(500 * double.Log(1 - 0.9), 1e-14);
        schedule.AlphaBar(1000).Should().Be(0);
        schedule.Kernel(990, 1000).Variance.ShouldBeClose(1 - 1e-10, 1e-15);
        schedule.Kernel(990, 1000).Scale.ShouldBeClose(1e-5, 1e-14);
        schedule.Posterior(1000).XtCoefficient.ShouldBeClose(double.Sqrt(0.1), 1e-14);
        schedule.Posterior(1000, 400).X0Coefficient.ShouldBeClose(double.Pow(0.1, 200), 1e-12);
        schedule.Posterior(1000, 990).Variance.ShouldBeClose(1 - 1e-10, 1e-15);
    }

    [Test]
    public void Text_says_how_far_from_pure_noise_it_ends() =>
        Schedule.FromBetas([0.5, 0.5]).ToString().Should().Be("Schedule(T = 2, ᾱ_T = 0.25)");
}
