using Diffusion.Math;
using Diffusion.Properties.Support;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Properties;

/// <summary>The terms of the bound, and what they must add up to where everything is known.</summary>
public sealed class VariationalBoundTests
{
    private static readonly Schedule Linear = Schedule.Linear(1e-4, 0.02, 1000);

    [Test]
    public void With_exact_kernels_the_bound_of_a_gaussian_is_its_entropy_and_the_priors_divergence()
    {
        VariationalBound bound = OfGaussian(Linear, 0.25);
        double prior = Linear.Marginal(1000).Apply(new Gaussian(0, 0.25)).KullbackLeibler(Gaussian.Standard);
        bound.Total.ShouldBeClose(new Gaussian(0, 0.25).Entropy + prior, 1e-12);
        bound.Transitions.Sum().ShouldBeClose(3.9121679379671, 1e-12);
        bound.Reconstruction.ShouldBeClose(-3.1863816303, 1e-10);
        bound.Prior.ShouldBeClose(5.0452e-6, 1e-5);
        bound.Transitions.Should().HaveCount(999);
    }

    [ForAll]
    public void It_is_never_less_than_the_entropy_and_least_with_the_optimal_variance(Schedule schedule, Spread data)
    {
        if (schedule.HasZeroTerminalSnr || Enumerable.Range(1, schedule.Steps).Any(t => schedule.Beta(t) < 1e-5))
        {
            return;
        }

        VariationalBound best = OfGaussian(schedule, data.Value);
        double entropy = new Gaussian(0, data.Value).Entropy;
        best.Total.Should().BeGreaterThanOrEqualTo(entropy - 1e-9);
        double prior = schedule
            .Marginal(schedule.Steps)
            .Apply(new Gaussian(0, data.Value))
            .KullbackLeibler(Gaussian.Standard);
        best.Total.ShouldBeClose(entropy + prior, 1e-8, best.Transitions.Sum(), best.Reconstruction, 1);
        foreach (ReverseVariance variance in new[] { ReverseVariance.FixedSmall, ReverseVariance.FixedLarge })
        {
            OfGaussian(schedule, data.Value, variance)
                .Rate.Should()
                .BeGreaterThanOrEqualTo(best.Rate - (1e-9 * (1 + best.Rate)));
        }
    }

    [ForAll]
    public void A_transition_is_the_divergence_of_both_gaussians(
        ScheduleTime at,
        Real x0,
        Real guess,
        Real xt,
        Spread v
    )
    {
        Posterior posterior = at.Schedule.Posterior(at.T);
        if (posterior.Variance == 0)
        {
            return;
        }

        double error = (x0.Value - guess.Value) * (x0.Value - guess.Value);
        double spread = posterior.Variance * v.Value;
        Gaussian model = new(posterior.Mean(guess.Value, xt.Value), spread);
        double expected = posterior.At(x0.Value, xt.Value).KullbackLeibler(model);
        VariationalBound
            .TransitionTerm(posterior, 1, error, spread)
            .ShouldBeClose(
                expected,
                1e-10,
                1e-3,
                1e-4 * posterior.Mean(guess.Value, xt.Value) * posterior.Mean(guess.Value, xt.Value) / spread
            );
    }

    [ForAll]
    public void The_weighted_noise_form_is_the_transition_with_the_posteriors_variance(
        ScheduleTime at,
        Spread error,
        Spread factor
    )
    {
        Posterior posterior = at.Schedule.Posterior(at.T);
        NoiseLevel level = at.Schedule[at.T];
        if (posterior.Variance == 0 || level.Alpha == 0)
        {
            return;
        }

        // ε − ε̂ is α/σ times x̂₀ − x₀.
        double ofNoise = error.Value * (level.Alpha / level.Sigma) * (level.Alpha / level.Sigma);
        VariationalBound
            .EpsilonTerm(at.Schedule, at.T, ofNoise, posterior.Variance)
            .ShouldBeClose(VariationalBound.TransitionTerm(posterior, 3, error.Value, posterior.Variance), 1e-13);
        // With any other variance they differ by what the network has no part in.
        double spread = posterior.Variance * factor.Value;
        double constant = VariationalBound.TransitionTerm(posterior, 3, 0, spread);
        VariationalBound
            .EpsilonTerm(at.Schedule, at.T, ofNoise, spread)
            .ShouldBeClose(
                VariationalBound.TransitionTerm(posterior, 3, error.Value, spread) - constant,
                1e-12,
                constant
            );
    }

    [ForAll]
    public void The_loss_weight_of_the_bound_is_its_term(ScheduleTime at, Spread error)
    {
        NoiseLevel level = at.Schedule[at.T];
        if (at.T == 1 || level.Alpha == 0)
        {
            return;
        }

        double variance = at.Schedule.Beta(at.T);
        LossWeight weight = LossWeight.Vlb(at.Schedule, ReverseVariance.FixedLarge);
        (weight.For(Prediction.Epsilon, level) * error.Value).ShouldBeClose(
            VariationalBound.EpsilonTerm(at.Schedule, at.T, error.Value, variance),
            1e-13
        );
    }

