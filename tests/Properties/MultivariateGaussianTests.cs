using Diffusion.Math;
using Diffusion.Properties.Support;
using FluentAssertions;
using MathNet.Numerics.Integration;
using NUnit.Framework;

namespace Diffusion.Properties;

/// <summary>Diagonal and isotropic Gaussians, against the definitions on ℝᵈ.</summary>
public sealed class MultivariateGaussianTests
{
    [Test]
    public void A_density_in_two_dimensions_integrates_to_one_and_to_its_entropy_and_divergence()
    {
        DiagonalGaussian p = DiagonalGaussian.Of([0.3, -0.5], [0.5, 1.4]);
        DiagonalGaussian q = DiagonalGaussian.Of([-0.2, 0.1], [0.9, 0.7]);
        Plane(x => double.Exp(p.LogDensity(x))).ShouldBeClose(1, 1e-10);
        Plane(x => -double.Exp(p.LogDensity(x)) * p.LogDensity(x)).ShouldBeClose(p.Entropy, 1e-9);
        Plane(x => double.Exp(p.LogDensity(x)) * (p.LogDensity(x) - q.LogDensity(x)))
            .ShouldBeClose(p.KullbackLeibler(q), 1e-9);
    }

    [ForAll]
    public void Divergence_is_positive_and_zero_from_itself(DiagonalPair pair)
    {
        pair.One.KullbackLeibler(pair.One).Should().Be(0);
        pair.One.KullbackLeibler(pair.Other).Should().BeGreaterThanOrEqualTo(0);
    }

    [ForAll]
    public void Product_is_proportional_to_the_product_of_densities(DiagonalPair pair)
    {
        DiagonalGaussian product = pair.One.Product(pair.Other);
        double[] zero = new double[pair.X.Length];
        double log(double[] x) => product.LogDensity(x) - pair.One.LogDensity(x) - pair.Other.LogDensity(x);
        log(pair.X)
            .ShouldBeClose(
                log(zero),
                1e-10,
                product.LogDensity(pair.X),
                product.LogDensity(zero),
                pair.One.LogDensity(pair.X),
                1
            );
    }

    [ForAll]
    public void Conditioning_is_bayes_rule(DiagonalPair pair, LinearGaussian kernel)
    {
        // p(x | y)·p(y) = p(y | x)·p(x), at any x and y.
        double[] y = pair.Other.Components.Select(component => component.Mean).ToArray();
        double posterior = pair.One.Given(kernel, y).LogDensity(pair.X);
        double evidence = pair.One.Through(kernel).LogDensity(y);
        double likelihood = pair.X.Zip(y, (x, observed) => kernel.At(x).LogDensity(observed)).Sum();
        double prior = pair.One.LogDensity(pair.X);
        (posterior + evidence).ShouldBeClose(likelihood + prior, 1e-9, posterior, evidence, likelihood, prior, 1);
    }

    [ForAll]
    public void Isotropic_is_diagonal_with_equal_variances(DiagonalPair pair, Spread v, Spread w, LinearGaussian kernel)
    {
        double[] mean = [.. pair.One.Components.Select(component => component.Mean)];
        double[] other = [.. pair.Other.Components.Select(component => component.Mean)];
        IsotropicGaussian p = new(mean, v.Value);
        IsotropicGaussian q = new(other, w.Value);
        DiagonalGaussian diagonal = DiagonalGaussian.Of(mean, [.. mean.Select(_ => v.Value)]);
        p.ToDiagonal().Should().Be(diagonal);
        p.Entropy.ShouldBeClose(diagonal.Entropy, 1e-14, 1);
        p.LogDensity(pair.X).ShouldBeClose(diagonal.LogDensity(pair.X), 1e-14, 1);
        p.KullbackLeibler(q).Should().Be(diagonal.KullbackLeibler(q.ToDiagonal()));
        p.Product(q).ToDiagonal().Should().Be(diagonal.Product(q.ToDiagonal()));
        p.Through(kernel).ToDiagonal().Should().Be(diagonal.Through(kernel));
        p.Given(kernel, pair.X).ToDiagonal().Should().Be(diagonal.Given(kernel, pair.X));
    }

    [Test]
    public void Equality_is_by_value()
    {
        IsotropicGaussian one = new([1, 2], 3);
        one.Should().Be(new IsotropicGaussian([1, 2], 3)).And.NotBe(new IsotropicGaussian([1, 2], 4));
        one.Should().NotBe(new IsotropicGaussian([1, 3], 3));
        one.GetHashCode().Should().Be(new IsotropicGaussian([1, 2], 3).GetHashCode());
        one.ToDiagonal().GetHashCode().Should().Be(DiagonalGaussian.Of([1, 2], [3, 3]).GetHashCode());
        one.ToDiagonal().Should().NotBe(DiagonalGaussian.Of([1, 2], [3, 4]));
        one.ToString().Should().Be("N(1, 2; 3·I)");
        one.ToDiagonal().ToString().Should().Be("N(1, 2; diag 3, 3)");
        one.Dimension.Should().Be(2);
        IsotropicGaussian.Standard(2).Should().Be(new IsotropicGaussian([0, 0], 1));
    }

    private static double Plane(Func<double[], double> value) =>
        GaussLegendreRule.Integrate((x, y) => value([x, y]), -12, 12, -12, 12, 128);
}
