using Diffusion.Math;
using Diffusion.Properties.Support;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Properties;

public sealed class PredictionTests
{
    [ForAll]
    public void Every_conversion_finds_the_truth(Prediction from, Prediction to, NoiseLevel level, Real x0, Real noise)
    {
        double xt = level.Mix(x0.Value, noise.Value);
        double output = from.Target(level).Apply(x0.Value, noise.Value);
        double expected = to.Target(level).Apply(x0.Value, noise.Value);
        PredictionMap map = from.To(to, level);
        map.Apply(xt, output).ShouldBeClose(expected, 1e-14, map.XtCoefficient * xt, map.ModelCoefficient * output, 1);
    }

    [ForAll]
    public void Conversions_invert(Prediction from, Prediction to, NoiseLevel level, Real xt, Real output)
    {
        PredictionMap there = from.To(to, level);
        PredictionMap back = to.To(from, level);
        double between = there.Apply(xt.Value, output.Value);
        back.Apply(xt.Value, between)
            .ShouldBeClose(
                output.Value,
                1e-14,
                back.XtCoefficient * xt.Value,
                back.ModelCoefficient * there.XtCoefficient * xt.Value
            );
    }

    [Test]
    public void Each_is_its_known_combination_of_data_and_noise()
    {
        NoiseLevel level = NoiseLevel.FromAlphaSigma(0.6, 0.8);
        Prediction.Epsilon.Target(level).Apply(2, 3).Should().Be(3);
        Prediction.X0.Target(level).Apply(2, 3).Should().Be(2);
        Prediction.V.Target(level).Apply(2, 3).Should().BeApproximately((0.6 * 3) - (0.8 * 2), 1e-15);
    }

    [Test]
    public void The_conversions_to_x0_are_those_of_the_papers()
    {
        NoiseLevel level = NoiseLevel.FromAlphaSigma(0.6, 0.8);
        Prediction.Epsilon.To(Prediction.X0, level).Apply(1.5, 0.3).ShouldBeClose((1.5 - (0.8 * 0.3)) / 0.6, 1e-15);
        Prediction.V.To(Prediction.X0, level).Apply(1.5, 0.3).ShouldBeClose((0.6 * 1.5) - (0.8 * 0.3), 1e-15);
        Prediction.V.To(Prediction.Epsilon, level).Apply(1.5, 0.3).ShouldBeClose((0.8 * 1.5) + (0.6 * 0.3), 1e-15);
    }

    [ForAll]
    public void The_same_kind_is_the_identity_even_at_the_ends(Prediction prediction)
    {
        prediction.To(prediction, NoiseLevel.Clean).Should().Be(PredictionMap.Identity);
        prediction.To(prediction, NoiseLevel.PureNoise).Should().Be(PredictionMap.Identity);
        PredictionMap.Identity.Apply(5, 7).Should().Be(7);
    }

    [Test]
    public void At_the_ends_v_still_converts()
    {
        Prediction.V.To(Prediction.X0, NoiseLevel.PureNoise).Apply(5, 7).Should().Be(-7);
        Prediction.V.To(Prediction.Epsilon, NoiseLevel.PureNoise).Apply(5, 7).Should().Be(5);
        Prediction.V.To(Prediction.X0, NoiseLevel.Clean).Apply(5, 7).Should().Be(5);
        Prediction.X0.To(Prediction.Epsilon, NoiseLevel.PureNoise).Apply(5, 7).Should().Be(5);
        Prediction.Epsilon.To(Prediction.X0, NoiseLevel.Clean).Apply(5, 7).Should().Be(5);
    }

    [Test]
    public void Names_are_short() =>
        new[] { Prediction.Epsilon, Prediction.X0, Prediction.V }
            .Select(prediction => prediction.ToString())
            .Should()
            .Equal("epsilon", "x0", "v");
}
