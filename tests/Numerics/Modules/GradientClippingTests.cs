using FluentAssertions;
using NUnit.Framework;
using TorchSharp.Modules;
using static Diffusion.Numerics.Modules.Values;
using static TorchSharp.torch;

namespace Diffusion.Numerics.Modules;

/// <summary>Expected numbers are those of PyTorch 1.13's torch.nn.utils.</summary>
public sealed class GradientClippingTests
{
    private const double Tolerance = 1e-12;
    private Parameter[] parameters = [];

    [SetUp]
    public void MakeGradients()
    {
        parameters = [Trained(0, 0), Trained(0), Trained(0)];
        parameters[0].grad = Vector(3, 4);
        parameters[1].grad = Vector(12);
    }

    [TearDown]
    public void Free() => Array.ForEach(parameters, parameter => parameter.Dispose());

    [TestCase(2.0, 13.0, 1.4999998846153937, 1.9999998461538582, 5.999999538461575)]
    [TestCase(1.0, 19.0, 1.0263157354570667, 1.368420980609422, 4.105262941828267)]
    [TestCase(double.PositiveInfinity, 12.0, 1.6249998645833448, 2.166666486111126, 6.499999458333379)]
    public void A_norm_above_the_limit_is_scaled_down(double p, double norm, params double[] expected)
    {
        nn.utils.clip_grad_norm_(parameters, 6.5, p).Should().BeApproximately(norm, Tolerance);

        Gradients().Should().Equal(expected, (a, b) => double.Abs(a - b) <= Tolerance);
        parameters[2].grad.Should().BeNull();
    }

    [Test]
    public void A_norm_below_the_limit_stays()
    {
        nn.utils.clip_grad_norm_(parameters, 14).Should().BeApproximately(13, Tolerance);

        Gradients().Should().Equal(3, 4, 12);
    }

    [Test]
    public void A_norm_that_is_not_a_number_is_reported()
    {
        parameters[1].grad = Vector(double.NaN);

        nn.utils.clip_grad_norm_(parameters, 1).Should().Be(double.NaN);
    }

    [Test]
    public void Clipping_leaves_no_tensors_behind()
    {
        var before = LiveTensors.Count();

        nn.utils.clip_grad_norm_(parameters, 1);

        LiveTensors.Count().Should().Be(before);
    }

    [Test]
    public void Values_are_clamped()
    {
        nn.utils.clip_grad_value_(parameters, 3.5);

        Gradients().Should().Equal(3, 3.5, 3.5);
    }

    [Test]
    public void Parameters_become_a_vector_and_back()
    {
        using var layer = nn.Linear(2, 1);
        nn.utils.vector_to_parameters(tensor(new float[] { 1, 2, 3 }), layer.parameters());

        layer.weight.Numbers().Should().Equal(1, 2);
        layer.bias!.Numbers().Should().Equal(3);
        nn.utils.parameters_to_vector(layer.parameters()).Numbers().Should().Equal(1, 2, 3);
    }

    private double[] Gradients() => [.. parameters[0].grad!.Numbers(), .. parameters[1].grad!.Numbers()];
}
