using Diffusion.Math;
using Diffusion.Properties.Support;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Properties;

public sealed class NoiseLevelTests
{
    [ForAll]
    public void Log_snr_and_level_are_inverse(Real real)
    {
        double logSnr = real.Value * 8;
        NoiseLevel level = NoiseLevel.FromLogSnr(logSnr);
        level.LogSnr.ShouldBeClose(logSnr, 1e-15, 1);
        level.Ratio.ShouldBeClose(double.Exp(-logSnr / 2), 2e-14);
        level.Snr.ShouldBeClose(double.Exp(logSnr), 2e-14);
        level.IsVariancePreserving.Should().BeTrue();
    }

    [ForAll]
    public void Log_snr_of_the_mirrored_level_is_the_negative(Real real)
    {
        NoiseLevel level = NoiseLevel.FromLogSnr(real.Value * 100);
        NoiseLevel mirrored = NoiseLevel.FromLogSnr(-real.Value * 100);
        mirrored.Alpha.ShouldBeClose(level.Sigma, 1e-15);
        mirrored.Sigma.ShouldBeClose(level.Alpha, 1e-15);
    }

    [ForAll]
    public void Every_figure_follows_from_alpha_and_sigma(NoiseLevel level)
    {
        double signal = level.Alpha * level.Alpha;
        double noise = level.Sigma * level.Sigma;
        level.Variance.Should().Be(noise);
        level.Snr.ShouldBeClose(signal / noise, 1e-15);
        level.AlphaBar.ShouldBeClose(signal / (signal + noise), 1e-15);
        level.LogSnr.ShouldBeClose(double.Log(signal) - double.Log(noise), 1e-14, 1);
        level.IsVariancePreserving.Should().Be(double.Abs(signal + noise - 1) < 1e-12);
        level.Marginal.Should().Be(new LinearGaussian(level.Alpha, noise));
        level.Mix(0.7, -1.2).ShouldBeClose((level.Alpha * 0.7) - (level.Sigma * 1.2), 1e-15, level.Alpha, level.Sigma);
    }

    [TestCase(0.0)]
    [TestCase(0.3)]
    [TestCase(1.0)]
    public void Alpha_bar_and_level_are_inverse(double alphaBar)
    {
        NoiseLevel level = NoiseLevel.FromAlphaBar(alphaBar);
        level.AlphaBar.ShouldBeClose(alphaBar, 1e-15);
        level.Sigma.ShouldBeClose(double.Sqrt(1 - alphaBar), 1e-15);
        level.IsVariancePreserving.Should().BeTrue();
    }

    [Test]
    public void The_two_ends_are_exact()
    {
        NoiseLevel.Clean.Should().Be(NoiseLevel.FromAlphaBar(1)).And.Be(NoiseLevel.FromLogSnr(double.PositiveInfinity));
        NoiseLevel.PureNoise.Should().Be(NoiseLevel.FromAlphaBar(0));
        NoiseLevel.PureNoise.Should().Be(NoiseLevel.FromLogSnr(double.NegativeInfinity));
        (NoiseLevel.Clean.Alpha, NoiseLevel.Clean.Sigma).Should().Be((1, 0));
        (NoiseLevel.Clean.AlphaBar, NoiseLevel.Clean.Snr).Should().Be((1, double.PositiveInfinity));
        NoiseLevel.Clean.LogSnr.Should().Be(double.PositiveInfinity);
        (NoiseLevel.PureNoise.AlphaBar, NoiseLevel.PureNoise.Snr).Should().Be((0, 0));
        NoiseLevel.PureNoise.LogSnr.Should().Be(double.NegativeInfinity);
        (NoiseLevel.Clean.Ratio, NoiseLevel.PureNoise.Ratio).Should().Be((0, double.PositiveInfinity));
    }

    [TestCase(1e200, 1e200)]
    [TestCase(1e-200, 1e-200)]
    public void Extreme_factors_neither_overflow_nor_vanish(double alpha, double sigma)
    {
        NoiseLevel level = NoiseLevel.FromAlphaSigma(alpha, sigma);
        (level.AlphaBar, level.Snr, level.LogSnr).Should().Be((0.5, 1, 0));
    }

    [Test]
    public void Far_ends_of_log_snr_keep_their_digits()
    {
        NoiseLevel level = NoiseLevel.FromLogSnr(-1200);
        level.Alpha.ShouldBeClose(double.Exp(-600), 1e-15);
        level.LogSnr.Should().Be(-1200);
    }

    [Test]
    public void Text_names_both_factors() =>
        NoiseLevel.FromAlphaSigma(0.6, 0.8).ToString().Should().Be("NoiseLevel(α = 0.6, σ = 0.8)");
}