    [ForAll]
    public void The_prior_is_the_divergence_from_the_standard_normal(Schedule schedule, Real x0)
    {
        double expected = schedule.Marginal(schedule.Steps).At(x0.Value).KullbackLeibler(Gaussian.Standard);
        VariationalBound.PriorTerm(schedule, 1, x0.Value * x0.Value).ShouldBeClose(expected, 1e-11, 1e-12);
    }

    [Test]
    public void Ddpms_prior_term_is_next_to_nothing()
    {
        // CIFAR-10's dimension, data of variance 0.25: L_T in bits a dimension.
        double prior = VariationalBound.PriorTerm(Linear, 3072, 3072 * 0.25);
        VariationalBound.BitsPerDimension(prior, 3072).ShouldBeClose(5.0452e-6 / double.Log(2), 1e-4);
        VariationalBound.PriorTerm(Linear.WithZeroTerminalSnr(), 3072, 3072 * 0.25).Should().Be(0);
    }

    [ForAll]
    public void A_gaussian_decoder_is_the_expected_log_density(Real x0, Real guess, Spread variance)
    {
        double error = (x0.Value - guess.Value) * (x0.Value - guess.Value);
        VariationalBound
            .GaussianReconstruction(1, error, variance.Value)
            .ShouldBeClose(-new Gaussian(guess.Value, variance.Value).LogDensity(x0.Value), 1e-12, 1);
    }

    [ForAll]
    public void Continuous_time_has_the_closed_form_of_a_gaussian(Spread data, Real low, Real width)
    {
        // ½·∫ v/(1 + v·SNR) dSNR = ½·ln((1 + v·SNR₁)/(1 + v·SNR₀)).
        double from = low.Value * 3;
        double to = from + width.Value + 5;
        double v = data.Value;
        double expected = double.Log((1 + (v * double.Exp(to))) / (1 + (v * double.Exp(from)))) / 2;
        VariationalBound.ContinuousTime(level => Unknown(level, v), from, to).ShouldBeClose(expected, 1e-11, 1e-3);
    }

    [Test]
    public void More_steps_lower_the_bound_to_that_of_continuous_time()
    {
        ContinuousSchedule vp = ContinuousSchedule.VariancePreserving();
        double gap(int steps)
        {
            Schedule schedule = vp.ToSchedule(steps);
            double sum = 0;
            for (int t = steps / 10 + 1; t <= steps; t++)
            {
                sum += VariationalBound.TransitionTerm(
                    schedule.Posterior(t),
                    1,
                    Unknown(schedule[t], 0.25),
                    schedule.Posterior(t).Variance
                );
            }

            return sum - VariationalBound.ContinuousTime(level => Unknown(level, 0.25), vp[1].LogSnr, vp[0.1].LogSnr);
        }

        // With the denoiser's least error the left sum lies above the integral, and halves its distance.
        gap(200).Should().BePositive();
        double.Log2(gap(200) / gap(400)).Should().BeApproximately(1, 0.1);
    }

    [TestCase(1)]
    [TestCase(1.5)]
    [TestCase(2)]
    public void In_continuous_time_only_the_ends_of_the_schedule_matter(double bend)
    {
        (double first, double last) = (3, -5);
        double gap(int steps)
        {
            Schedule schedule = Schedule.FromAlphaBars(
                Enumerable
                    .Range(0, steps + 1)
                    .Select(i => first + ((last - first) * double.Pow((double)i / steps, bend)))
                    .Select(logSnr => NoiseLevel.FromLogSnr(logSnr).AlphaBar)
            );
            double sum = Enumerable
                .Range(2, steps)
                .Sum(t =>
                    VariationalBound.TransitionTerm(
                        schedule.Posterior(t),
                        1,
                        Unknown(schedule[t], 0.25),
                        schedule.Posterior(t).Variance
                    )
                );
            return sum - VariationalBound.ContinuousTime(level => Unknown(level, 0.25), last, first);
        }

        gap(2000).Should().BeInRange(0, 0.02);
        double.Log2(gap(1000) / gap(2000)).Should().BeApproximately(1, 0.1);
    }

    private static VariationalBound OfGaussian(Schedule schedule, double data, ReverseVariance? variance = null)
    {
        double[] errors = [.. Enumerable.Range(1, schedule.Steps).Select(t => Unknown(schedule[t], data))];
        ReverseVariance optimal = ReverseVariance.Optimal(level => level.Variance / Total(level, data));
        return VariationalBound.FromErrors(
            schedule,
            1,
            data,
            errors,
            variance ?? optimal,
            VariationalBound.GaussianReconstruction(1, errors[0], errors[0])
        );
    }

    private static double Total(NoiseLevel level, double data) => (level.Alpha * level.Alpha * data) + level.Variance;

    private static double Unknown(NoiseLevel level, double data) => data * level.Variance / Total(level, data);
}
