#if SYSTEM_ENGINE
using Diffusion.Engine;
using FluentAssertions;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Diffusion.Numerics.Torch;

/// <summary>Attention in tiles against softmax(Q Kᵀ/√d + mask) V written out, which other tests hold to values.</summary>
public sealed class AttentionKernelTests(string set) : KernelFixture(set)
{
    private DisposeScope scope = null!;

    [SetUp]
    public void Open() => scope = NewDisposeScope();

    [TearDown]
    public void Close() => scope.Dispose();

    [FsCheck.NUnit.Property(MaxTest = 100)]
    public void Forward_and_gradients_equal_the_plain_formula(int seed)
    {
        using var inner = NewDisposeScope();
        var problem = new Problem(seed);
        var fused = problem.Solve(problem.Type);
        // In double precision: libtorch's own product of bfloat16 is wrong for some shapes where there is AMX.
        var plain = KernelSwitches.Plainly(() => problem.Solve(ScalarType.Float64));
        for (var i = 0; i < fused.Length; i++)
        {
            var size = double.Max(1, plain[i].abs().max().ToDouble());
            Values.Distance(fused[i], plain[i]).Should().BeLessThan(problem.Tolerance * size, $"{problem}: part {i}");
        }
    }

    [Test]
    public void The_kernel_is_what_runs()
    {
        var (q, k, v) = (Values.Normal(1, 1, 1, 5, 3), Values.Normal(2, 1, 1, 5, 3), Values.Normal(3, 1, 1, 5, 3));
        Kernels.TryAttention(q, k, v, null, false).Should().NotBeNull();
        Kernels.Attention = false;
        Kernels.TryAttention(q, k, v, null, false).Should().BeNull();
    }

    [Test]
    public void Gradients_agree_with_central_differences()
    {
        var inputs = new ulong[] { 1, 2, 3 }
            .Select(s => Values.Normal(s, 1, 2, 37, 3))
            .ToArray();
        var weights = Values.Normal(4, 1, 2, 37, 3);
        double Value(Tensor[] at) => (F.scaled_dot_product_attention(at[0], at[1], at[2]) * weights).sum().ToDouble();
        foreach (var input in inputs)
            input.requires_grad_();
        (F.scaled_dot_product_attention(inputs[0], inputs[1], inputs[2]) * weights).sum().backward();
        const double Step = 1e-5;
        for (var part = 0; part < 3; part++)
        {
            var gradient = inputs[part].grad!.Doubles();
            for (var element = 0; element < gradient.Length; element += 17)
            {
                double At(double offset)
                {
                    using var inner = NewDisposeScope();
                    var moved = inputs[part].Doubles();
                    moved[element] += offset;
                    var at = inputs.Select(t => t.detach()).ToArray();
                    at[part] = tensor(moved, inputs[part].shape);
                    return Value(at);
                }
                var difference = (At(Step) - At(-Step)) / (2 * Step);
                gradient[element].Should().BeApproximately(difference, 1e-7, $"part {part}, element {element}");
            }
        }
    }

    [Test]
    public void The_gradient_of_the_gradient_is_the_plain_formulas()
    {
        double[] Second()
        {
            var q = Values.Normal(1, 1, 1, 6, 4).requires_grad_();
            var (k, v) = (Values.Normal(2, 1, 1, 7, 4), Values.Normal(3, 1, 1, 7, 4));
            var y = F.scaled_dot_product_attention(q, k, v).pow(2).sum();
            var first = autograd.grad([y], [q], create_graph: true)[0];
            return autograd.grad([first.pow(2).sum()], [q])[0].Doubles();
        }
        var (fused, plain) = (Second(), KernelSwitches.Plainly(Second));
        fused.Zip(plain, (a, b) => double.Abs(a - b)).Max().Should().BeLessThan(1e-11);
        plain.Max(double.Abs).Should().BeGreaterThan(1e-3);
    }

