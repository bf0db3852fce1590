using Diffusion.Math;
using Diffusion.Properties.Support;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Properties;

public sealed class DdimInversionTests
{
    private static readonly Schedule Schedule = Schedule.Linear(1e-4, 0.02, 1000);

    [Test]
    public void With_a_constant_answer_it_undoes_ddim_exactly()
    {
        LevelGrid grid = LevelGrid.Of(Schedule, TimeGrid.Trailing(Schedule, 17));
        Func<double[], Evaluation, double[]> constant = (_, _) => [0.7, -0.2];
        double[] noise = Samplers.DdimInversion(grid).Run([0.4, 1.5], Prediction.Epsilon, constant, _ => []);
        double[] back = Samplers.Ddim(grid).Run(noise, Prediction.Epsilon, constant, _ => []);
        back.ShouldEqual([0.4, 1.5], 1e-11);
    }

    [Test]
    public void It_is_the_flow_to_noise_in_first_order()
    {
        ExactFlow flow = new(ExactFlow.Data);
        double[] points = [-1.2, -0.6, 0.1, 0.7, 1.3];
        double error(int steps)
        {
            LevelGrid grid = LevelGrid.Karras(NoiseCurve.VarianceExploding, steps, 1e-4, 20);
            double[] noise = Samplers
                .DdimInversion(grid)
                .Run(points, Prediction.Epsilon, ExactFlow.Data.Denoiser(Prediction.Epsilon), _ => []);
            return noise
                .Zip(points)
                .Max(pair => double.Abs(pair.First - flow.Move(pair.Second, NoiseLevel.Clean, grid.Start)));
        }
        double.Log2(error(160) / error(320)).Should().BeApproximately(1, 0.1);
    }

    [Test]
    public void There_and_back_is_where_it_was_in_first_order()
    {
        double[] points = [-1.2, -0.6, 0.1, 0.7, 1.3];
        double error(int steps)
        {
            LevelGrid grid = LevelGrid.Of(Schedule, TimeGrid.Trailing(Schedule, steps));
            Func<double[], Evaluation, double[]> denoiser = ExactFlow.Data.Denoiser(Prediction.V);
            double[] noise = Samplers.DdimInversion(grid).Run(points, Prediction.V, denoiser, _ => []);
            double[] back = Samplers.Ddim(grid).Run(noise, Prediction.V, denoiser, _ => []);
            return back.Zip(points).Max(pair => double.Abs(pair.First - pair.Second));
        }
        error(500).Should().BeLessThan(0.02);
        (error(125) / error(500)).Should().BeInRange(3, 6);
    }

    [Test]
    public void The_noise_of_data_has_the_distribution_that_sampling_starts_at()
    {
        // Data N(0, v) is stretched by a factor only: to variance α²v + σ², 1 at pure noise.
        LevelGrid grid = LevelGrid.Of(Schedule, TimeGrid.Full(Schedule));
        double[] noise = Samplers
            .DdimInversion(grid)
            .Run([0.5], Prediction.V, GaussianMixture.Of((1, new Gaussian(0, 0.25))).Denoiser(Prediction.V), _ => []);
        noise[0].Should().BeApproximately(1, 0.01);
    }

    [Test]
    public void The_network_is_never_told_clean_data()
    {
        LevelGrid grid = LevelGrid.Of(Schedule, TimeGrid.Explicit(1000, 600, 200, 0));
        SamplingPlan plan = Samplers.DdimInversion(grid);
        plan.Steps.Select(step => step.Evaluate!.Value.Time).Should().Equal(200, 200, 600);
        plan.Start.Should().Be(NoiseLevel.Clean);
        plan.Steps[^1].To.Should().Be(Schedule[1000]);
        plan.KeepsMarginals.Should().BeTrue();
    }

    [Test]
    public void A_grid_that_ends_in_noise_is_refused()
    {
        LevelGrid grid = LevelGrid.Of(Schedule, TimeGrid.Explicit(1000, 600, 200, 0)).EndingAt(Schedule[100]);
        FluentActions
            .Invoking(() => Samplers.DdimInversion(grid))
            .Should()
            .Throw<ArgumentException>()
            .WithMessage("grid ends at NoiseLevel(*must start at clean data.*");
        FluentActions.Invoking(() => Samplers.DdimInversion(null!)).Should().Throw<ArgumentNullException>();
    }

    [Test]
    public void The_last_steps_of_a_grid_are_a_grid()
    {
        LevelGrid grid = LevelGrid.Of(Schedule, TimeGrid.Explicit(1000, 600, 200, 0));
        grid.Last(2).Points.Should().Equal(grid.Points[1..]);
        grid.Last(3).Points.Should().Equal(grid.Points);
        grid.Last(1).Curve.Should().BeSameAs(grid.Curve);
        foreach (int steps in new[] { 0, 4 })
        {
            FluentActions
                .Invoking(() => grid.Last(steps))
                .Should()
                .Throw<ArgumentOutOfRangeException>()
                .WithMessage($"steps must be in 1..3, but is {steps}.*");
        }
    }
}
