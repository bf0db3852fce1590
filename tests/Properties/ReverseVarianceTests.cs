using Diffusion.Math;
using Diffusion.Properties.Support;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Properties;

public sealed class ReverseVarianceTests
{
    [ForAll]
    public void Neighbours_have_the_two_variances_of_the_paper(ScheduleTime at)
    {
        NoiseLevel from = at.Schedule[at.T];
        NoiseLevel to = at.Schedule[at.T - 1];
        double lost = from.Variance / at.Schedule.Beta(at.T);
        double tolerance = 2e-15 * (4 + lost);
        ReverseVariance.FixedSmall.Of(from, to).ShouldBeClose(at.Schedule.Posterior(at.T).Variance, tolerance);
        ReverseVariance.FixedLarge.Of(from, to).ShouldBeClose(at.Schedule.Beta(at.T), tolerance);
    }

    [ForAll]
    public void Small_is_at_most_large(LevelPair pair) =>
        ReverseVariance
            .FixedSmall.Of(pair.From, pair.To)
            .Should()
            .BeLessThanOrEqualTo(ReverseVariance.FixedLarge.Of(pair.From, pair.To));

    [Test]
    public void Each_is_right_for_its_own_data()
    {
        // Exact reverse variance for data N(0, v), by Bayes' rule: v = 0 gives the small one, v = 1 the large one.
        Schedule schedule = Schedule.Linear(1e-4, 0.02, 1000);
        foreach (int t in new[] { 2, 10, 500, 1000 })
        {
            double exact(double v) =>
                schedule.Kernel(t).Given(schedule.Marginal(t - 1).Apply(new Gaussian(0, v)), 0).Variance;
            ReverseVariance.FixedSmall.Of(schedule[t], schedule[t - 1]).ShouldBeClose(exact(0), 1e-12);
            ReverseVariance.FixedLarge.Of(schedule[t], schedule[t - 1]).ShouldBeClose(exact(1), 1e-12);
        }
    }

    [ForAll]
    public void The_large_one_is_right_for_unit_variance_up_to_the_levels_scale(LevelPair pair)
    {
        double total(NoiseLevel level) => (level.Alpha * level.Alpha) + level.Variance;
        double large = ReverseVariance.FixedLarge.Of(pair.From, pair.To);
        LinearGaussian kernel = new(pair.From.Alpha / pair.To.Alpha, large);
        double exact = kernel.Given(new Gaussian(0, total(pair.To)), 0).Variance;
        (large * total(pair.To) / total(pair.From)).ShouldBeClose(exact, 1e-13);
    }

    [Test]
    public void A_perfect_answer_leaves_the_posteriors_variance_however_little_signal_there_is()
    {
        (NoiseLevel from, NoiseLevel to) = (NoiseLevel.FromAlphaSigma(1e-160, 1), NoiseLevel.FromAlphaBar(0.5));
        ReverseVariance.Optimal(_ => 1).Of(from, to).Should().Be(ReverseVariance.FixedSmall.Of(from, to));
        FluentActions
            .Invoking(() => ReverseVariance.Optimal(_ => 0.5).Of(from, to))
            .Should()
            .Throw<ArgumentException>()
            .WithMessage("*beyond the range of double*more of the data*")
            .WithParameterName("from");
    }

    [Test]
    public void Names_are_short() =>
        (ReverseVariance.FixedSmall.ToString(), ReverseVariance.FixedLarge.ToString())
            .Should()
            .Be(("fixed small", "fixed large"));

    [ForAll]
    public void Logarithms_are_those_of_the_variances(LevelPair pair)
    {
        foreach (ReverseVariance variance in new[] { ReverseVariance.FixedSmall, ReverseVariance.FixedLarge })
        {
            double value = variance.Of(pair.From, pair.To);
            variance.LogOf(pair.From, pair.To).Should().Be(LogVariance.Of(value));
            variance.LogOf(pair.From, pair.To, 0.3).Should().Be(LogVariance.Of(value));
            variance.IsLearned.Should().BeFalse();
        }

        ReverseVariance.FixedSmall.LogOf(pair.From, NoiseLevel.Clean).Variance.Should().Be(0);
    }

