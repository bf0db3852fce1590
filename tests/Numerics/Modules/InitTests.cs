using FluentAssertions;
using NUnit.Framework;
using static Diffusion.Numerics.Modules.Values;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.init;

namespace Diffusion.Numerics.Modules;

public sealed class InitTests
{
    [Test]
    public void Constants()
    {
        using var weight = Trained(5, 6);

        zeros_(weight).Numbers().Should().Equal(0, 0);
        ones_(weight).Numbers().Should().Equal(1, 1);
        constant_(weight, 2.5).Numbers().Should().Equal(2.5, 2.5);
        weight.requires_grad.Should().BeTrue();
    }

    [Test]
    public void Fans_count_the_kernels_points()
    {
        CalculateFanInAndFanOut(empty(6, 4, 3, 3)).Should().Be((36, 54));
        CalculateFanInAndFanOut(empty(6, 4)).Should().Be((4, 6));
        FluentActions.Invoking(() => CalculateFanInAndFanOut(empty(6))).Should().Throw<ArgumentException>();
    }

    [Test]
    public void Gains()
    {
        calculate_gain(NonlinearityType.Linear).Should().Be(1);
        calculate_gain(NonlinearityType.Tanh).Should().BeApproximately(5.0 / 3, 1e-15);
        calculate_gain(NonlinearityType.ReLU).Should().BeApproximately(double.Sqrt(2), 1e-15);
        calculate_gain(NonlinearityType.LeakyReLU, 2).Should().BeApproximately(double.Sqrt(0.4), 1e-15);
    }

    [Test]
    public void Uniform_draws_fill_their_interval()
    {
        IsUniform(uniform_(Weight(), -2, 2), 2);
        IsUniform(xavier_uniform_(Weight(), gain: 2), 2 * double.Sqrt(6.0 / 400));
        IsUniform(kaiming_uniform_(Weight(), a: 1), double.Sqrt(3.0 / 100));
        IsUniform(
            kaiming_uniform_(Weight(), mode: FanInOut.FanOut, nonlinearity: NonlinearityType.ReLU),
            double.Sqrt(6.0 / 300)
        );
    }

    [Test]
    public void Normal_draws_have_their_deviation()
    {
        var draws = normal_(Weight(), 3, 0.5).Numbers();
        draws.Average().Should().BeApproximately(3, 0.02);
        Deviation(draws).Should().BeApproximately(0.5, 0.02);
        Deviation(kaiming_normal_(Weight()).Numbers()).Should().BeApproximately(double.Sqrt(2.0 / 100), 0.005);
    }

    private static Tensor Weight() => empty(300, 100);

    private static void IsUniform(Tensor tensor, double bound)
    {
        var numbers = tensor.Numbers();
        numbers.Max().Should().BeInRange(0.99 * bound, bound * (1 + 1e-6));
        numbers.Min().Should().BeInRange(-bound * (1 + 1e-6), -0.99 * bound);
        Deviation(numbers).Should().BeApproximately(bound / double.Sqrt(3), 0.02 * bound);
    }

    private static double Deviation(double[] numbers)
    {
        var mean = numbers.Average();
        return double.Sqrt(numbers.Average(value => (value - mean) * (value - mean)));
    }
}
