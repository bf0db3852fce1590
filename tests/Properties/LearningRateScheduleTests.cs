using Diffusion.Math;
using Diffusion.Properties.Support;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Properties;

public sealed class LearningRateScheduleTests
{
    [Test]
    public void It_warms_up_in_a_line_and_decays_along_a_half_cosine()
    {
        double at(long step) => LearningRateSchedule.WarmupCosine(step, 100, 2, 20);
        at(0).ShouldBeClose(0.1, 1e-15);
        at(9).ShouldBeClose(1, 1e-15);
        at(19).ShouldBeClose(2, 1e-15);
        at(20).ShouldBeClose(2, 1e-15);
        at(60).ShouldBeClose(1, 1e-15);
        at(80).ShouldBeClose(1 + double.Cos(0.75 * double.Pi), 1e-14);
        at(100).Should().Be(0);
        at(1000).Should().Be(0);
    }

    [Test]
    public void Without_warm_up_it_starts_at_its_peak() =>
        LearningRateSchedule.WarmupCosine(0, 10, 0.5, 0).Should().Be(0.5);

    [Test]
    public void It_falls_in_a_line_or_stays()
    {
        double linear(long step) => LearningRateSchedule.WarmupLinear(step, 100, 2, 20);
        linear(9).ShouldBeClose(1, 1e-15);
        linear(20).ShouldBeClose(2, 1e-15);
        linear(60).ShouldBeClose(1, 1e-15);
        linear(100).Should().Be(0);
        linear(1000).Should().Be(0);
        LearningRateSchedule.WarmupConstant(4, 2, 10).ShouldBeClose(1, 1e-15);
        LearningRateSchedule.WarmupConstant(10, 2, 10).Should().Be(2);
        LearningRateSchedule.WarmupConstant(1_000_000, 2, 10).Should().Be(2);
    }

    // PyTorch 1.13's OneCycleLR(max_lr=2, total_steps=50), steps 0, 7, 14, 30 and 49.
    [TestCase(0, 0.08)]
    [TestCase(7, 1.04)]
    [TestCase(14, 2)]
    [TestCase(30, 1.1342367)]
    [TestCase(49, 8e-6)]
    [TestCase(500, 8e-6)]
    public void One_cycle_goes_up_and_down_along_half_cosines(long step, double rate) =>
        LearningRateSchedule.OneCycle(step, 50, 2).ShouldBeClose(rate, 1e-7);

    [Test]
    public void A_cycle_of_few_steps_is_finite()
    {
        foreach (long steps in new long[] { 1, 2, 3, 4 })
        {
            for (long step = 0; step < steps; step++)
            {
                double.IsFinite(LearningRateSchedule.OneCycle(step, steps, 2)).Should().BeTrue();
            }
        }
    }

    private static IEnumerable<TestCaseData> Refused()
    {
        foreach (double peak in new[] { 0, -1, double.NaN, double.PositiveInfinity })
        {
            yield return Case("peak", () => LearningRateSchedule.WarmupCosine(0, 10, peak, 2));
            yield return Case("peak", () => LearningRateSchedule.WarmupLinear(0, 10, peak, 2));
            yield return Case("peak", () => LearningRateSchedule.WarmupConstant(0, peak, 2));
            yield return Case("peak", () => LearningRateSchedule.OneCycle(0, 10, peak));
        }

        yield return Case("step", () => LearningRateSchedule.WarmupCosine(-1, 10, 1, 2));
        yield return Case("step", () => LearningRateSchedule.WarmupLinear(-1, 10, 1, 2));
        yield return Case("step", () => LearningRateSchedule.WarmupConstant(-1, 1, 2));
        yield return Case("step", () => LearningRateSchedule.OneCycle(-1, 10, 1));
        yield return Case("steps", () => LearningRateSchedule.WarmupCosine(0, 0, 1, 2));
        yield return Case("steps", () => LearningRateSchedule.WarmupLinear(0, 0, 1, 2));
        yield return Case("steps", () => LearningRateSchedule.OneCycle(0, 0, 1));
        yield return Case("warmup", () => LearningRateSchedule.WarmupCosine(0, 10, 1, -1));
        yield return Case("warmup", () => LearningRateSchedule.WarmupLinear(0, 10, 1, -1));
        yield return Case("warmup", () => LearningRateSchedule.WarmupConstant(0, 1, -1));

        static TestCaseData Case(string argument, Func<double> rate) => new(argument, rate);
    }

    [TestCaseSource(nameof(Refused))]
    public void Numbers_out_of_range_are_refused_by_name(string argument, Func<double> rate) =>
        FluentActions.Invoking(rate).Should().Throw<ArgumentOutOfRangeException>().WithParameterName(argument);
}