    [ForAll]
    public void The_learned_range_goes_from_small_to_large(LevelPair pair, Real output)
    {
        double small = ReverseVariance.FixedSmall.Of(pair.From, pair.To);
        double large = ReverseVariance.FixedLarge.Of(pair.From, pair.To);
        double of(double value) => ReverseVariance.LearnedRange.Of(pair.From, pair.To, value);
        of(-1).ShouldBeClose(small, 1e-13);
        of(1).ShouldBeClose(large, 1e-13);
        of(0).ShouldBeClose(double.Sqrt(small) * double.Sqrt(large), 1e-13);
        double v = (output.Value + 1) / 2;
        ReverseVariance
            .LearnedRange.LogOf(pair.From, pair.To, output.Value)
            .Value.ShouldBeClose((v * double.Log(large)) + ((1 - v) * double.Log(small)), 1e-12, 1);
        ReverseVariance.LearnedRange.Of(pair.From, NoiseLevel.Clean, 1).Should().Be(0);
        ReverseVariance.LearnedRange.IsLearned.Should().BeTrue();
    }

    [ForAll]
    public void The_learned_one_is_the_output_and_at_least_the_posteriors(LevelPair pair, Spread output)
    {
        double least = ReverseVariance.FixedSmall.Of(pair.From, pair.To);
        double of(double value) => ReverseVariance.Learned.Of(pair.From, pair.To, value);
        of(least + output.Value).Should().Be(least + output.Value);
        of(least * 0.99).Should().Be(least);
        of(-output.Value).Should().Be(least);
        ReverseVariance
            .Learned.LogOf(pair.From, pair.To, least + output.Value)
            .Should()
            .Be(LogVariance.Of(least + output.Value));
    }

    [ForAll]
    public void The_optimal_one_is_bayes_rule_for_gaussian_data(LevelPair pair, Spread data)
    {
        // E‖ε̂‖² of N(0, v): ε̂ = σ·x_t/(α²v + σ²), whose square has mean σ²/(α²v + σ²).
        double v = data.Value;
        double total(NoiseLevel level) => (level.Alpha * level.Alpha * v) + level.Variance;
        ReverseVariance optimal = ReverseVariance.Optimal(level => level.Variance / total(level));
        LinearGaussian kernel = new(pair.From.Alpha / pair.To.Alpha, ReverseVariance.FixedLarge.Of(pair.From, pair.To));
        double exact = kernel.Given(new Gaussian(0, total(pair.To)), 0).Variance;
        double cancelled = total(pair.From) / (pair.From.Alpha * pair.From.Alpha * v);
        optimal.Of(pair.From, pair.To).ShouldBeClose(exact, 1e-13 * (10 + cancelled));
        optimal.Of(pair.From, pair.To, 0.7).Should().Be(optimal.Of(pair.From, pair.To));
    }

    [ForAll]
    public void The_optimal_one_lies_between_the_fixed_ones_for_data_within_unit_variance(LevelPair pair, Real share)
    {
        double answered = (share.Value + 4) / 8;
        ReverseVariance optimal = ReverseVariance.Optimal(level => level.Variance + ((1 - level.Variance) * answered));
        if (pair.From.IsVariancePreserving)
        {
            optimal
                .Of(pair.From, pair.To)
                .Should()
                .BeInRange(
                    ReverseVariance.FixedSmall.Of(pair.From, pair.To),
                    ReverseVariance.FixedLarge.Of(pair.From, pair.To) * (1 + 1e-9)
                );
        }
    }

    [Test]
    public void The_optimal_one_stays_small_where_nothing_is_known()
    {
        NoiseLevel to = NoiseLevel.FromAlphaBar(0.5);
        ReverseVariance
            .Optimal(_ => 0.5)
            .Of(NoiseLevel.PureNoise, to)
            .Should()
            .Be(ReverseVariance.FixedSmall.Of(NoiseLevel.PureNoise, to));
        // More than a perfect network could answer is taken for 1.
        NoiseLevel from = NoiseLevel.FromAlphaBar(0.2);
        ReverseVariance.Optimal(_ => 3).Of(from, to).Should().Be(ReverseVariance.FixedSmall.Of(from, to));
    }

    /// <summary>The affine map of the logarithm is the learned range, output by output.</summary>
    [ForAll]
    public void The_map_of_the_log_deviation_is_the_learned_range(byte step, double position)
    {
        Schedule schedule = Schedule.Linear(1e-4, 0.02, 300);
        (NoiseLevel from, NoiseLevel to) = (schedule[step + 2], schedule[step + 1]);
        double output = double.IsFinite(position) ? double.Tanh(position) : 0;
        double expected = ReverseVariance.LearnedRange.LogOf(from, to, output).StandardDeviation;
        LogDeviationMap.LearnedRange(from, to).Apply(output).Should().BeApproximately(expected, 1e-13 * expected);
    }

    [Test]
    public void Clean_data_has_no_log_deviation() =>
        FluentActions
            .Invoking(() => LogDeviationMap.LearnedRange(Schedule.Cosine(10)[1], NoiseLevel.Clean))
            .Should()
            .Throw<ArgumentException>();
}
