using Diffusion.Math;
using Diffusion.Properties.Support;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Properties;

public sealed class ProbabilityFlowTests
{
    private static readonly GaussianMixture Line = GaussianMixture.Of(
        (0.3, new Gaussian(-1, 0.0625)),
        (0.7, new Gaussian(0.6, 0.16))
    );

    [TestCase(-1.4)]
    [TestCase(-1)]
    [TestCase(-0.31)]
    [TestCase(0)]
    [TestCase(0.6)]
    [TestCase(2.5)]
    public void Likelihood_on_the_line_is_the_density(double x) =>
        ProbabilityFlow.LogLikelihood(Line, [x]).Should().BeApproximately(Line.LogDensity([x]), 1e-12);

    [Test]
    public void Likelihood_in_space_is_the_density()
    {
        GaussianMixture space = GaussianMixture.Of(
            (0.2, DiagonalGaussian.Of([0, 1, -0.5], [0.3, 0.2, 1])),
            (0.5, DiagonalGaussian.Of([1, -1, 0.5], [0.1, 0.4, 0.2])),
            (0.3, DiagonalGaussian.Of([-1, 0, 0], [0.5, 0.3, 0.1]))
        );
        foreach (double[] x in new double[][] { [0, 0, 0], [1, -1, 0.5], [-0.7, 0.9, -1] })
        {
            ProbabilityFlow.LogLikelihood(space, x).Should().BeApproximately(space.LogDensity(x), 1e-12);
        }
    }

    [Test]
    public void Its_error_falls_with_the_eighth_power_of_the_step()
    {
        double error(int steps) =>
            double.Abs(ProbabilityFlow.LogLikelihood(Line, [-1.4], steps) - Line.LogDensity([-1.4]));
        double.Log2(error(20) / error(40)).Should().BeApproximately(8, 0.4);
    }

    [ForAll]
    public void The_velocitys_divergence_is_its_derivative(MixtureCase at, Real logSnr)
    {
        NoiseLevel level = NoiseLevel.FromLogSnr(logSnr.Value);
        const double H = 1e-4;
        double sum = 0;
        for (int i = 0; i < at.X.Length; i++)
        {
            double velocity(double step)
            {
                double[] x = [.. at.X];
                x[i] += step;
                return at.Mixture.Predict(Prediction.V, x, level)[i];
            }

            sum += ((8 * (velocity(H) - velocity(-H))) - velocity(2 * H) + velocity(-2 * H)) / (12 * H);
        }

        at.Mixture.VelocityDivergence(at.X, level).ShouldBeClose(sum, 1e-8, 1);
    }

    [Test]
    public void A_standard_normal_does_not_move()
    {
        double[] x = [0.3, -2];
        ProbabilityFlow
            .LogLikelihood(x, (_, _) => [0, 0], (_, _) => 0, 3)
            .Should()
            .Be(IsotropicGaussian.Standard(2).LogDensity(x));
    }

    [TestCase(0.1)]
    [TestCase(0.01)]
    [TestCase(0.003)]
    public void Four_steps_a_deviation_resolve_the_narrowest_part(double deviation)
    {
        GaussianMixture mixture = GaussianMixture.Of(
            (0.3, new Gaussian(-1, deviation * deviation)),
            (0.7, new Gaussian(0.6, 0.16))
        );
        foreach (double z in new[] { -2, -1, 0, 0.5, 1.5, 3 })
        {
            double x = -1 + (z * deviation);
            ProbabilityFlow
                .LogLikelihood(mixture, [x], (int)double.Ceiling(4 / deviation))
                .ShouldBeClose(mixture.LogDensity([x]), 1e-8, 1);
        }
    }
}
