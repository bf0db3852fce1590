using Diffusion.Math;
using Diffusion.Properties.Support;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Properties;

public sealed class NoiseCurveTests
{
    private static readonly Schedule Linear = Schedule.Linear(1e-4, 0.02, 1000);

    [ForAllGrids]
    public void A_level_has_the_ratio_that_it_was_asked_for(Spread ratio)
    {
        foreach (NoiseCurve curve in LevelGridCase.Curves)
        {
            NoiseLevel level = curve.At(ratio.Value);
            (level.Sigma / level.Alpha).ShouldBeClose(ratio.Value, 1e-12);
            curve.At(0).Should().Be(NoiseLevel.Clean);
            curve.TimeOf(0).Should().Be(0);
        }

        LevelGridCase.Curves[0].At(ratio.Value).IsVariancePreserving.Should().BeTrue();
        LevelGridCase.Curves[1].At(ratio.Value).Alpha.Should().Be(1);
        NoiseLevel flow = LevelGridCase.Curves[2].At(ratio.Value);
        (flow.Alpha + flow.Sigma).ShouldBeClose(1, 1e-15);
    }

    [ForAll]
    public void At_whole_times_a_schedule_gives_its_times_back(ScheduleTime at)
    {
        NoiseLevel level = at.Schedule[at.T];
        if (level.Alpha == 0)
        {
            return;
        }

        NoiseCurve curve = NoiseCurve.Of(at.Schedule);
        curve.AtTime(at.T).Should().Be(new Evaluation(level, at.T));
        double ratio = level.Sigma / level.Alpha;
        // Where β is tiny neighbouring ratios are nearly equal, and so is their logarithm.
        double error =
            at.T == 1 ? 0 : 1e-13 / double.Log(ratio * at.Schedule[at.T - 1].Alpha / at.Schedule[at.T - 1].Sigma);
        double.Abs(curve.TimeOf(ratio) - at.T).Should().BeLessThanOrEqualTo(1e-10 + error);
    }

    [Test]
    public void Between_whole_times_a_schedule_is_interpolated()
    {
        NoiseCurve curve = NoiseCurve.Of(Linear);
        double ratio(int t) => Linear[t].Sigma / Linear[t].Alpha;
        NoiseLevel level = curve.AtTime(500.25).Level;
        (level.Sigma / level.Alpha).ShouldBeClose((0.75 * ratio(500)) + (0.25 * ratio(501)), 1e-14);
        curve.TimeOf(double.Sqrt(ratio(500) * ratio(501))).ShouldBeClose(500.5, 1e-12);
        // The network is never told a time it was not trained at.
        curve.TimeOf(ratio(1) / 2).Should().Be(1);
        curve.TimeOf(ratio(1000) * 1.5).Should().Be(1000);
    }

    [Test]
    public void Half_way_is_a_whole_time_of_a_schedule()
    {
        LevelGrid grid = LevelGrid.Of(Linear, TimeGrid.Explicit(1000, 895, 790, 685, 580, 0));
        SamplingPlan plan = Samplers.Pndm(grid);
        plan.Steps.Take(12).Should().OnlyContain(step => double.IsInteger(step.Evaluate!.Value.Time));
        plan.Steps[1].Evaluate!.Value.Time.Should().Be(948);
    }

    [Test]
    public void Half_way_is_the_middle_where_a_time_is_not_whole()
    {
        // From a whole time to one between two, and back.
        double ratio(double time) =>
            NoiseCurve.Of(Linear).AtTime(time).Level.Sigma / NoiseCurve.Of(Linear).AtTime(time).Level.Alpha;
        LevelGrid grid = LevelGrid.Explicit(NoiseCurve.Of(Linear), new[] { 900, 800.5, 700, 600, 500 }.Select(ratio));
        SamplingPlan plan = Samplers.Pndm(grid);
        plan.Steps[1].Evaluate!.Value.Time.ShouldBeClose((900 + grid.Points[1].Time) / 2, 1e-12);
        plan.Steps[5].Evaluate!.Value.Time.ShouldBeClose((grid.Points[1].Time + 700) / 2, 1e-12);
    }

    [Test]
    public void Beside_a_last_time_of_pure_noise_everything_is_pure_noise()
    {
        NoiseCurve curve = NoiseCurve.Of(Linear.WithZeroTerminalSnr());
        curve.AtTime(999.5).Should().Be(new Evaluation(NoiseLevel.PureNoise, 999.5));
        curve.AtTime(998.5).Level.Alpha.Should().BePositive();
    }

    [Test]
    public void A_rectified_flow_is_told_its_time()
    {
        Evaluation at = NoiseCurve.RectifiedFlow.AtTime(0.25);
        (at.Level.Alpha, at.Level.Sigma, at.Time).Should().Be((0.75, 0.25, 0.25));
        NoiseCurve.RectifiedFlow.TimeOf(1 / 3.0).ShouldBeClose(0.25, 1e-15);
        NoiseCurve.VarianceExploding.AtTime(3).Should().Be(new Evaluation(NoiseLevel.FromAlphaSigma(1, 3), 3));
        NoiseCurve.RectifiedFlow.ToString().Should().Be("rectified flow");
    }

    [TestCase(1e8)]
    [TestCase(1e17)]
    [TestCase(1e300)]
    public void High_noise_keeps_its_ratio(double ratio)
    {
        // Through the time, which is 1 to the last bit there, it would be lost.
        NoiseCurve.Of(ContinuousSchedule.Cosine()).At(ratio).Ratio.ShouldBeClose(ratio, 1e-15);
        NoiseCurve.Of(ContinuousSchedule.RectifiedFlow(2)).At(ratio).Ratio.ShouldBeClose(ratio, 1e-15);
        NoiseCurve.Of(ContinuousSchedule.Cosine()).TimeOf(ratio).Should().BeInRange(0.99, 1);
    }

    [Test]
    public void A_continuous_schedule_keeps_its_own_time()
    {
        ContinuousSchedule schedule = ContinuousSchedule.VariancePreserving();
        NoiseCurve curve = NoiseCurve.Of(schedule);
        NoiseLevel level = schedule[0.3];
        curve.AtTime(0.3).Should().Be(new Evaluation(level, 0.3));
        curve.TimeOf(level.Sigma / level.Alpha).ShouldBeClose(0.3, 1e-12);
    }
}
