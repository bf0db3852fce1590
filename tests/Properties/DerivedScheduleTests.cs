using Diffusion.Math;
using Diffusion.Properties.Support;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Properties;

/// <summary>Schedules from ᾱ, rescaled, respaced and sigmoid ones; and what a schedule says about its end.</summary>
public sealed class DerivedScheduleTests
{
    [ForAll]
    public void Kernels_and_posteriors_fit_the_marginals(DerivedSchedule derived)
    {
        Schedule schedule = derived.Schedule;
        LinearGaussian folded = LinearGaussian.Identity;
        for (int t = 1; t <= schedule.Steps; t++)
        {
            LinearGaussian kernel = schedule.Kernel(t);
            folded = folded.Then(kernel);
            folded.Scale.ShouldBeClose(schedule[t].Alpha, 1e-12);
            folded.Variance.ShouldBeClose(schedule.Marginal(t).Variance, 1e-12);
            kernel.Variance.ShouldBeClose(schedule.Kernel(t - 1, t).Variance, 1e-13);
            (schedule.Alpha(t) + schedule.Beta(t)).ShouldBeClose(1, 1e-15);
            // Bayes' rule, with x₀ = 0.7 and x_t = −0.4.
            Gaussian bayes = kernel.Given(schedule.Marginal(t - 1).At(0.7), -0.4);
            Gaussian posterior = schedule.Posterior(t).At(0.7, -0.4);
            posterior.Mean.ShouldBeClose(bayes.Mean, 1e-12, 1);
            posterior.Variance.ShouldBeClose(bayes.Variance, 1e-12);
        }
    }

    [ForAll]
    public void Given_alpha_bars_stay_as_they_are(Schedule source)
    {
        double[] bars = [.. Enumerable.Range(1, source.Steps).Select(source.AlphaBar)];
        for (int i = 1; i < bars.Length; i++)
        {
            if (bars[i] >= bars[i - 1])
            {
                return;
            }
        }

        if (bars[0] == 1)
        {
            return;
        }

        Schedule schedule = Schedule.FromAlphaBars(bars);
        Schedule lazy = Schedule.FromAlphaBars(bars.Select(bar => bar));
        for (int t = 1; t <= source.Steps; t++)
        {
            schedule.AlphaBar(t).Should().Be(bars[t - 1]);
            Exact bar = Exact.Of(bars[t - 1]);
            (Exact.One - bar).UlpsFrom(schedule.Marginal(t).Variance).Should().BeLessThanOrEqualTo(1);
            (bar / (Exact.One - bar)).UlpsFrom(schedule.Snr(t)).Should().BeLessThanOrEqualTo(4);
            Exact ratio = t == 1 ? bar : bar / Exact.Of(bars[t - 2]);
            (Exact.One - ratio).UlpsFrom(schedule.Beta(t)).Should().BeLessThanOrEqualTo(1);
            lazy.Beta(t).Should().Be(schedule.Beta(t));
        }
    }

    [ForAll]
    public void Rescaling_ends_in_pure_noise_and_keeps_the_first_level(Schedule schedule)
    {
        if (schedule.Steps == 1)
        {
            return;
        }

        Schedule rescaled = schedule.WithZeroTerminalSnr();
        rescaled.HasZeroTerminalSnr.Should().BeTrue();
        rescaled[schedule.Steps].Should().Be(NoiseLevel.PureNoise);
        rescaled.TerminalAlphaBar.Should().Be(0);
        rescaled.Beta(schedule.Steps).Should().Be(1);
        rescaled.AlphaBar(1).ShouldBeClose(schedule.AlphaBar(1), 1e-15);
        rescaled.WithZeroTerminalSnr().Should().BeSameAs(rescaled);
        rescaled.Warning.Should().BeNull();
        if (schedule.HasZeroTerminalSnr)
        {
            rescaled.Should().BeSameAs(schedule);
        }
    }

    [TestCase(0.3, 1e-40, 0.3)]
    [TestCase(1e-40, 1e-41, 0.3)]
    [TestCase(0.5, 0.3, 1e-35, 0.1)]
    public void What_even_106_bits_do_not_tell_apart_is_not_rescaled(params double[] betas) =>
        FluentActions
            .Invoking(() => Schedule.FromBetas(betas).WithZeroTerminalSnr())
            .Should()
            .ThrowExactly<InvalidOperationException>()
            .WithMessage("*106 bits*greater β*");

    [TestCase(0.5, 1e-32)]
    [TestCase(0.3, 1e-40)]
    [TestCase(1e-40, 0.3)]
    [TestCase(0.5, 1e-32, 1e-30, 1e-31)]
    [TestCase(0.3, 1e-9, 1e-12, 1e-13)]
    public void Rescaling_keeps_differences_that_no_double_shows(params double[] betas)
    {
        Schedule rescaled = Schedule.FromBetas(betas).WithZeroTerminalSnr();
        Exact[] bars = Exact.AlphaBars(betas);
        Exact first = bars[1].Root();
        Exact last = bars[^1].Root();
        for (int t = 1; t < betas.Length; t++)
        {
            Exact root = (bars[t].Root() - last) * first / (first - last);
            (root * root).UlpsFrom(rescaled.AlphaBar(t)).Should().BeLessThanOrEqualTo(1);
        }

        rescaled[betas.Length].Should().Be(NoiseLevel.PureNoise);
    }

