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

    [Test]
    public void Names_are_short() =>
        (ReverseVariance.FixedSmall.ToString(), ReverseVariance.FixedLarge.ToString())
            .Should()
            .Be(("fixed small", "fixed large"));
}