    [Test]
    public void One_tensor_as_query_key_and_value_has_its_gradient_counted_once()
    {
        double[] First(bool graph)
        {
            var x = Values.Normal(1, 1, 2, 6, 4).requires_grad_();
            var y = F.scaled_dot_product_attention(x, x, x).pow(2).sum();
            return autograd.grad([y], [x], create_graph: graph)[0].Doubles();
        }
        First(graph: true).Zip(First(graph: false), (a, b) => double.Abs(a - b)).Max().Should().BeLessThan(1e-12);
    }

    [Test]
    public void Without_a_gradient_the_result_can_be_changed_in_place()
    {
        var x = Values.Normal(1, 1, 2, 6, 4);
        Tensor y;
        using (no_grad())
            y = F.scaled_dot_product_attention(x, x, x);
        var weight = tensor(2.0).requires_grad_();
        y.mul_(weight).sum().backward();
        weight.grad.Should().NotBeNull();
    }

    [TestCase(float.MinValue)]
    [TestCase(float.NegativeInfinity)]
    public void A_key_under_the_lowest_number_is_not_seen(float lowest)
    {
        var (q, k) = (Values.Normal(1, 1, 1, 3, 4).@float(), Values.Normal(2, 1, 1, 5, 4).@float());
        var mask = zeros(1, 1, 3, 5);
        mask[TensorIndex.Ellipsis, 3] = tensor(lowest);
        var fused = F.scaled_dot_product_attention(q, k, k, mask);
        var plain = KernelSwitches.Plainly(() => F.scaled_dot_product_attention(q, k, k, mask));
        Values.Distance(fused, plain).Should().BeLessThan(1e-6);
    }

    [Test]
    public void Scores_beyond_what_an_exponential_can_hold_are_fine()
    {
        var q = 1e4 * Values.Normal(1, 1, 1, 40, 8);
        var (k, v) = (Values.Normal(2, 1, 1, 300, 8), Values.Normal(3, 1, 1, 300, 8));
        var fused = F.scaled_dot_product_attention(q.@float(), k.@float(), v.@float());
        var plain = KernelSwitches.Plainly(() => F.scaled_dot_product_attention(q, k, v));
        Values.Distance(fused, plain).Should().BeLessThan(2e-2);
        fused.isfinite().all().item<bool>().Should().BeTrue();
    }

    [TestCase(ScalarType.Float64, 8)]
    [TestCase(ScalarType.Float32, 8)]
    [TestCase(ScalarType.Float32, 20)]
    public void What_is_not_a_number_stays_so(ScalarType type, int channels)
    {
        var q = Values.Normal(1, 1, 1, 4, channels).to_type(type);
        var k = Values.Normal(2, 1, 1, 20, channels).to_type(type);
        k[0, 0, 17, 3] = double.NaN;
        F.scaled_dot_product_attention(q, k, k).isnan().all().item<bool>().Should().BeTrue();
    }

    [Test]
    public void A_query_that_sees_no_key_gives_zeros_and_no_gradient()
    {
        var q = Values.Normal(1, 1, 1, 3, 4).requires_grad_();
        var k = Values.Normal(2, 1, 1, 5, 4).requires_grad_();
        var mask = ones([3, 5], ScalarType.Bool);
        mask[1] = tensor(false);
        var y = F.scaled_dot_product_attention(q, k, k, mask);
        y.sum().backward();
        y[0, 0, 1].abs().sum().ToDouble().Should().Be(0);
        q.grad![0, 0, 1].abs().sum().ToDouble().Should().Be(0);
        k.grad!.isfinite().all().item<bool>().Should().BeTrue();
    }

    [Test]
    public void Nor_does_it_disturb_the_gradient_of_the_gradient_of_others()
    {
        double[] Second(int queries, Tensor mask)
        {
            var q = Values.Normal(1, 1, 1, 3, 4)[.., .., ..queries].requires_grad_();
            var k = Values.Normal(2, 1, 1, 5, 4).requires_grad_();
            var y = F.scaled_dot_product_attention(q, k, k, mask).pow(2).sum();
            var first = autograd.grad([y], [q, k], create_graph: true);
            var second = autograd.grad([first[0].pow(2).sum() + first[1].pow(2).sum()], [q, k]);
            second[0].shape[2].Should().Be(queries);
            return [.. second[0][0, 0, ..2].contiguous().Doubles(), .. second[1].Doubles()];
        }
        var mask = ones([3, 5], ScalarType.Bool);
        mask[2] = tensor(false);
        var without = Second(2, mask[..2]);
        Second(3, mask).Zip(without, (a, b) => double.Abs(a - b)).Should().OnlyContain(d => d < 1e-13);
        without.Max(double.Abs).Should().BeGreaterThan(1e-3);
    }