    [TestCase(0.5, 1e-32)]
    [TestCase(0.5, 1e-40, 1e-38)]
    [TestCase(0.5, 0.3, 1e-25, 3e-25)]
    public void A_kernel_keeps_a_variance_that_leaves_alpha_bar_as_it_is(params double[] betas)
    {
        Schedule schedule = Schedule.FromBetas(betas);
        for (int t = 2; t <= betas.Length; t++)
        {
            schedule.Kernel(t - 1, t).Variance.ShouldBeClose(betas[t - 1], 1e-15);
            schedule.Respaced(TimeGrid.Full(betas.Length)).Beta(t).ShouldBeClose(betas[t - 1], 1e-15);
        }

        Exact[] bars = Exact.AlphaBars(betas);
        (Exact.One - (bars[^1] / bars[1]))
            .UlpsFrom(schedule.Kernel(1, betas.Length).Variance)
            .Should()
            .BeLessThanOrEqualTo(4);
    }

    [TestCase(1e-4, 0.02, 1000)]
    [TestCase(1e-7, 1e-3, 50)]
    public void Rescaled_figures_are_within_four_ulp_of_exact_arithmetic(double start, double end, int steps)
    {
        Schedule schedule = Schedule.ScaledLinear(start, end, steps);
        Schedule rescaled = schedule.WithZeroTerminalSnr();
        Exact[] bars = Exact.AlphaBars([.. Enumerable.Range(1, steps).Select(schedule.Beta)]);
        Exact first = bars[1].Root();
        Exact last = bars[steps].Root();
        for (int t = 1; t < steps; t += 7)
        {
            Exact root = (bars[t].Root() - last) * first / (first - last);
            Exact bar = root * root;
            bar.UlpsFrom(rescaled.AlphaBar(t)).Should().BeLessThanOrEqualTo(1);
            (Exact.One - bar).UlpsFrom(rescaled.Marginal(t).Variance).Should().BeLessThanOrEqualTo(1);
            (bar / (Exact.One - bar)).UlpsFrom(rescaled.Snr(t)).Should().BeLessThanOrEqualTo(4);
        }
    }

    [ForAll]
    public void Respacing_keeps_the_levels_of_the_kept_times(GridCase at)
    {
        Schedule kept = at.Schedule.Respaced(at.Grid);
        kept.Steps.Should().Be(at.Grid.Count);
        for (int i = 0; i <= kept.Steps; i++)
        {
            int t = at.Grid.Times[kept.Steps - i];
            kept[i].Should().Be(at.Schedule[t]);
            kept.AlphaBar(i).Should().Be(at.Schedule.AlphaBar(t));
            kept.Snr(i).Should().Be(at.Schedule.Snr(t));
            kept.Marginal(i).Should().Be(at.Schedule.Marginal(t));
            if (i > 0)
            {
                int s = at.Grid.Times[kept.Steps - i + 1];
                kept.Beta(i).Should().Be(at.Schedule.Kernel(s, t).Variance);
                kept.Kernel(i).Scale.ShouldBeClose(at.Schedule.Kernel(s, t).Scale, 1e-15);
                kept.Posterior(i).Variance.ShouldBeClose(at.Schedule.Posterior(t, s).Variance, 1e-15);
            }
        }
    }

    [ForAll]
    public void Respacing_to_all_times_changes_nothing(Schedule schedule)
    {
        Schedule same = schedule.Respaced(TimeGrid.Full(schedule));
        for (int t = 1; t <= schedule.Steps; t++)
        {
            same[t].Should().Be(schedule[t]);
            same.Beta(t).ShouldBeClose(schedule.Beta(t), 1e-13);
        }
    }

    [Test]
    public void Respacing_below_the_smallest_double_still_knows_its_kernels()
    {
        Schedule schedule = Schedule.FromBetas(Enumerable.Repeat(0.9, 1000));
        Schedule kept = schedule.Respaced(TimeGrid.Explicit(1000, 995, 990, 0));
        kept.AlphaBar(3).Should().Be(0);
        kept.Beta(3).ShouldBeClose(1 - 1e-5, 1e-15);
        kept.Alpha(3).ShouldBeClose(1e-5, 1e-13);
        kept.Kernel(1, 3).Scale.ShouldBeClose(1e-5, 1e-12);
        kept.Kernel(1, 3).Variance.ShouldBeClose(1 - 1e-10, 1e-15);
    }

