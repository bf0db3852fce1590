#if SYSTEM_ENGINE
using Diffusion.Engine;
using FluentAssertions;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Diffusion.Numerics.Torch;

/// <summary>The convolution kernel, by sums over the taps, against libtorch's in double precision.</summary>
public sealed class ConvolutionKernelTests(string set) : KernelFixture(set)
{
    // Fewer images than threads aren't the kernel's, but for the matrix unit.
    [SetUp]
    public void Open()
    {
        set_num_threads(2);
        Kernels.Winograd = false;
    }

    [FsCheck.NUnit.Property(MaxTest = 60)]
    public void Forward_and_gradients_equal_libtorchs(int seed)
    {
        using var inner = NewDisposeScope();
        var problem = new Problem(seed);
        problem.IsTheKernels.Should().BeTrue();
        var fused = problem.Solve(ScalarType.Float32);
        // Double precision isn't the kernel's.
        var exact = problem.Solve(ScalarType.Float64);
        for (var i = 0; i < fused.Length; i++)
        {
            var size = double.Max(1, exact[i].abs().max().ToDouble());
            Values.Distance(fused[i], exact[i]).Should().BeLessThan(2e-6 * size, $"{problem}: part {i}");
        }
    }

    [Test]
    public void Only_the_gradients_that_are_wanted_are_made()
    {
        using var inner = NewDisposeScope();
        var x = Values.Normal(1, 4, 3, 5, 5).@float();
        var weight = Values.Normal(2, 6, 3, 3, 3).@float().requires_grad_();
        F.conv2d(x, weight, padding: [1, 1]).sum().backward();
        x.grad.Should().BeNull();
        weight.grad.Should().NotBeNull();
    }

    [Test]
    public void The_gradient_of_the_gradient_is_libtorchs()
    {
        using var inner = NewDisposeScope();
        double[] Second(ScalarType type)
        {
            var x = Values.Normal(1, 4, 3, 5, 5).to_type(type).requires_grad_();
            var weight = Values.Normal(2, 6, 3, 3, 3).to_type(type).requires_grad_();
            var bias = Values.Normal(3, 6).to_type(type).requires_grad_();
            var y = F.conv2d(x, weight, bias, padding: [1, 1]).pow(3).sum();
            var first = autograd.grad([y], [x, bias], create_graph: true);
            var sum = first[0].pow(2).sum() + first[1].pow(2).sum();
            return autograd.grad([sum], [weight])[0].Doubles();
        }
        var (fused, exact) = (Second(ScalarType.Float32), Second(ScalarType.Float64));
        var size = exact.Max(double.Abs);
        fused.Zip(exact, (a, b) => double.Abs(a - b)).Max().Should().BeLessThan(2e-6 * size);
    }

    [Test]
    public void A_weight_that_is_used_twice_has_its_gradient_counted_once()
    {
        using var inner = NewDisposeScope();
        double[] First(ScalarType type)
        {
            var x = Values.Normal(1, 4, 4, 5, 5).to_type(type).requires_grad_();
            var weight = Values.Normal(2, 4, 4, 3, 3).to_type(type).requires_grad_();
            var once = F.conv2d(x, weight, padding: [1, 1]);
            var y = F.conv2d(once, weight, padding: [1, 1]).pow(2).sum();
            return autograd.grad([y], [weight], create_graph: true)[0].Doubles();
        }
        var (fused, exact) = (First(ScalarType.Float32), First(ScalarType.Float64));
        fused.Zip(exact, (a, b) => double.Abs(a - b)).Max().Should().BeLessThan(2e-6 * exact.Max(double.Abs));
    }

    [Test]
    public void What_it_does_not_cover_is_left_to_libtorch()
    {
        using var inner = NewDisposeScope();
        var (x, weight) = (ones(4, 2, 6, 6), ones(5, 2, 3, 3));
        Tensor? Try(Tensor x, Tensor weight, long[]? strides = null, long[]? padding = null, long groups = 1) =>
            Kernels.TryConvolution(x, weight, null, strides, padding, null, groups);
        Try(x, weight).Should().NotBeNull();
        Try(x, weight, strides: [2, 2]).Should().BeNull();
        Try(x, weight, padding: [3, 3]).Should().BeNull();
        Try(x, weight, groups: 2).Should().BeNull();
        Try(x.@double(), weight.@double()).Should().BeNull();
        Try(x, ones(5, 1, 3, 3)).Should().BeNull();
        Try(x, ones(5, 2, 5, 5)).Should().NotBeNull();
        Try(ones(4, 5, 6, 6), ones(5, 5, 5, 5)).Should().BeNull();
        (Try(ones(4, 16, 6, 6), ones(16, 16, 5, 5)) is not null).Should().Be(Set == "amx");
        Try(ones(4, 2, 2, 2), weight).Should().BeNull();
        (Try(ones(1, 16, 6, 6), ones(16, 16, 3, 3)) is not null).Should().Be(Set == "amx");
        Kernels.Convolution = false;
        Try(x, weight).Should().BeNull();
    }

    // Shapes, kernels and paddings at random.
    private sealed class Problem
    {
        private readonly long[] _x;
        private readonly long[] _weight;
        private readonly long[] _padding;
        private readonly bool _bias;
        private readonly ulong _seed;

        internal Problem(int seed)
        {
            var random = new Random(seed);
            // Few channels, very few, with which a kernel may be large, and many, which the matrix unit takes.
            var (inputs, outputs, most) = random.Next(5) switch
            {
                0 => (random.Next(1, 5), random.Next(1, 20), 6),
                1 => (random.Next(1, 20), random.Next(1, 5), 6),
                2 => (random.Next(1, 20), random.Next(1, 20), 4),
                _ => (random.Next(16, 100), random.Next(16, 100), 4),
            };
            var (height, width) = (random.Next(1, most), random.Next(1, most));
            _padding = [random.Next(height), random.Next(width)];
            _x = [random.Next(2, 9), inputs, height + random.Next(16), width + random.Next(36)];
            _weight = [outputs, inputs, height, width];
            (_bias, _seed) = (random.Next(2) == 0, (ulong)(uint)seed);
        }

        internal bool IsTheKernels =>
            Kernels.TryConvolution(zeros(_x), zeros(_weight), null, null, _padding, null, 1) is not null;

        internal Tensor[] Solve(ScalarType type)
        {
            var x = Values.Normal(_seed, _x).to_type(type).requires_grad_();
            var weight = Values.Normal(_seed + 1, _weight).to_type(type).requires_grad_();
            var bias = _bias ? Values.Normal(_seed + 2, _weight[0]).to_type(type).requires_grad_() : null;
            var y = F.conv2d(x, weight, bias, padding: _padding);
            (y * Values.Normal(_seed + 3, y.shape).to_type(type)).sum().backward();
            return [y, x.grad!, weight.grad!, .. bias is null ? Array.Empty<Tensor>() : [bias.grad!]];
        }

        public override string ToString() =>
            $"[{string.Join(", ", _x)}] by [{string.Join(", ", _weight)}], padding {string.Join(", ", _padding)}";
    }
}
#endif
