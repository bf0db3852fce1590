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
    public void The_conversions_of_score_and_flow_are_those_of_the_papers()
    {
        NoiseLevel level = NoiseLevel.FromAlphaSigma(0.6, 0.8);
        // Tweedie's formula; score = −ε/σ; and on a rectified flow x₀ = x_t − t·u, ε = x_t + (1−t)·u.
        Prediction.Score.To(Prediction.X0, level).Apply(1.5, 0.3).ShouldBeClose((1.5 + (0.64 * 0.3)) / 0.6, 1e-15);
        Prediction.Score.To(Prediction.Epsilon, level).Apply(1.5, 0.3).ShouldBeClose(-0.8 * 0.3, 1e-15);
        NoiseLevel flow = NoiseLevel.FromAlphaSigma(0.75, 0.25);
        Prediction.FlowVelocity.To(Prediction.X0, flow).Apply(1.5, 0.3).ShouldBeClose(1.5 - (0.25 * 0.3), 1e-15);
        Prediction.FlowVelocity.To(Prediction.Epsilon, flow).Apply(1.5, 0.3).ShouldBeClose(1.5 + (0.75 * 0.3), 1e-15);
    }

    [ForAll]
    public void Edms_answer_is_what_its_preconditioning_takes(NoiseLevel level, Spread spread, Real x0, Real noise)
    {
        double sigmaData = double.Sqrt(spread.Value);
        EdmPreconditioning around = new(level, sigmaData);
        PredictionMap map = Prediction.Edm(sigmaData).To(Prediction.X0, level);
        map.XtCoefficient.ShouldBeClose(around.Skip, 1e-14);
        map.ModelCoefficient.ShouldBeClose(around.Out, 1e-14);
        double xt = level.Mix(x0.Value, noise.Value);
        double answer = Prediction.Edm(sigmaData).Target(level).Apply(x0.Value, noise.Value);
        ((around.Skip * xt) + (around.Out * answer)).ShouldBeClose(
            x0.Value,
            1e-13,
            around.Skip * xt,
            around.Out * answer
        );
    }

    [ForAll]
    public void Edms_preconditioning_is_table_1_of_its_paper(Spread sigma, Spread data)
    {
        double s = double.Sqrt(sigma.Value);
        double d = double.Sqrt(data.Value);
        EdmPreconditioning around = new(NoiseLevel.FromAlphaSigma(1, s), d);
        around.Skip.ShouldBeClose(d * d / ((s * s) + (d * d)), 1e-14);
        around.Out.ShouldBeClose(s * d / double.Sqrt((s * s) + (d * d)), 1e-14);
        around.In.ShouldBeClose(1 / double.Sqrt((s * s) + (d * d)), 1e-14);
        around.Noise.ShouldBeClose(double.Log(s) / 4, 1e-14, 1);
    }

    [ForAll]
    public void Edms_input_and_target_have_variance_one(NoiseLevel level, Spread data)
    {
        double d = double.Sqrt(data.Value);
        TrainingTarget target = Prediction.Edm(d).Target(level);
        double variance(double x0, double noise) => (x0 * x0 * data.Value) + (noise * noise);
        variance(target.X0Coefficient, target.NoiseCoefficient).ShouldBeClose(1, 1e-14);
        double scale = new EdmPreconditioning(level, d).In;
        variance(scale * level.Alpha, scale * level.Sigma).ShouldBeClose(1, 1e-14);
    }

    // Karras et al. 2022, appendix B.6: with any c_skip, Var[x₀ − c_skip·x̃] = c_out².
    [ForAll]
    public void Edms_skip_makes_what_is_left_for_the_network_least(NoiseLevel level, Spread data, Real other)
    {
        EdmPreconditioning around = new(level, double.Sqrt(data.Value));
        double left(double skip)
        {
            (double x0, double noise) = (1 - (skip * level.Alpha), skip * level.Sigma);
            return (x0 * x0 * data.Value) + (noise * noise);
        }
        (around.Out * around.Out).ShouldBeClose(left(around.Skip), 1e-13, 1e-3 * data.Value);
        left(around.Skip).Should().BeLessThanOrEqualTo(left(around.Skip + other.Value) * (1 + 1e-13));
    }

    [ForAll]
    public void Edms_answer_for_data_of_variance_one_is_minus_v(Real logSnr)
    {
        NoiseLevel level = NoiseLevel.FromLogSnr(logSnr.Value * 5);
        PredictionMap map = Prediction.Edm(1).To(Prediction.V, level);
        map.XtCoefficient.Should().BeApproximately(0, 1e-15);
        map.ModelCoefficient.ShouldBeClose(-1, 1e-14);
    }

    [Test]
    public void Edms_preconditioning_at_the_ends()
    {
        EdmPreconditioning clean = new(NoiseLevel.Clean);
        (clean.Skip, clean.Out, clean.In, clean.Noise).Should().Be((1, 0, 2, double.NegativeInfinity));
        EdmPreconditioning noise = new(NoiseLevel.PureNoise);
        (noise.Skip, noise.Out, noise.In, noise.Noise).Should().Be((0, 0.5, 1, double.PositiveInfinity));
    }

    [ForAll]
    public void Converting_in_two_steps_is_converting_in_one(
        Prediction a,
        Prediction b,
        Prediction c,
        NoiseLevel level,
        Real xt,
        Real output
    )
    {
        double between = a.To(b, level).Apply(xt.Value, output.Value);
        PredictionMap second = b.To(c, level);
        double direct = a.To(c, level).Apply(xt.Value, output.Value);
        second
            .Apply(xt.Value, between)
            .ShouldBeClose(
                direct,
                1e-12,
                second.XtCoefficient * xt.Value,
                second.ModelCoefficient * between,
                second.ModelCoefficient * a.To(b, level).XtCoefficient * xt.Value
            );
    }

    [ForAll]
    public void Names_are_read_back(Prediction prediction) => Prediction.Parse(prediction.Name).Should().Be(prediction);

    [Test]
    public void Names_are_short() =>
        new[]
        {
            Prediction.Epsilon,
            Prediction.X0,
            Prediction.V,
            Prediction.Score,
            Prediction.FlowVelocity,
            Prediction.Edm(),
        }
            .Select(prediction => prediction.ToString())
            .Should()
            .Equal("epsilon", "x0", "v", "score", "flow velocity", "edm(0.5)");
}