    [Test]
    public void Tiny_betas_below_the_smallest_double_keep_their_digits()
    {
        Schedule schedule = Schedule.FromBetas(Enumerable.Repeat(0.9, 1000).Concat(Enumerable.Repeat(1e-13, 100)));
        schedule.Kernel(1000, 1100).Variance.ShouldBeClose(1e-11 - (4950 * 1e-26), 1e-13);
        Schedule kept = schedule.Respaced(TimeGrid.Explicit(1100, 1050, 1000, 0));
        kept.Kernel(1, 3).Variance.ShouldBeClose(1e-11 - (4950 * 1e-26), 1e-13);
    }

    [ForAll]
    public void The_unclipped_sigmoid_has_its_formulas_alpha_bars(Real a, Real b, Spread spread)
    {
        double start = double.Min(a.Value, b.Value) - 0.1;
        double end = double.Max(a.Value, b.Value) + 0.1;
        double tau = 0.3 + double.Min(spread.Value, 2);
        double s(double x) => 1 / (1 + double.Exp(-x / tau));
        Schedule schedule = Schedule.Sigmoid(60, start, end, tau, 1);
        for (int t = 1; t < 60; t++)
        {
            double x = start + ((end - start) * t / 60);
            schedule.AlphaBar(t).ShouldBeClose((s(end) - s(x)) / (s(end) - s(start)), 1e-9, 1e-6 / (s(end) - s(start)));
        }

        schedule[60].Should().Be(NoiseLevel.PureNoise);
    }

    [Test]
    public void A_sigmoid_of_extreme_temperature_has_no_nan()
    {
        Schedule steep = Schedule.Sigmoid(1000, -3, 3, 0.01);
        Enumerable.Range(1, 1000).Should().OnlyContain(t => steep.Beta(t) > 0 && steep.Beta(t) <= 0.999);
        Schedule flat = Schedule.Sigmoid(1000, -3, 3, 1e6, 1);
        // Almost linear in time.
        flat.AlphaBar(250).ShouldBeClose(0.75, 1e-9);
    }

    [Test]
    public void The_sigmoid_in_beta_goes_from_end_to_end()
    {
        Schedule schedule = Schedule.SigmoidBeta(1e-4, 0.02, 1001);
        schedule.Beta(501).ShouldBeClose(0.01005, 1e-14);
        schedule.Beta(1).ShouldBeClose(1e-4 + (0.0199 / (1 + double.Exp(6))), 1e-14);
        schedule.Beta(1001).ShouldBeClose(1e-4 + (0.0199 / (1 + double.Exp(-6))), 1e-14);
    }

    [Test]
    public void A_schedule_warns_when_it_ends_far_from_noise()
    {
        Schedule.Linear(1e-4, 0.02, 1000).Warning.Should().BeNull();
        Schedule.Cosine(1000).Warning.Should().BeNull();
        Schedule.Linear(1e-4, 0.02, 100).Warning.Should().Contain("ᾱ_T = 0.36").And.Contain("T = 100");
        Schedule latent = Schedule.ScaledLinear(0.00085, 0.012, 1000);
        latent.TerminalAlphaBar.ShouldBeClose(0.004660098513077, 1e-12);
        latent.Warning.Should().Contain(nameof(Schedule.WithZeroTerminalSnr));
        latent.WithZeroTerminalSnr().Warning.Should().BeNull();
        latent.HasZeroTerminalSnr.Should().BeFalse();
    }

    [Test]
    public void The_linear_schedule_has_its_known_values()
    {
        Schedule linear = Schedule.Linear(1e-4, 0.02, 1000);
        linear.AlphaBar(500).ShouldBeClose(0.07858724288177821, 1e-14);
        linear.AlphaBar(1000).ShouldBeClose(4.0358297653756754e-05, 1e-13);
    }

    [Test]
    public void A_million_steps_are_as_accurate_as_ten()
    {
        // Against twice the digits by another way: the sum of ln(1 − β) in exact order.
        const int Steps = 1_000_000;
        Schedule schedule = Schedule.Linear(1e-7, 2e-5, Steps);
        const int Bits = 200;
        System.Numerics.BigInteger one = System.Numerics.BigInteger.One << Bits;
        System.Numerics.BigInteger product = one;
        for (int t = 1; t <= Steps; t++)
        {
            product = (product * (one - (Exact.Of(schedule.Beta(t)).Scaled >> (1300 - Bits)))) >> Bits;
            if (t is 1 or 10 or 1000 or 31_416 or 500_000 or Steps)
            {
                Exact bar = new(product << (1300 - Bits));
                Exact rest = Exact.One - bar;
                bar.UlpsFrom(schedule.AlphaBar(t)).Should().BeLessThanOrEqualTo(1);
                rest.UlpsFrom(schedule.Marginal(t).Variance).Should().BeLessThanOrEqualTo(1);
                (bar / rest).UlpsFrom(schedule.Snr(t)).Should().BeLessThanOrEqualTo(4);
            }
        }
    }
}
