using Diffusion.Math;
using Diffusion.Properties.Support;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Properties;

/// <summary>EDM's stochastic sampler against Karras et al. 2022, algorithm 2, written out line by line.</summary>
public sealed class EdmSamplerTests
{
    [TestCase(0, 0, 1e9, 1)]
    [TestCase(4, 0, 1e9, 1)]
    [TestCase(4, 0, 1e9, 1.003)]
    [TestCase(4, 0.5, 1e9, 1.003)]
    [TestCase(4, 0, 10, 1.003)]
    [TestCase(4, 0.5, 10, 1.003)]
    // γ at its greatest, √2 − 1.
    [TestCase(100, 0.5, 10, 1.003)]
    public void It_is_algorithm_2(double churn, double smallest, double largest, double deviation)
    {
        LevelGrid grid = LevelGrid.Karras(NoiseCurve.VarianceExploding, 10, 0.02, 40);
        SamplingPlan plan = Samplers.EdmStochastic(grid, churn, smallest, largest, deviation);
        plan.KeepsMarginals.Should().Be(deviation == 1);
        Draws draws = new(1);
        double start = 40 * draws.Normal();
        double actual = plan.Run([start], Prediction.X0, ExactFlow.Data.Denoiser(Prediction.X0), _ => draws.Normals(1))[
            0
        ];
        draws = new Draws(1);
        actual.ShouldBeClose(
            Algorithm2(grid, 40 * draws.Normal(), churn, smallest, largest, deviation, draws),
            1e-10,
            1
        );
    }

    [Test]
    public void Churn_keeps_every_familys_distribution()
    {
        foreach (NoiseCurve curve in LevelGridCase.Curves)
        {
            // The constructor checks the claim; here that there is something to check.
            SamplingPlan plan = Samplers.EdmStochastic(LevelGrid.Karras(curve, 10, 0.02, 40), 4);
            plan.KeepsMarginals.Should().BeTrue();
            plan.Steps.Count(step => step.Noise > 0 && step.Evaluate is null).Should().Be(10);
        }
    }

    private static double Algorithm2(
        LevelGrid grid,
        double x,
        double churn,
        double smallest,
        double largest,
        double deviation,
        Draws draws
    )
    {
        double[] t = [.. grid.Points.Select(at => at.Level.Sigma)];
        int n = grid.Count;
        for (int i = 0; i < n; i++)
        {
            bool churned = t[i] >= smallest && t[i] <= largest;
            double gamma = churned ? double.Min(churn / n, double.Sqrt(2) - 1) : 0;
            double raised = t[i] + (gamma * t[i]);
            if (gamma > 0)
            {
                x += double.Sqrt((raised * raised) - (t[i] * t[i])) * deviation * draws.Normal();
            }

            double slope = (x - Denoised(x, raised)) / raised;
            double next = x + ((t[i + 1] - raised) * slope);
            if (t[i + 1] != 0)
            {
                double second = (next - Denoised(next, t[i + 1])) / t[i + 1];
                next = x + ((t[i + 1] - raised) * ((slope / 2) + (second / 2)));
            }

            x = next;
        }

        return x;
    }

    private static double Denoised(double x, double sigma) =>
        ExactFlow.Data.PosteriorMean([x], NoiseLevel.FromAlphaSigma(1, sigma))[0];
}
