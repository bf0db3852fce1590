using Diffusion.Nn;
using FluentAssertions;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Diffusion.Numerics.Nn;

[TestFixture]
internal sealed class BasicUNetTests
{
    [Test]
    public void It_has_309057_parameters()
    {
        using var net = new BasicUNet();
        Nets.Parameters(net).Should().Be(309_057);
    }

    [Test]
    public void It_is_six_convolutions_with_added_skips()
    {
        manual_seed(3);
        using var net = new BasicUNet(2, 3);
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var w = net.state_dict();
        Tensor Layer(Tensor x, string name) =>
            F.conv2d(x, w[$"{name}.weight"], w[$"{name}.bias"], padding: [2, 2]).silu();
        Tensor Double(Tensor x) => x.repeat_interleave(2, 2).repeat_interleave(2, 3);

        var x = randn(new long[] { 2, 2, 8, 12 });
        var first = Layer(x, "down.0");
        var second = Layer(F.max_pool2d(first, 2), "down.1");
        var h = Layer(Layer(F.max_pool2d(second, 2), "down.2"), "up.0");
        h = Layer(Double(h) + second, "up.1");
        h = Layer(Double(h) + first, "up.2");

        var output = net.forward(x);
        output.shape.Should().Equal(2, 3, 8, 12);
        Nets.MaxDifference(output, h).Should().BeLessThan(1e-6);
        output.abs().max().ToDouble().Should().BeGreaterThan(1e-3);
    }

    [Test]
    public void Training_and_sampling_agree_and_leave_nothing_behind()
    {
        using var net = new BasicUNet();
        using var x = randn(new long[] { 2, 1, 8, 8 });
        void Step()
        {
            using var output = net.forward(x);
            using var sum = output.sum();
            sum.backward();
            net.zero_grad();
            using var detached = output.detach();
            using (no_grad())
            using (var without = net.forward(x))
            using (var difference = without - detached)
            using (var size = difference.abs())
            using (var largest = size.max())
                largest.ToDouble().Should().BeLessThan(1e-6);
        }
        Step();
        var before = LiveTensors.Count();
        Step();
        Tensor.TotalCount.Should().Be(before);
    }

    [Test]
    public void Sizes_and_channels_that_do_not_fit_are_refused()
    {
        using var net = new BasicUNet();
        using var scope = NewDisposeScope();
        var size = () => net.forward(zeros(new long[] { 1, 1, 30, 28 }));
        size.Should().Throw<ArgumentException>().WithMessage("*30x28*multiples of 4*32x28*");
        var channels = () => net.forward(zeros(new long[] { 1, 3, 28, 28 }));
        channels.Should().Throw<ArgumentException>().WithMessage("*[B, 1, H, W]*1, 3, 28, 28*");
        var none = () => new BasicUNet(0);
        none.Should().Throw<ArgumentOutOfRangeException>();
    }
}
