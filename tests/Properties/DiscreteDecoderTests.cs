using Diffusion.Math;
using Diffusion.Properties.Support;
using FluentAssertions;
using MathNet.Numerics.Integration;
using NUnit.Framework;

namespace Diffusion.Properties;

public sealed class DiscreteDecoderTests
{
    [ForAll]
    public void Probabilities_of_all_pixels_sum_to_one(Real mean, Spread variance) =>
        Enumerable
            .Range(0, 256)
            .Sum(pixel =>
                double.Exp(DiscreteDecoder.LogProbability((byte)pixel, new Gaussian(mean.Value / 3, variance.Value)))
            )
            .ShouldBeClose(1, 1e-12);

    [ForAll]
    public void Each_is_the_integral_of_the_density(byte pixel, Real mean, Spread variance)
    {
        Gaussian decoded = new(mean.Value / 3, variance.Value);
        double value = DiscreteDecoder.Value(pixel);
        if (pixel is 0 or 255)
        {
            return;
        }

        // Relative to the density at the middle, so that nothing underflows; in parts no wider than the decay.
        double middle = decoded.LogDensity(value);
        double sum = 0;
        for (int i = 0; i < 16; i++)
        {
            double from = value + (((i / 8.0) - 1) / 255);
            sum += GaussLegendreRule.Integrate(
                x => double.Exp(decoded.LogDensity(x) - middle),
                from,
                from + (1 / (8 * 255.0)),
                32
            );
        }

        DiscreteDecoder.LogProbability(pixel, decoded).ShouldBeClose(middle + double.Log(sum), 1e-11, 1);
    }

    [TestCase(9, -2.2571768119076813e-19)]
    [TestCase(6, -1.9731752920221066e-9)]
    [TestCase(3, -0.0027034470854759632)]
    public void A_pixel_that_is_almost_certain_says_by_how_little_it_is_not(double deviations, double logarithm)
    {
        // ln(1 − erfc(d/√2)) by 40 digits of mpmath: half a pixel's width is d deviations.
        double deviation = 1 / 255.0 / deviations;
        Gaussian decoded = new(DiscreteDecoder.Value(100), deviation * deviation);
        double actual = DiscreteDecoder.LogProbability(100, decoded);
        double.Abs((actual / logarithm) - 1).Should().BeLessThan(1e-12);
    }

    [Test]
    public void The_outermost_pixels_reach_to_infinity()
    {
        Gaussian decoded = new(5, 0.01);
        DiscreteDecoder.LogProbability(255, decoded).Should().BeApproximately(0, 1e-300);
        Gaussian half = new(1 - (1.0 / 255), 0.2);
        DiscreteDecoder.LogProbability(255, half).ShouldBeClose(double.Log(0.5), 1e-13);
        DiscreteDecoder.LogProbability(0, new Gaussian((1.0 / 255) - 1, 0.2)).ShouldBeClose(double.Log(0.5), 1e-13);
    }

    [Test]
    public void Far_away_the_logarithm_stays_finite_and_right()
    {
        // z = (2 − 1/255)/1e-3 in the tail: ln P = −z²/2 − ln(z·√2π) + ln(1 − 1/z² + …), the other end is nothing.
        Gaussian decoded = new(1, 1e-6);
        double z = (2 - (1.0 / 255)) / 1e-3;
        double tail = (-z * z / 2) - double.Log(z * double.Sqrt(2 * double.Pi)) - (1 / (z * z));
        DiscreteDecoder.LogProbability(0, decoded).ShouldBeClose(tail, 1e-15);
        DiscreteDecoder.LogProbability(0, new Gaussian(1e100, 1e-6)).Should().BeLessThan(-1e200);
    }

    // Computed with 50 digits (mpmath): Gaussians much wider than the interval, much narrower, at its edge, and far out.
    [TestCase(254, -989351.6322087032, 53606491904.03851, -27.24918780771271)]
    [TestCase(5, 441637118.22421765, 7365570361456215.0, -37.27505783233315)]
    [TestCase(254, -0.6556205994308171, 0.14241471301700578, -14.324843398714194)]
    [TestCase(203, 0.09872234182984974, 0.1052971401301537, -5.797683931771404)]
    [TestCase(204, -0.08341788820989837, 0.3446829834605293, -5.912008302756414)]
    [TestCase(163, -0.3472888625966404, 0.0016555888046639016, -120.46832750486027)]
    [TestCase(254, -0.4423690634977496, 0.00021397587982737096, -4787.884047293091)]
    [TestCase(7, -0.9566068953792707, 1.248153760542521e-05, -4.143534696465661)]
    [TestCase(64, -0.49069807777355995, 6.156411735969774e-06, -2.4761026897186027)]
    [TestCase(186, 0.45491658026539944, 2.3161086106997195e-10, -0.18436903010243597)]
    [TestCase(188, 0.4784284692049224, 6.574499119421572e-12, -0.1378275336440094)]
    [TestCase(213, 0.674511619198312, 3.151056195085851e-11, -0.9856320146924752)]
    [TestCase(212, 0.6063228202203419, 4.930789677404907e-09, -279508.85778606386)]
    [TestCase(190, -1.0156209456707919, 1.0296830180232397e-05, -109540.28888284999)]
    [TestCase(255, 0.6990782358828691, 0.04123188183475925, -2.634125621872616)]
    [TestCase(0, -0.7179006531389787, 0.06585616049054625, -1.9719498966705447)]
    [TestCase(0, -137.4057875857224, 1973.360736784328, -0.0010682407712702682)]
    public void It_is_right_to_rounding(int pixel, double mean, double variance, double expected) =>
        DiscreteDecoder.LogProbability((byte)pixel, new Gaussian(mean, variance)).ShouldBeClose(expected, 3e-14, 1);

