using Diffusion.Math;
using Diffusion.Properties.Support;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Properties;

/// <summary>
/// The final variance of whole chains whose denoiser is exact for data N(0, 0.25). Every step is linear, so the loop
/// itself propagates it: one component carries the start, one each step's noise, and the squares add up.
/// </summary>
public sealed class MomentPropagationTests
{
    private const double DataVariance = 0.25;
    private static readonly Schedule Linear = Schedule.Linear(1e-4, 0.02, 1000);

    // Independent values, to their four digits, for a start at N(0, 1).
    [TestCase(10, 0.1112, 0.2439, 0.1713, 0.1369)]
    [TestCase(50, 0.1972, 0.2619, 0.2443, 0.2222)]
    [TestCase(100, 0.2192, 0.2568, 0.2481, 0.2357)]
    [TestCase(1000, 0.2461, 0.2508, 0.2499, 0.2485)]
    public void Chains_end_at_the_known_variances(int steps, double small, double large, double best, double implied)
    {
        ReverseVariance optimal = ReverseVariance.Optimal(level =>
            level.Variance / ((level.Alpha * level.Alpha * DataVariance) + level.Variance)
        );
        TimeGrid grid = TimeGrid.Trailing(Linear, steps);
        FinalVariance(Samplers.Ddpm(Linear, grid), steps).Should().BeApproximately(small, 5e-5);
        FinalVariance(Samplers.Ddpm(Linear, grid, ReverseVariance.FixedLarge), steps)
            .Should()
            .BeApproximately(large, 5e-5);
        FinalVariance(Samplers.Ddpm(Linear, grid, optimal), steps).Should().BeApproximately(best, 5e-5);
        FinalVariance(Samplers.Ddim(Linear, grid), steps).Should().BeApproximately(implied, 5e-5);
        FinalVariance(Samplers.Ddim(Linear, grid, eta: 1), steps).Should().BeApproximately(small, 5e-5);
    }

    [Test]
    public void More_steps_come_closer_to_the_data()
    {
        double error(int steps) =>
            DataVariance - FinalVariance(Samplers.Ddim(Linear, TimeGrid.Trailing(Linear, steps)), steps);
        error(100).Should().BePositive().And.BeLessThan(error(50));
        error(200).Should().BePositive().And.BeLessThan(error(100));
    }

    private static double FinalVariance(SamplingPlan plan, int steps)
    {
        double[] start = new double[steps + 1];
        start[0] = 1;
        return plan.Run(
                start,
                Prediction.X0,
                (x, at) =>
                {
                    double gain =
                        at.Level.Alpha
                        * DataVariance
                        / ((at.Level.Alpha * at.Level.Alpha * DataVariance) + at.Level.Variance);
                    return [.. x.Select(value => gain * value)];
                },
                i =>
                {
                    double[] noise = new double[steps + 1];
                    noise[i + 1] = 1;
                    return noise;
                }
            )
            .Sum(value => value * value);
    }
}
