using Diffusion.Math;
using Diffusion.Properties.Support;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Properties;

public sealed class LossWeightTests
{
    [ForAll]
    public void Min_snr_is_the_same_objective_for_every_prediction(
        Prediction prediction,
        NoiseLevel level,
        Spread gamma
    )
    {
        LossWeight weight = LossWeight.MinSnr(gamma.Value);
        double gain = prediction.To(Prediction.X0, level).ModelCoefficient;
        weight.For(Prediction.X0, level).ShouldBeClose(double.Min(level.Snr, gamma.Value), 1e-14);
        weight.For(prediction, level).ShouldBeClose(weight.For(Prediction.X0, level) * gain * gain, 1e-13);
    }

    [ForAll]
    public void Simple_is_one_everywhere(Prediction prediction, NoiseLevel level)
    {
        LossWeight.Simple.For(prediction, level).Should().Be(1);
        LossWeight.Simple.For(prediction, NoiseLevel.Clean).Should().Be(1);
    }

    [Test]
    public void Min_snr_is_finite_at_both_ends()
    {
        LossWeight weight = LossWeight.MinSnr();
        weight.For(Prediction.Epsilon, NoiseLevel.PureNoise).Should().Be(1);
        weight.For(Prediction.X0, NoiseLevel.PureNoise).Should().Be(0);
        weight.For(Prediction.V, NoiseLevel.PureNoise).Should().Be(0);
        weight.For(Prediction.Epsilon, NoiseLevel.Clean).Should().Be(0);
        weight.For(Prediction.X0, NoiseLevel.Clean).Should().Be(5);
        weight.For(Prediction.V, NoiseLevel.Clean).Should().Be(0);
        weight.For(Prediction.Epsilon, NoiseLevel.FromAlphaSigma(1e-200, 1)).Should().Be(1);
    }

    [Test]
    public void Names_say_their_parameters() =>
        (LossWeight.Simple.ToString(), LossWeight.MinSnr(5).ToString()).Should().Be(("simple", "min-SNR(5)"));
}
