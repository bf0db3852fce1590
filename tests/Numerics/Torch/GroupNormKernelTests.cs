#if SYSTEM_ENGINE
using Diffusion.Engine;
using FluentAssertions;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Diffusion.Numerics.Torch;

/// <summary>act(norm(x + add)·(1 + scale) + shift) in one pass, against libtorch's operators one after another.</summary>
public sealed class GroupNormKernelTests(string set) : KernelFixture(set)
{
    [FsCheck.NUnit.Property(MaxTest = 80)]
    public void Forward_and_gradients_equal_the_plain_operators(int seed)
    {
        using var inner = NewDisposeScope();
        var problem = new Problem(seed);
        var (fused, plain) = (problem.Solve(problem.Fused), problem.Solve(problem.Plain));
        fused.Length.Should().Be(plain.Length);
        for (var i = 0; i < fused.Length; i++)
        {
            var size = double.Max(1, plain[i].abs().max().ToDouble());
            Values.Distance(fused[i], plain[i]).Should().BeLessThan(problem.Tolerance * size, $"{problem}: part {i}");
        }
    }

    [Test]
    public void The_gradient_of_the_gradient_is_the_plain_operators()
    {
        using var inner = NewDisposeScope();
        var problem = new Problem(5, withEverything: true);
        double[] Second(Func<Tensor[], Tensor> function)
        {
            var inputs = problem.Inputs();
            var first = autograd.grad([function(inputs).pow(2).sum()], [inputs[0]], create_graph: true)[0];
            return autograd.grad([first.pow(2).sum()], [inputs[0]])[0].Doubles();
        }
        var (fused, plain) = (Second(problem.Fused), Second(problem.Plain));
        var size = plain.Max(double.Abs);
        fused.Zip(plain, (a, b) => double.Abs(a - b)).Max().Should().BeLessThan(1e-11 * size);
    }

    [Test]
    public void A_hook_of_the_normalisation_is_called()
    {
        using var inner = NewDisposeScope();
        using var norm = nn.GroupNorm(2, 4);
        Kernels.TryGroupNorm(norm, ones(2, 4, 3, 3), null, null, null, true).Should().NotBeNull();
        norm.register_forward_hook((_, _, y) => y);
        Kernels.TryGroupNorm(norm, ones(2, 4, 3, 3), null, null, null, true).Should().BeNull();
    }

    [Test]
    public void What_it_does_not_cover_is_left_to_the_plain_operators()
    {
        using var inner = NewDisposeScope();
        Kernels.TryGroupNorm(zeros(2, 4, 3), 2, 1e-5, null, null, null, null, null, true).Should().BeNull();
        Kernels.TryGroupNorm(zeros(2, 4, 3, 3), 3, 1e-5, null, null, null, null, null, true).Should().BeNull();
        var half = zeros([2, 4, 3, 3], ScalarType.BFloat16);
        Kernels.TryGroupNorm(half, 2, 1e-5, null, null, null, null, null, true).Should().BeNull();
        var wrong = zeros(3);
        Kernels.TryGroupNorm(zeros(2, 4, 3, 3), 2, 1e-5, wrong, null, null, null, null, true).Should().BeNull();
        Kernels.GroupNorm = false;
        Kernels.TryGroupNorm(zeros(2, 4, 3, 3), 2, 1e-5, null, null, null, null, null, true).Should().BeNull();
    }

    // Shapes and parts at random.
    private sealed class Problem
    {
        private readonly long[] _shape;
        private readonly long _groups;
        private readonly bool[] _has;
        private readonly bool _silu;
        private readonly ulong _seed;
        private readonly ScalarType _type;

        internal Problem(int seed, bool withEverything = false)
        {
            var random = new Random(seed);
            _groups = random.Next(1, 5);
            _shape = [random.Next(1, 5), _groups * random.Next(1, 5), random.Next(1, 12), random.Next(1, 12)];
            _has = [.. Enumerable.Range(0, 5).Select(_ => withEverything || random.Next(2) == 0)];
            (_seed, _silu) = ((ulong)(uint)seed, withEverything || random.Next(2) == 0);
            _type = withEverything || random.Next(2) == 0 ? ScalarType.Float64 : ScalarType.Float32;
        }

        internal double Tolerance => _type == ScalarType.Float64 ? 1e-11 : 1e-4;

        /// <summary>x, add, weight, bias, scale, shift; zeros without a gradient for what is left out.</summary>
        internal Tensor[] Inputs()
        {
            var (batch, channels) = (_shape[0], _shape[1]);
            long[][] shapes = [_shape, [batch, channels], [channels], [channels], [batch, channels], [batch, channels]];
            return
            [
                .. shapes.Select(
                    (shape, i) =>
                        Values.Normal(_seed + (ulong)i, shape).to_type(_type).requires_grad_(i == 0 || _has[i - 1])
                ),
            ];
        }

        internal Tensor Fused(Tensor[] t) =>
            Kernels.TryGroupNorm(
                t[0],
                _groups,
                Epsilon,
                _has[1] ? t[2] : null,
                _has[2] ? t[3] : null,
                _has[0] ? t[1] : null,
                _has[3] ? t[4] : null,
                _has[4] ? t[5] : null,
                _silu
            )!;

        internal Tensor Plain(Tensor[] t)
        {
            Tensor Wide(Tensor rows) => rows.view(_shape[0], _shape[1], 1, 1);
            var h = _has[0] ? t[0] + Wide(t[1]) : t[0];
            var ones = ones_like(t[2]);
            h = F.group_norm(h, _groups, _has[1] ? t[2] : ones, _has[2] ? t[3] : zeros_like(ones), Epsilon);
            h = _has[3] ? h * (1 + Wide(t[4])) : h;
            h = _has[4] ? h + Wide(t[5]) : h;
            return _silu ? h.silu() : h;
        }

        internal Tensor[] Solve(Func<Tensor[], Tensor> function)
        {
            var inputs = Inputs();
            var y = function(inputs);
            (y * Values.Normal(_seed + 9, y.shape).to_type(_type)).sum().backward();
            return [y, .. inputs.Where(t => t.requires_grad).Select(t => t.grad!)];
        }

        public override string ToString() =>
            $"[{string.Join(", ", _shape)}] in {_groups}, {_type}, silu: {_silu}, {string.Join(", ", _has)}";

        // Large, so that a group of one pixel has no gradient of thousands.
        private const double Epsilon = 0.1;
    }
}
#endif
