using Diffusion.Math;
using Diffusion.Properties.Support;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Properties;

public sealed class LevelGridTests
{
    private static readonly Schedule Linear = Schedule.Linear(1e-4, 0.02, 1000);

    [ForAll]
    public void At_whole_times_it_is_the_schedule(GridCase at)
    {
        LevelGrid grid = LevelGrid.Of(at.Schedule, at.Grid);
        grid.Points.Should().Equal(at.Grid.Times.Select(t => new Evaluation(at.Schedule[t], t)));
        (grid.Count, grid.Start, grid.End).Should().Be((at.Grid.Count, at.Schedule[at.Grid.Start], NoiseLevel.Clean));
        LevelGrid same = LevelGrid.AtTimes(
            NoiseCurve.Of(at.Schedule),
            at.Grid.Times.SkipLast(1).Select(t => (double)t)
        );
        same.Points.Should().Equal(grid.Points);
        grid.WithWholeTimes().Points.Should().Equal(grid.Points);
    }

    // Karras et al. 2022, eq. 5, and its two ends.
    [TestCase(7.0)]
    [TestCase(3.0)]
    public void Karras_levels_are_even_in_a_root_of_the_ratio(double rho)
    {
        LevelGrid grid = LevelGrid.Karras(NoiseCurve.VarianceExploding, 18, 0.002, 80, rho);
        double[] sigmas = [.. grid.Points.Select(at => at.Level.Sigma)];
        (sigmas[0], sigmas[17], sigmas[18], grid.Count).Should().Be((80, 0.002, 0, 18));
        double[] roots = [.. sigmas.Take(18).Select(sigma => double.Pow(sigma, 1 / rho))];
        double step = (roots[0] - roots[17]) / 17;
        roots.Zip(roots.Skip(1)).Should().OnlyContain(pair => double.Abs(pair.First - pair.Second - step) < 1e-12);
    }

    [TestCase(1e-3)]
    [TestCase(0.5)]
    [TestCase(1e3)]
    [TestCase(1e20)]
    public void Karras_levels_follow_any_root(double rho)
    {
        // ln of the formula divided by max; for a great ρ its limit, even in the logarithm.
        double[] sigmas =
        [
            .. LevelGrid.Karras(NoiseCurve.VarianceExploding, 5, 0.5, 80, rho).Points.Select(at => at.Level.Sigma),
        ];
        for (int i = 0; i < 5; i++)
        {
            double u = i / 4.0;
            double expected =
                rho > 1e9 ? u * double.Log(0.5 / 80) : rho * double.Log(1 + (u * (double.Pow(0.5 / 80, 1 / rho) - 1)));
            (i == 4 ? double.Log(0.5 / 80) : expected).ShouldBeClose(double.Log(sigmas[i] / 80), 1e-11, 1e-3);
        }
    }

    // Both ends of a continuous schedule are levels of it, however they were computed.
    [ForAll]
    public void A_grid_may_go_from_end_to_end_of_a_continuous_schedule(ContinuousSchedule schedule, Real share)
    {
        NoiseCurve curve = NoiseCurve.Of(schedule);
        double smallest = schedule[schedule.Name.StartsWith("VE") ? 0 : 0.01 * schedule.End].Ratio;
        double largest = schedule[schedule.End].Ratio;
        if (!double.IsFinite(largest))
        {
            largest = schedule[0.99].Ratio;
        }

        foreach (double off in new[] { 0, 1e-16, 3e-16 })
        {
            LevelGrid grid = LevelGrid.Karras(curve, 10, smallest * (1 - off), largest * (1 + off));
            grid.Points[0].Level.Ratio.ShouldBeClose(largest, 1e-15);
            grid.Points[9].Level.Ratio.ShouldBeClose(smallest, 1e-15);
            grid.Points[0].Time.Should().BeInRange(0, schedule.End);
        }

        LevelGrid.UniformLogSnr(curve, 10, smallest, largest).Count.Should().Be(10);
        double logSnr = schedule[schedule.End].LogSnr;
        schedule.TimeOf(logSnr - (2e-16 * double.Abs(share.Value))).ShouldBeClose(schedule.End, 1e-14);
    }

    [Test]
    public void Levels_go_from_sigma_min_to_sigma_max()
    {
        foreach (
            NoiseCurve curve in new[]
            {
                NoiseCurve.Of(ContinuousSchedule.VarianceExploding()),
                NoiseCurve.Of(ContinuousSchedule.Edm(50)),
            }
        )
        {
            double[] sigmas = [.. LevelGrid.Karras(curve, 10, 0.01, 50).Points.Select(at => at.Level.Sigma)];
            (sigmas[0], sigmas[9], sigmas[10]).Should().Be((50, 0.01, 0));
        }
    }

    [Test]
    public void Uniform_log_snr_is_even_in_log_snr()
    {
        LevelGrid grid = LevelGrid.UniformLogSnr(NoiseCurve.Of(Linear), 11, 0.01, 100);
        double[] lambdas = [.. grid.Points.SkipLast(1).Select(at => at.Level.LogSnr)];
        double step = (lambdas[10] - lambdas[0]) / 10;
        step.ShouldBeClose(2 * double.Log(1e4) / 10, 1e-12);
        lambdas.Zip(lambdas.Skip(1)).Should().OnlyContain(pair => double.Abs(pair.Second - pair.First - step) < 1e-10);
        LevelGrid.UniformLogSnr(NoiseCurve.RectifiedFlow, 1, 2, 2).Points[0].Level.Sigma.ShouldBeClose(2 / 3.0, 1e-15);
    }

    [Test]
    public void Another_end_takes_the_place_of_clean_data_or_drops_a_step_that_goes_nowhere()
    {
        LevelGrid grid = LevelGrid.Of(Linear, TimeGrid.Leading(1000, 10));
        LevelGrid short1 = grid.EndingAt(Linear[1]);
        (short1.Count, short1.End, short1.Points[^1].Time).Should().Be((9, Linear[1], 1));
        LevelGrid offset = LevelGrid.Of(Linear, TimeGrid.Leading(1000, 10, 1)).EndingAt(Linear[1]);
        (offset.Count, offset.End).Should().Be((10, Linear[1]));
        grid.EndingAt(NoiseLevel.Clean).Points.Should().Equal(grid.Points);
    }

    [Test]
    public void Whole_times_change_what_the_network_is_told_and_nothing_else()
    {
        LevelGrid grid = LevelGrid.Karras(NoiseCurve.Of(Linear), 10, 0.02, 100);
        LevelGrid whole = grid.WithWholeTimes();
        whole.Points.Select(at => at.Level).Should().Equal(grid.Points.Select(at => at.Level));
        whole.Points.Select(at => at.Time).Should().OnlyContain(time => double.IsInteger(time));
        whole
            .Points.Zip(grid.Points)
            .Should()
            .OnlyContain(pair => double.Abs(pair.First.Time - pair.Second.Time) <= 0.5);
        grid.ToString().Should().StartWith("LevelGrid(10 steps from NoiseLevel(");
    }
}
