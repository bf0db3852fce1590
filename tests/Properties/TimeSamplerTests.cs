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