    [ForAll]
    public void It_is_symmetric(byte pixel, Real mean, Spread variance) =>
        DiscreteDecoder
            .LogProbability(pixel, new Gaussian(mean.Value, variance.Value))
            .ShouldBeClose(
                DiscreteDecoder.LogProbability((byte)(255 - pixel), new Gaussian(-mean.Value, variance.Value)),
                1e-10,
                1
            );

    [Test]
    public void Wide_tails_agree_with_narrow_ones_where_the_formula_changes()
    {
        // On both sides of the change from erfc to the continued fraction.
        double at(double z) => DiscreteDecoder.LogProbability(0, new Gaussian(z + (1.0 / 255) - 1, 1));
        double slope(double z) => (at(z + 1e-6) - at(z - 1e-6)) / 2e-6;
        slope(8).ShouldBeClose(slope(7.9999), 1e-4);
        (at(8 + 1e-7) - at(8 - 1e-7)).ShouldBeClose(2e-7 * slope(7.9999), 1e-4);
    }

    [Test]
    public void Values_are_evenly_spaced_and_an_image_is_the_sum()
    {
        DiscreteDecoder.Value(0).Should().Be(-1);
        DiscreteDecoder.Value(255).Should().Be(1);
        DiscreteDecoder.Value(128).ShouldBeClose(1.0 / 255, 1e-15);
        double expected =
            -DiscreteDecoder.LogProbability(3, new Gaussian(-0.9, 0.01))
            - DiscreteDecoder.LogProbability(200, new Gaussian(0.5, 0.01));
        DiscreteDecoder.Reconstruction([3, 200], [-0.9, 0.5], 0.01).ShouldBeClose(expected, 1e-15);
    }

    // erfc by mpmath 1.3 with 60 digits: near the middle, on a side, far out, and the outermost pixels from both sides.
    [TestCase(0, -1.5, 0.04, -0.0058916037042109679)]
    [TestCase(0, -0.5, 0.04, -5.0264754160155381)]
    [TestCase(255, 1.25, 0.04, -0.10771013731521099)]
    [TestCase(255, 1.25, 0.0025, -1.9028194176575925e-7)]
    [TestCase(255, 0.9, 0.01, -1.781827077183074)]
    [TestCase(0, -0.75, 1.0, -0.90928840664403652)]
    [TestCase(128, 0.0, 1e-06, -0.6931471805599497)]
    [TestCase(128, 0.0, 1e-05, -0.70636436017005409)]
    [TestCase(128, 0.003, 2e-05, -0.49524910095378388)]
    [TestCase(128, 0.0, 0.001, -2.3233877624388503)]
    [TestCase(127, 0.004, 3e-05, -1.5264533938318817)]
    [TestCase(100, -0.2, 2e-05, -5.4596498708595013)]
    [TestCase(10, 0.5, 0.0025, -406.22111367232254)]
    [TestCase(10, 0.5, 0.0001, -10054.489073922558)]
    [TestCase(200, -0.5, 0.01, -60.533863015160508)]
    [TestCase(200, 0.55, 4.0, -6.4602460918277908)]
    [TestCase(200, -0.9, 2.5e-05, -42913.865357998024)]
    [TestCase(64, -0.47, 1.0, -5.7674505577103143)]
    [TestCase(64, -0.46, 0.0003, -4.0907422151194914)]
    [TestCase(250, 0.94, 0.001, -2.5306268745084766)]
    [TestCase(37, 0.875, 0.25, -10.097021911746493)]
    public void It_has_the_values_of_high_precision(int pixel, double mean, double variance, double expected) =>
        DiscreteDecoder.LogProbability((byte)pixel, new Gaussian(mean, variance)).ShouldBeClose(expected, 2e-13);

