using Diffusion.Math;
using Diffusion.Properties.Support;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Properties;

public sealed class ImportanceTimesTests
{
    [Test]
    public void Until_all_histories_are_full_times_are_uniform()
    {
        ImportanceTimes start = ImportanceTimes.Start(4, history: 2);
        ImportanceTimes almost = start.With([1, 1, 2, 2, 3, 3, 4], [9, 9, 1, 1, 1, 1, 1]);
        almost.IsWarm.Should().BeFalse();
        (start.TrainingSteps, start.History, start.UniformShare).Should().Be((4, 2, 0.001));
        for (int t = 1; t <= 4; t++)
        {
            almost.Probability(t).ShouldBeClose(0.25, 1e-15);
            almost.Weight(t).ShouldBeClose(1, 1e-15);
        }
    }

    [Test]
    public void Then_they_follow_the_root_mean_square_of_the_losses()
    {
        ImportanceTimes times = ImportanceTimes
            .Start(3, history: 2, uniformShare: 0.01)
            .With([1, 1, 2, 2, 3, 3, 3], [3, 4, 0, 0, 99, 1, 7]);
        times.IsWarm.Should().BeTrue();
        double first = double.Sqrt(12.5);
        // The oldest loss of time 3 has fallen out.
        times.Probability(1).ShouldBeClose((0.99 * first / (first + 5)) + (0.01 / 3), 1e-14);
        times.Probability(2).ShouldBeClose(0.01 / 3, 1e-14);
        times.Probability(3).ShouldBeClose((0.99 * 5 / (first + 5)) + (0.01 / 3), 1e-14);
        times.Weight(2).ShouldBeClose(100, 1e-13);
    }

    [ForAll]
    public void Weighted_losses_are_unbiased_and_shares_sum_to_one(Spread a, Spread b, Spread c, Real u)
    {
        ImportanceTimes times = ImportanceTimes.Start(3, 1, 0.1).With([1, 2, 3], [a.Value, b.Value, c.Value]);
        double[] losses = [0.3, 5, 0.02];
        double expected = Enumerable.Range(1, 3).Sum(t => times.Probability(t) * times.Weight(t) * losses[t - 1]);
        expected.ShouldBeClose(losses.Average(), 1e-14);
        Enumerable.Range(1, 3).Sum(times.Probability).ShouldBeClose(1, 1e-15);
        double position = (u.Value + 4) / 8.001;
        int time = times.Time(position);
        double before = Enumerable.Range(1, time - 1).Sum(times.Probability);
        position.Should().BeInRange(before - 1e-15, before + times.Probability(time) + 1e-15);
    }

    // The estimate L/(T·p) has the second moment Σ E[L²]/(T²·p), and the same mean whatever p.
    [ForAll]
    public void No_other_distribution_has_less_variance(Spread a, Spread b, Spread c, Spread x, Spread y, Spread z)
    {
        double[] losses = [a.Value, b.Value, c.Value];
        ImportanceTimes times = ImportanceTimes.Start(3, 1, 1e-13).With([1, 2, 3], losses);
        double total = x.Value + y.Value + z.Value;
        double[] others = [x.Value / total, y.Value / total, z.Value / total];
        double moment(Func<int, double> share) => losses.Select((loss, i) => loss * loss / share(i) / 9).Sum();
        double least = moment(i => times.Probability(i + 1));
        least.ShouldBeClose(losses.Average() * losses.Average(), 1e-12);
        least.Should().BeLessThanOrEqualTo(moment(i => others[i]) * (1 + 1e-12));
    }

    [Test]
    public void Draws_stay_in_range_and_the_old_value_stays_as_it_was()
    {
        ImportanceTimes start = ImportanceTimes.Start(1000, 1);
        start.Time(0).Should().Be(1);
        start.Time(double.BitDecrement(1)).Should().Be(1000);
        ImportanceTimes next = start.With([.. Enumerable.Range(1, 1000)], [.. Enumerable.Repeat(0.0, 1000)]);
        next.IsWarm.Should().BeTrue();
        next.Probability(500).ShouldBeClose(0.001, 1e-13);
        start.IsWarm.Should().BeFalse();
        ImportanceTimes.Start(2, 1).With([1, 2], [1e300, 1e300]).Probability(1).ShouldBeClose(0.5, 1e-15);
        ImportanceTimes two = ImportanceTimes.Start(2);
        (two.Time(0.49), two.Time(0.5), two.Time(0.51)).Should().Be((1, 2, 2));
    }

    [Test]
    public void From_its_losses_it_goes_on_as_if_it_had_seen_them()
    {
        ImportanceTimes seen = ImportanceTimes
            .Start(3, history: 2, uniformShare: 0.1)
            .With([1, 1, 2, 2, 3, 3, 3], [3, 4, 0.1, 0.7, 99, 1, 7]);
        ImportanceTimes again = ImportanceTimes.From(
            Enumerable.Range(1, 3).Select(t => seen.LossesAt(t).AsEnumerable()),
            2,
            0.1
        );
        again.LossesAt(3).Should().Equal(1, 7);
        for (int t = 1; t <= 3; t++)
        {
            again.With([2], [5]).Probability(t).Should().Be(seen.With([2], [5]).Probability(t));
        }

        FluentActions
            .Invoking(() =>
                ImportanceTimes.From(
                    [
                        [1, 2, 3],
                    ],
                    2
                )
            )
            .Should()
            .Throw<ArgumentException>()
            .WithMessage("*3 of time 1*2 are kept*");
        FluentActions
            .Invoking(() =>
                ImportanceTimes.From(
                    [
                        [double.NaN],
                    ]
                )
            )
            .Should()
            .Throw<ArgumentException>();
    }
}
