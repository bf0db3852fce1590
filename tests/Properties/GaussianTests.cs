using Diffusion.Math;
using Diffusion.Properties.Support;
using FluentAssertions;
using MathNet.Numerics.Distributions;
using MathNet.Numerics.Integration;
using NUnit.Framework;

namespace Diffusion.Properties;

public sealed class GaussianTests
{
    [ForAll]
    public void Log_density_is_that_of_another_implementation(Gaussian p, Real x) =>
        p.LogDensity(x.Value).ShouldBeClose(Normal.PDFLn(p.Mean, double.Sqrt(p.Variance), x.Value), 1e-13, 1);

    [ForAll]
    public void Entropy_is_the_expected_minus_log_density(Gaussian p) =>
        p.Entropy.ShouldBeClose(Expectation(p, x => -p.LogDensity(x)), 1e-9, 1);

    [ForAll]
    public void Divergence_is_the_expected_log_ratio(Gaussian p, Gaussian q) =>
        p.KullbackLeibler(q)
            .ShouldBeClose(
                Expectation(p, x => p.LogDensity(x) - q.LogDensity(x)),
                1e-9,
                1,
                (p.Mean - q.Mean) * (p.Mean - q.Mean) / q.Variance
            );

    [ForAll]
    public void Divergence_is_positive_and_zero_from_itself(Gaussian p, Gaussian q)
    {
        p.KullbackLeibler(p).Should().Be(0);
        p.KullbackLeibler(q).Should().BeGreaterThanOrEqualTo(0);
    }

    [ForAll]
    public void Product_is_proportional_to_the_product_of_densities(Gaussian p, Gaussian q, Real x, Real y)
    {
        Gaussian product = p.Product(q);
        double rise = product.LogDensity(x.Value) - product.LogDensity(y.Value);
        double expected = p.LogDensity(x.Value) + q.LogDensity(x.Value) - p.LogDensity(y.Value) - q.LogDensity(y.Value);
        rise.ShouldBeClose(expected, 1e-10, product.LogDensity(x.Value), product.LogDensity(y.Value), 1);
    }

    [Test]
    public void Divergence_survives_extreme_ratios()
    {
        Gaussian narrow = new(0, 1e-20);
        Gaussian wide = new(0, 1e300);
        narrow.KullbackLeibler(Gaussian.Standard).ShouldBeClose(0.5 * ((20 * double.Log(10)) - 1), 1e-14);
        wide.KullbackLeibler(new Gaussian(0, 1e-300)).Should().Be(double.PositiveInfinity);
        new Gaussian(0, 1 + 1e-9).KullbackLeibler(Gaussian.Standard).ShouldBeClose(2.5e-19, 1e-6);
    }

    // r − 1 − ln r of these very doubles by mpmath 1.3 with 60 digits: nearly equal variances must not cancel.
    [TestCase(1.0000000001, 2.5000004135352054023e-21)]
    [TestCase(1.000000000001, 2.5004445226683217983e-25)]
    [TestCase(1.00001, 2.4999833334910880259e-11)]
    [TestCase(1.01, 0.000024834573415958619862)]
    [TestCase(0.7, 0.028337471969366198973)]
    [TestCase(1.4, 0.031763881689393522059)]
    public void Divergence_of_nearly_equal_variances_has_the_values_of_high_precision(double ratio, double expected) =>
        new Gaussian(3, ratio).KullbackLeibler(new Gaussian(3, 1)).ShouldBeClose(expected, 1e-15);

    [ForAll]
    public void Huge_and_tiny_scales_change_nothing_but_the_scale(Gaussian p, Gaussian q, Real x, bool huge)
    {
        // A power of 2, so that scaling rounds nothing; its square is near an end of double's range.
        double scale = double.ScaleB(1, huge ? 500 : -490);
        Gaussian scaled(Gaussian one) => new(one.Mean * scale, one.Variance * scale * scale);
        double shift = double.Log(scale);
        scaled(p).LogDensity(x.Value * scale).ShouldBeClose(p.LogDensity(x.Value) - shift, 1e-14, shift);
        scaled(p).KullbackLeibler(scaled(q)).ShouldBeClose(p.KullbackLeibler(q), 1e-15, 1);
        Gaussian product = scaled(p).Product(scaled(q));
        product.Mean.ShouldBeClose(p.Product(q).Mean * scale, 1e-14, p.Mean * scale, q.Mean * scale);
        product.Variance.ShouldBeClose(p.Product(q).Variance * scale * scale, 1e-14);
    }

    [Test]
    public void Squares_beyond_double_do_not_spoil_what_is_within_it()
    {
        Gaussian product = new Gaussian(3, 1e308).Product(new Gaussian(5, 1e308));
        product.Mean.ShouldBeClose(4, 1e-15);
        product.Variance.ShouldBeClose(5e307, 1e-15);
        new Gaussian(7, 1e300).Product(new Gaussian(2, 1e-10)).Variance.ShouldBeClose(1e-10, 1e-15);
        new Gaussian(0, 1e308).LogDensity(1e160).ShouldBeClose(-5e11, 1e-9);
        new Gaussian(-1e308, 1.5e308).LogDensity(1e308).ShouldBeClose(-4 / 3.0 * 1e308, 1e-15);
        new Gaussian(0, 1e300).KullbackLeibler(new Gaussian(1e200, 1e300)).ShouldBeClose(5e99, 1e-14);
        // r = 1e-320, which is no normal number.
        new Gaussian(0, 1e-300)
            .KullbackLeibler(new Gaussian(0, 1e20))
            .ShouldBeClose(((320 * double.Log(10)) - 1) / 2, 1e-15);
        VariationalBound.GaussianReconstruction(1, 0, 1e308).ShouldBeClose(355.51704285428771721, 1e-15);
    }

    [Test]
    public void Point_masses_have_their_limits()
    {
        Gaussian point = new(2, 0);
        point.Entropy.Should().Be(double.NegativeInfinity);
        point.KullbackLeibler(point).Should().Be(0);
        point.KullbackLeibler(Gaussian.Standard).Should().Be(double.PositiveInfinity);
        Gaussian.Standard.KullbackLeibler(point).Should().Be(double.PositiveInfinity);
        point.KullbackLeibler(new Gaussian(3, 0)).Should().Be(double.PositiveInfinity);
        point.Product(new Gaussian(5, 4)).Should().Be(point);
        point.LogVariance.Value.Should().Be(double.NegativeInfinity);
        point.LogVariance.Variance.Should().Be(0);
        point.LogVariance.StandardDeviation.Should().Be(0);
    }

    [ForAll]
    public void Log_variance_gives_back_the_variance(Spread spread)
    {
        Gaussian p = new(0, spread.Value);
        p.LogVariance.Should().Be(LogVariance.Of(spread.Value));
        p.LogVariance.Value.Should().Be(double.Log(spread.Value));
        p.LogVariance.Variance.ShouldBeClose(spread.Value, 1e-14);
        p.LogVariance.StandardDeviation.ShouldBeClose(p.StandardDeviation, 1e-14);
        p.StandardDeviation.Should().Be(double.Sqrt(spread.Value));
    }

    private static double Expectation(Gaussian p, Func<double, double> value)
    {
        // 12 standard deviations: what is left out is below 1e-30.
        double reach = 12 * double.Sqrt(p.Variance);
        double density(double x) => Normal.PDF(p.Mean, double.Sqrt(p.Variance), x);
        double half(double from, double to) => GaussLegendreRule.Integrate(x => density(x) * value(x), from, to, 256);
        return half(p.Mean - reach, p.Mean) + half(p.Mean, p.Mean + reach);
    }
}
