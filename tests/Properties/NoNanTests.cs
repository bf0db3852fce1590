using System.Globalization;
using Diffusion.Math;
using Diffusion.Properties.Support;
using FluentAssertions;
using NUnit.Framework;
using static Diffusion.Properties.Support.NoNan;

namespace Diffusion.Properties;

/// <summary>Whatever is asked at whatever level, the answer is a number or an exception, never NaN.</summary>
public sealed class NoNanTests
{
    private static readonly double[] Extremes = [0, double.Epsilon, 1e-300, 1e-160, 1e-9, 1, 1e9, 1e160, 1e300];

    private static readonly Prediction[] Predictions =
    [
        Prediction.Epsilon,
        Prediction.X0,
        Prediction.V,
        Prediction.Score,
        Prediction.FlowVelocity,
        Prediction.Edm(),
    ];

    private static readonly LossWeight[] Weights =
    [
        LossWeight.Simple,
        LossWeight.Snr,
        LossWeight.TruncatedSnr,
        LossWeight.MinSnr(),
        LossWeight.P2(0.5),
        LossWeight.P2(2, 1e-9),
        LossWeight.Edm(),
        LossWeight.Sigmoid(-3),
    ];

    private static readonly Posterior[] FarPosteriors =
    [
        Posterior.Between(NoiseLevel.FromAlphaSigma(1e160, 2), NoiseLevel.FromAlphaSigma(1e160, 1)),
        Posterior.Between(NoiseLevel.FromAlphaSigma(1e-160, 2), NoiseLevel.FromAlphaSigma(1e-160, 1)),
    ];

    private static IEnumerable<NoiseLevel> Levels =>
        from alpha in Extremes
        from sigma in Extremes
        where alpha > 0 || sigma > 0
        select NoiseLevel.FromAlphaSigma(alpha, sigma);

    [Test]
    public void Not_from_the_bound()
    {
        Schedule schedule = Schedule.Linear(1e-4, 0.02, 10);
        foreach (double error in Extremes)
        {
            foreach (double variance in Extremes.Where(v => v > 0))
            {
                string at = $"error {error}, variance {variance}";
                Numbers([VariationalBound.EpsilonTerm(schedule, 5, error, variance)], at);
                Numbers([VariationalBound.TransitionTerm(schedule.Posterior(5), 3, error, variance)], at);
                Numbers([VariationalBound.GaussianReconstruction(3, error, variance)], at);
                foreach (Posterior far in FarPosteriors)
                {
                    Numbers([VariationalBound.TransitionTerm(far, 1, error, variance)], at);
                }
            }

            Numbers([VariationalBound.ContinuousTime(_ => error, -700, 700)], error);
        }
    }

    [Test]
    public void Not_from_objectives_at_any_level()
    {
        foreach (NoiseLevel level in Levels)
        {
            Numbers([level.Snr, level.LogSnr, level.AlphaBar, new EdmPreconditioning(level).Skip], level);
            foreach (Prediction from in Predictions)
            {
                foreach (Prediction to in Predictions)
                {
                    Try(() => [from.To(to, level).XtCoefficient, from.To(to, level).ModelCoefficient], level);
                }

                foreach (LossWeight weight in Weights)
                {
                    Try(() => [weight.For(from, level)], $"{weight} {from} {level}");
                }
            }
        }
    }

    [Test]
    public void Not_from_variances_and_posteriors_between_any_levels()
    {
        ReverseVariance optimal = ReverseVariance.Optimal(_ => 0.5);
        ReverseVariance perfect = ReverseVariance.Optimal(_ => 1);
        foreach (NoiseLevel from in Levels)
        {
            foreach (NoiseLevel to in Levels)
            {
                Try(() => [Posterior.Between(from, to).Mean(1, 1), Posterior.Between(from, to).Variance], (from, to));
                Try(() => [ReverseVariance.FixedLarge.Of(from, to), optimal.Of(from, to)], (from, to));
                Try(() => [perfect.Of(from, to)], (from, to));
                Try(() => [ReverseVariance.LearnedRange.LogOf(from, to, 0.5).Value], (from, to));
            }
        }
    }

    [Test]
    public void Not_from_a_mixture_at_any_level()
    {
        GaussianMixture mixture = GaussianMixture.Of((0.5, new Gaussian(-1, 0.1)), (0.5, new Gaussian(2, 0)));
        foreach (NoiseLevel level in Levels)
        {
            foreach (double x in Extremes)
            {
                Try(() => [mixture.LogDensity([x], level)], (x, level));
                Try(() => mixture.PosteriorVariance([x], level), (x, level));
                foreach (Prediction prediction in Predictions)
                {
                    Try(() => mixture.Predict(prediction, [x], level), (x, level, prediction));
                }
            }
        }
    }

    [Test]
    public void Not_from_learned_variances()
    {
        double[] numbers =
        [
            .. new[] { 0, 1, -1, 700, -750, 2000, -2000, 1e9, -1e9, 1e160, 1e300, -1e300 },
            double.NaN,
            double.NegativeInfinity,
        ];
        Schedule schedule = Schedule.Linear(1e-3, 0.2, 12);
        foreach (int t in new[] { 1, 2, 12 })
        {
            LearnedVarianceTerm term = LearnedVarianceTerm.At(schedule, t, Prediction.Epsilon);
            foreach (double x in numbers)
            {
                Try(() => [term.LogVariance(x)], (t, x));
                Try(() => [term.VarianceOf(ReverseVariance.Learned, x)], (t, x));
                Try(() => [term.VarianceOf(ReverseVariance.LearnedRange, x)], (t, x));
                foreach (double error in numbers)
                {
                    Try(() => [term.Nats(x, error)], (t, x, error));
                }
            }
        }
    }