    [Test]
    public void Channels_that_stand_before_the_pixels_stay_there()
    {
        var x = Values.Normal(1, 2, 3, 4, 25);
        var rows = x.transpose(2, 3);
        var y = F.scaled_dot_product_attention(rows, rows, rows);
        y.transpose(2, 3).is_contiguous().Should().BeTrue();
        Values.Distance(y, F.scaled_dot_product_attention(rows.contiguous(), rows, rows)).Should().Be(0);
    }

    // Shapes, memory orders, masks and types at random; sizes around the tiles' edges are likely.
    private sealed class Problem
    {
        private readonly long[] _shape;
        private readonly ulong _seed;
        private readonly int _mask;
        private readonly bool _channelsFirst;

        internal Problem(int seed)
        {
            var random = new Random(seed);
            long Length() => random.Next(4) == 0 ? random.Next(250, 600) : random.Next(1, 70);
            (_seed, _mask, _channelsFirst) = ((ulong)(uint)seed, random.Next(4), random.Next(2) == 0);
            Type = random.Next(3) switch
            {
                0 => ScalarType.Float32,
                1 => ScalarType.BFloat16,
                _ => ScalarType.Float64,
            };
            // B, H, queries, keys, d, e; few channels have their own way
            int Channels(int most) => random.Next(1, most + 1);
            var most = random.Next(2) == 0 ? 8 : 40;
            _shape = [random.Next(1, 4), random.Next(1, 4), Length(), Length(), Channels(most), Channels(most)];
        }

        internal ScalarType Type { get; }

        internal double Tolerance =>
            Type switch
            {
                ScalarType.Float64 => 1e-12,
                ScalarType.Float32 => 1e-5,
                _ => 4e-2,
            };

        // What the type rounds the inputs to, in the arithmetic of another.
        internal Tensor[] Solve(ScalarType arithmetic)
        {
            var inputs = new[] { Input(1, 2, 4), Input(2, 3, 4), Input(3, 3, 5) };
            var (q, k, v) = (Leaf(inputs[0]), Leaf(inputs[1]), Leaf(inputs[2]));
            var y = F.scaled_dot_product_attention(q, k, v, Mask(arithmetic), is_casual: _mask == 3);
            (y * Values.Normal(_seed + 9, y.shape).to_type(Type).to_type(arithmetic)).sum().backward();
            return [y, q.grad!, k.grad!, v.grad!];

            Tensor Leaf(Tensor x) => x.to_type(arithmetic).requires_grad_();
        }

        public override string ToString() =>
            $"[{string.Join(", ", _shape)}] {Type}, mask {_mask}, channels first: {_channelsFirst}";

        private Tensor Input(ulong salt, int rows, int channels)
        {
            var (b, h) = (_shape[0], _shape[1]);
            return _channelsFirst
                ? Values.Normal(_seed + salt, b, h, _shape[channels], _shape[rows]).to_type(Type).transpose(2, 3)
                : Values.Normal(_seed + salt, b, h, _shape[rows], _shape[channels]).to_type(Type);
        }

        private Tensor? Mask(ScalarType arithmetic)
        {
            if (_mask == 1)
                return Values.Normal(_seed + 7, _shape[0], 1, _shape[2], _shape[3]).to_type(Type).to_type(arithmetic);
            if (_mask != 2)
                return null;
            var seen = Values.Normal(_seed + 8, _shape[2], _shape[3]) > -0.5;
            // Every query sees one key.
            seen[TensorIndex.Ellipsis, 0] = tensor(true);
            return seen;
        }
    }
}
#endif