    [ForAll]
    public void The_slope_is_that_of_the_logarithm(byte pixel, Real mean, Spread variance)
    {
        double At(double by) =>
            DiscreteDecoder.LogProbability(pixel, new Gaussian(mean.Value / 3, variance.Value * double.Exp(2 * by)));
        const double Step = 1e-4;
        double slope = (At(-2 * Step) - (8 * At(-Step)) + (8 * At(Step)) - At(2 * Step)) / (12 * Step);
        DiscreteDecoder
            .LogProbabilitySlope(pixel, new Gaussian(mean.Value / 3, variance.Value))
            .ShouldBeClose(slope, 1e-6, At(0), 1);
    }

    // (a·φ(a) − b·φ(b))/p by mpmath 1.3 with 60 digits: far out, where the density and p are both 0, near the middle, and
    // the outermost pixels from both sides.
    [TestCase(128, 1, 1e-16, 9843752402921954.3)]
    [TestCase(0, 1, 1e-10, 39843291042.90695741)]
    [TestCase(255, -3, 1e-7, 159686429.29680891435)]
    [TestCase(10, 0.5, 0.0025, 804.78302264560753864)]
    [TestCase(10, 0.5, 0.0001, 20098.231734418590306)]
    [TestCase(200, -0.9, 2.5e-05, 85815.532848667598936)]
    [TestCase(128, 0.003, 2e-05, -0.74505716030579933916)]
    [TestCase(128, 0, 1e-6, -2.745745907077378132e-13)]
    [TestCase(128, 0, 1e-5, -0.092553547958658488006)]
    [TestCase(64, -0.47, 1, -0.99920868422115025845)]
    [TestCase(0, -1.5, 0.04, -0.042292077674529516064)]
    [TestCase(0, -0.5, 0.04, 6.9572267003178608376)]
    [TestCase(255, 0.9, 0.01, 1.4352369544241845193)]
    [TestCase(255, 1.25, 0.0025, -5.0852390599671724049e-6)]
    [TestCase(37, 0.875, 0.25, 9.0460224039778662399)]
    [TestCase(127, 0.9, 1e-7, 8100000.9999997538528)]
    [TestCase(127, 0.9, 4e-8, 20250000.99999990181)]
    [TestCase(3, 5, 3e-3, 11891.447090630059303)]
    [TestCase(254, -1, 1e-9, 3953079585.7750862585)]
    [TestCase(100, -0.2, 2e-5, 7.7228599032870059416)]
    [TestCase(128, -250, 1e-6, 62500000001.000002828)]
    public void The_slope_has_the_values_of_high_precision(int pixel, double mean, double variance, double expected) =>
        DiscreteDecoder
            .LogProbabilitySlope((byte)pixel, new Gaussian(mean, variance))
            .ShouldBeClose(expected, 3e-13, 1);

    // (a·φ(a) − b·φ(b))/p = ∫(z² − 1)·φ/∫φ, where the pixel is next to nothing of the Gaussian.
    [ForAll]
    public void The_slope_of_a_narrow_pixel_is_a_mean_over_it(byte pixel, Real position, byte share)
    {
        int inner = 1 + (pixel % 254);
        double middle = position.Value / 2;
        double deviation = (double.Abs(middle) + 1) / 0.012 / 255 * (1 + (share / 50.0));
        Gaussian decoded = new(DiscreteDecoder.Value((byte)inner) - (middle * deviation), deviation * deviation);
        double half = 1 / (255 * deviation);
        double over(Func<double, double> of) =>
            GaussLegendreRule.Integrate(
                z => of(z) * double.Exp(((middle * middle) - (z * z)) / 2),
                middle - half,
                middle + half,
                32
            );
        DiscreteDecoder
            .LogProbabilitySlope((byte)inner, decoded)
            .ShouldBeClose(over(z => (z * z) - 1) / over(_ => 1), 3e-13, 1);
    }

    [TestCase(0, 1, 1e-320)]
    [TestCase(128, 1e300, 1e-300)]
    [TestCase(255, -1e300, 1e-300)]
    public void A_slope_beyond_double_is_infinite(int pixel, double mean, double variance) =>
        DiscreteDecoder
            .LogProbabilitySlope((byte)pixel, new Gaussian(mean, variance))
            .Should()
            .Be(double.PositiveInfinity);

    [TestCase(0, -1e300, 1e-300)]
    [TestCase(255, 1e300, 1e-300)]
    [TestCase(128, 0, 1e-320)]
    public void A_certain_pixel_has_no_slope(int pixel, double mean, double variance) =>
        DiscreteDecoder.LogProbabilitySlope((byte)pixel, new Gaussian(mean, variance)).Should().Be(0);
}