    [ForAll]
    public void Not_from_schedules(Schedule schedule, DerivedSchedule derived)
    {
        foreach (Schedule each in new[] { schedule, derived.Schedule })
        {
            for (int t = 1; t <= each.Steps; t++)
            {
                Posterior posterior = each.Posterior(t);
                Numbers([each.Beta(t), each.Alpha(t), each.AlphaBar(t), each.Snr(t), each.LogSnr(t)], each);
                Numbers([posterior.X0Coefficient, posterior.XtCoefficient, posterior.Variance], each);
            }
        }
    }

    [Test]
    public void Not_from_the_decoder()
    {
        foreach (double mean in Extremes.Concat(Extremes.Select(x => -x)))
        {
            foreach (double variance in Extremes.Where(x => x > 0))
            {
                for (int pixel = 0; pixel < 256; pixel += 51)
                {
                    byte value = (byte)pixel;
                    Try(() => [DiscreteDecoder.LogProbability(value, new Gaussian(mean, variance))], (mean, variance));
                }
            }
        }
    }

    [Test]
    public void Not_from_continuous_schedules()
    {
        double[] shares = [0, double.Epsilon, 1e-300, 1e-9, 0.3, 1 - 1e-9, 1 - 1e-16, 1];
        foreach (ContinuousSchedule schedule in ExtremeSchedules())
        {
            foreach (double t in shares.Select(share => share * schedule.End))
            {
                NoiseLevel level = schedule[t];
                Numbers([level.Alpha, level.Sigma, level.LogSnr], (schedule, t));
                Numbers([schedule.TimeOf(level.LogSnr)], (schedule, t));
                schedule.TimeOf(level.LogSnr).Should().BeInRange(0, schedule.End);
                Try(() => [schedule.Drift(t), schedule.DiffusionSquared(t)], (schedule, t));
                Try(() => [NoiseCurve.Of(schedule).AtTime(t).Level.Sigma], (schedule, t));
            }

            Try(() => [schedule.ToSchedule(3).Snr(3), schedule.ToSchedule(3).Beta(3)], schedule);
        }
    }

    [Test]
    public void Not_from_the_probability_flow()
    {
        foreach (double x in Extremes.Concat(Extremes.Select(x => -x)))
        {
            foreach (double slope in Extremes.Append(double.MaxValue).SelectMany(x => new[] { x, -x }))
            {
                Try(() => [ProbabilityFlow.LogLikelihood([x], (_, _) => [slope], (_, _) => slope, 2)], (x, slope));
                Try(
                    () => [ProbabilityFlow.LogLikelihood([x], (v, _) => [v[0] * slope], (_, _) => -slope, 2)],
                    (x, slope)
                );
            }

            foreach (double variance in Extremes.Where(v => v > 0))
            {
                GaussianMixture mixture = GaussianMixture.Of(
                    (0.5, new Gaussian(-1, variance)),
                    (0.5, new Gaussian(x, 1))
                );
                Try(() => [ProbabilityFlow.LogLikelihood(mixture, [x], 2)], (x, variance));
            }
        }
    }

    [Test]
    public void Not_from_importance_sampling()
    {
        foreach (double share in new[] { double.Epsilon, 1e-300, 1e-9, 1 })
        {
            foreach (double first in Extremes.Append(double.MaxValue))
            {
                foreach (double second in Extremes.Append(double.MaxValue))
                {
                    ImportanceTimes times = ImportanceTimes.Start(3, 2, share);
                    times = times.With([1, 2, 3], [first, second, first]).With([1, 2, 3], [second, second, second]);
                    double[] each = [times.Probability(1), times.Probability(2), times.Probability(3)];
                    Numbers([.. each, times.Weight(1), times.Weight(2), times.Weight(3)], (share, first, second));
                    each.Sum().Should().BeApproximately(1, 1e-12);
                    times.Weight(1).Should().BeLessThanOrEqualTo((1 + 1e-12) / share);
                    times.Time(0.999999).Should().BeInRange(1, 3);
                }
            }
        }
    }

    internal static IEnumerable<ContinuousSchedule> ExtremeSchedules()
    {
        double[] sizes = [1e-300, 1e-9, 1, 1e9, 1e300];
        return
        [
            .. from low in sizes
            from high in sizes
            where low < high
            from schedule in new[]
            {
                ContinuousSchedule.VariancePreserving(low, high),
                ContinuousSchedule.VarianceExploding(low, high),
            }
            select schedule,
            .. sizes.Select(ContinuousSchedule.Edm),
            .. sizes.Select(ContinuousSchedule.RectifiedFlow),
            .. new[] { -100, 0.0, 100 }.Select(ContinuousSchedule.Cosine),
        ];
    }

    private static void Numbers(double[] numbers, object what) =>
        numbers.Should().NotContain(x => double.IsNaN(x), Convert.ToString(what, CultureInfo.InvariantCulture));
}
