using Diffusion.Math;
using Diffusion.Properties.Support;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Properties;

public sealed class TimeSamplerTests
{
    [Test]
    public void Uniform_gives_every_time_the_same_share()
    {
        int[] counts = new int[8];
        for (int i = 0; i < 7000; i++)
        {
            counts[TimeSampler.Uniform((i + 0.5) / 7000, 7)]++;
        }

        counts.Should().Equal(0, 1000, 1000, 1000, 1000, 1000, 1000, 1000);
    }

    [ForAll]
    public void Stratified_puts_one_time_in_each_part(Real u, byte batch, byte extra)
    {
        int count = 1 + batch;
        int total = count * (1 + (extra % 8));
        int[] times = TimeSampler.Stratified((u.Value + 4) / 8.001, count, total);
        times.Should().HaveCount(count);
        int width = total / count;
        times.Select((t, i) => (t - 1) / width).Should().Equal(Enumerable.Range(0, count));
    }

    [Test]
    public void The_greatest_u_stays_on_the_schedule()
    {
        double last = double.BitDecrement(1);
        TimeSampler.Uniform(last, int.MaxValue).Should().BeLessThanOrEqualTo(int.MaxValue).And.BePositive();
        TimeSampler.Uniform(last, 1000).Should().Be(1000);
        TimeSampler.Uniform(0, 1000).Should().Be(1);
        TimeSampler.Stratified(last, 64, 1000).Should().OnlyContain(t => t >= 1 && t <= 1000).And.EndWith(1000);
    }

    [Test]
    public void A_single_stratum_is_a_uniform_draw() =>
        TimeSampler.Stratified(0.377, 1, 1000).Should().Equal(TimeSampler.Uniform(0.377, 1000));

    [ForAll]
    public void Antithetic_times_mirror_each_other(Real u)
    {
        double position = (u.Value + 4) / 8.001;
        (int time, int mirror) = TimeSampler.Antithetic(position, 1000);
        time.Should().Be(TimeSampler.Uniform(position, 1000));
        (time + mirror).Should().Be(1001);
    }

    // Exactly: a random number in the middle of each whole time's share stands for all in it.
    [ForAll]
    public void Mirrored_and_stratified_times_vary_less_where_the_loss_is_monotone(byte count, byte width, int seed)
    {
        Random random = new(seed);
        int parts = 2 + (count % 7);
        int total = parts * (1 + (width % 9));
        double loss = 0;
        double[] losses =
        [
            .. Enumerable.Range(1, total).Select(_ => loss += random.NextDouble() < 0.5 ? 0 : random.NextDouble()),
        ];
        double variance(IEnumerable<double> means)
        {
            double[] values = [.. means];
            double mean = values.Average();
            return values.Average(value => (value - mean) * (value - mean));
        }
        double alone = variance(losses);
        IEnumerable<double> shares(int times) => Enumerable.Range(0, times).Select(i => (i + 0.5) / times);
        double mirrored = variance(
            shares(total)
                .Select(u => TimeSampler.Antithetic(u, total))
                .Select(pair => (losses[pair.Time - 1] + losses[pair.Mirror - 1]) / 2)
        );
        double stratified = variance(
            shares(total / parts).Select(u => TimeSampler.Stratified(u, parts, total).Average(t => losses[t - 1]))
        );
        mirrored.Should().BeLessThanOrEqualTo((alone / 2) + (1e-12 * loss * loss));
        stratified.Should().BeLessThanOrEqualTo((alone / parts) + (1e-12 * loss * loss));
    }

    [Test]
    public void A_loss_that_is_the_same_in_mirror_makes_mirrored_times_no_better_than_one()
    {
        int[] losses = [1, 5, 9, 5, 1];
        foreach (double u in new[] { 0.1, 0.3, 0.5, 0.7, 0.9 })
        {
            (int time, int mirror) = TimeSampler.Antithetic(u, 5);
            losses[mirror - 1].Should().Be(losses[time - 1]);
        }
    }

    [ForAll]
    public void Log_normal_levels_have_the_given_normal_logarithm(Real z)
    {
        NoiseLevel level = TimeSampler.LogNormalSigma(z.Value);
        level.Alpha.Should().Be(1);
        double.Log(level.Sigma).ShouldBeClose(-1.2 + (1.2 * z.Value), 1e-14, 1);
        double.Log(TimeSampler.LogNormalSigma(z.Value, 0.4, 1).Sigma).ShouldBeClose(0.4 + z.Value, 1e-14, 1);
    }

    [ForAll]
    public void A_log_normal_time_has_the_nearest_level(Schedule schedule, Real normal)
    {
        int time = TimeSampler.LogNormal(normal.Value, schedule, -0.5, 2);
        double wanted = -2 * (-0.5 + (2 * normal.Value));
        if (schedule is { Steps: 1, HasZeroTerminalSnr: true })
        {
            return;
        }

        double least = Enumerable.Range(1, schedule.Steps).Min(t => double.Abs(schedule.LogSnr(t) - wanted));
        double.Abs(schedule.LogSnr(time) - wanted).ShouldBeClose(least, 1e-12, wanted, 1);
    }

    [Test]
    public void The_greatest_number_of_steps_has_a_last_time()
    {
        const double Last = 1 - (1.0 / (1L << 53));
        TimeSampler.Stratified(Last, 3, int.MaxValue)[2].Should().Be(int.MaxValue);
        TimeSampler.Stratified(Last, 1, int.MaxValue).Should().Equal(int.MaxValue);
        TimeSampler.Uniform(Last, int.MaxValue).Should().Be(int.MaxValue);
        TimeSampler.Antithetic(0, int.MaxValue).Should().Be((1, int.MaxValue));
    }
}
