#if SYSTEM_ENGINE
using System.Runtime.InteropServices;
using Diffusion.Engine;
using FluentAssertions;
using NUnit.Framework;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Diffusion.Numerics.Torch;

/// <summary>Clipping, Adam and moving averages in one pass over all parameters, against one operator after another.</summary>
public sealed class OptimizerKernelTests(string set) : KernelFixture(set)
{
    [FsCheck.NUnit.Property(MaxTest = 60)]
    public void Steps_equal_the_plain_operators(int seed)
    {
        using var inner = NewDisposeScope();
        var problem = new Problem(seed);
        AreClose(problem.Walk(), KernelSwitches.Plainly(problem.Walk), problem);
    }

    // Large enough for all threads to take a part.
    [TestCase(ScalarType.Float32)]
    [TestCase(ScalarType.Float64)]
    public void The_number_of_threads_changes_nothing(ScalarType type)
    {
        using var inner = NewDisposeScope();
        double[] With(int count)
        {
            set_num_threads(count);
            return new Problem(
                3,
                type,
                [
                    [64, 1000],
                    [3],
                    [100_003],
                    [],
                    [17, 1],
                ]
            ).Walk();
        }
        var one = With(1);
        foreach (var count in new[] { 2, 3, 7 })
            With(count).SequenceEqual(one).Should().BeTrue($"{count} threads");
    }

    [Test]
    public void A_decay_that_is_not_decoupled_meets_no_infinite_weights_that_have_none()
    {
        using var inner = NewDisposeScope();
        double[] Step()
        {
            using var weight = new Parameter(tensor(new[] { 1, double.PositiveInfinity }));
            weight.grad = tensor(new[] { 1.0, 1 });
            using var optimizer = optim.Adam([weight]);
            optimizer.step();
            return ((Adam.State)optimizer.state_dict().State[0]).exp_avg.Doubles();
        }
        Step().Should().Equal(KernelSwitches.Plainly(Step));
    }

    [TestCase(double.NaN)]
    [TestCase(double.PositiveInfinity)]
    [TestCase(1e30)]
    public void A_norm_that_is_not_finite_does_what_it_does_plainly(double value)
    {
        using var inner = NewDisposeScope();
        double[] Clip()
        {
            Parameter[] both = [new(zeros(20)), new(zeros(3))];
            both[0].grad = ones(20);
            both[1].grad = tensor(new[] { 1, (float)value, 2 });
            var norm = nn.utils.clip_grad_norm_(both, 1);
            return [norm, .. both.SelectMany(one => one.grad!.Doubles())];
        }
        var clipped = Clip();
        clipped.Should().Equal(KernelSwitches.Plainly(Clip));
        double.IsFinite(clipped[0]).Should().BeFalse();
    }

    [Test]
    public void Another_order_in_memory_is_followed()
    {
        using var inner = NewDisposeScope();
        double[] Step()
        {
            using var weight = new Parameter(Values.Normal(1, 5, 40).t());
            weight.grad = Values.Normal(2, 5, 40).t();
            using var optimizer = optim.AdamW([weight], weight_decay: 0.1);
            optimizer.step();
            return weight.Doubles();
        }
        Step().Should().Equal(KernelSwitches.Plainly(Step), (a, b) => double.Abs(a - b) < 1e-13);
    }

    [Test]
    public void What_it_does_not_cover_is_left_to_the_plain_operators()
    {
        using var inner = NewDisposeScope();
        var (a, b) = (ones(4, 5), zeros(4, 5));
        Kernels.TryAverage([(a, b)], 0.5).Should().BeTrue();
        a.Doubles().Should().AllBeEquivalentTo(0.5);
        (Tensor, Tensor)[] others =
        [
            (ones(4, 5), zeros(5, 4).t()),
            (ones(4, 5), zeros(5)),
            (ones(4, 5), zeros(4, 5, ScalarType.Float64)),
            (ones([4, 5], ScalarType.BFloat16), zeros([4, 5], ScalarType.BFloat16)),
            (ones(5).expand(4, 5), zeros(4, 5)),
            (a.narrow(0, 1, 3), zeros(3, 5)),
        ];
        foreach (var other in others)
        {
            Kernels.TryAverage([(a, b), other], 0.5).Should().BeFalse();
            a.Doubles().Should().AllBeEquivalentTo(0.5);
        }
        Kernels.Optimizer = false;
        Kernels.TryAverage([(a, b)], 0.5).Should().BeFalse();
    }

    [TestCase(true, ScalarType.Float32, true)]
    [TestCase(false, ScalarType.BFloat16, true)]
    [TestCase(false, ScalarType.Float32, false)]
    public void A_step_that_it_does_not_cover_is_still_made(bool amsgrad, ScalarType type, bool dense)
    {
        using var inner = NewDisposeScope();
        double[] Step()
        {
            Parameter[] both = [new(ones(4, 4)), new(ones([4, 4], type))];
            both[0].grad = Values.Normal(1, 4, 4).@float();
            both[1].grad = Values.Normal(2, 4, 4).to_type(type);
            if (!dense)
                both[1].grad = both[1].grad!.t();
            using var optimizer = optim.AdamW(both, amsgrad: amsgrad);
            optimizer.step();
            nn.utils.clip_grad_norm_(both, 0.5);
            var steps = optimizer.state_dict().State.Select(state => ((AdamW.State)state).step);
            steps.Should().AllBeEquivalentTo(1);
            return [.. both.SelectMany(one => (double[])[.. one.Doubles(), .. one.grad!.Doubles()])];
        }
        Step().Should().Equal(KernelSwitches.Plainly(Step), (a, b) => double.Abs(a - b) < 1e-6);
    }

    [Test]
    public void Gradients_in_one_memory_are_scaled_as_often_as_there_are_parameters()
    {
        using var inner = NewDisposeScope();
        Parameter[] both = [new(zeros(2)), new(zeros(2))];
        var gradient = tensor(new[] { 3f, 4f });
        (both[0].grad, both[1].grad) = (gradient, gradient.view(2));
        nn.utils.clip_grad_norm_(both, double.Sqrt(50) / 2);
        gradient.Doubles().Should().Equal([0.75, 1], (a, b) => double.Abs(a - b) < 1e-6);
    }

    [Test]
    public void Autograd_refuses_to_go_back_through_what_a_step_changed()
    {
        using var inner = NewDisposeScope();
        using var weight = new Parameter(ones(3));
        using var optimizer = optim.AdamW([weight]);
        weight.grad = ones(3);
        var y = weight.pow(2).sum();
        optimizer.step();
        y.Invoking(value => value.backward()).Should().Throw<ExternalException>().WithMessage("*inplace operation*");
    }

    [Test]
    public void Nothing_is_left_behind()
    {
        using var inner = NewDisposeScope();
        using var weight = new Parameter(ones(3));
        using var optimizer = optim.AdamW([weight]);
        weight.grad = ones(3);
        var before = LiveTensors.Count();
        nn.utils.clip_grad_norm_([weight], 1);
        optimizer.step();
        LiveTensors.Count().Should().Be(before);
    }

    private static void AreClose(double[] fused, double[] plain, Problem problem)
    {
        fused.Length.Should().Be(plain.Length);
        fused
            .Zip(plain, (a, b) => double.Abs(a - b) / double.Max(1, double.Abs(b)))
            .Max()
            .Should()
            .BeLessThan(problem.Tolerance, problem.ToString());
    }

    // Shapes, numbers and rules at random; a few steps, in which some parameters have no gradient.
    private sealed class Problem
    {
        private const int Steps = 4;

        private readonly long[][] _shapes;
        private readonly ScalarType _type;
        private readonly ulong _seed;
        private readonly bool _decoupled;
        private readonly bool _maximize;
        private readonly double[] _decays;
        private readonly double _beta1;
        private readonly double _beta2;
        private readonly double _limit;

        internal Problem(int seed, ScalarType? type = null, long[][]? shapes = null)
        {
            var random = new Random(seed);
            _shapes = shapes ?? [.. Enumerable.Range(0, random.Next(1, 6)).Select(_ => Shape(random))];
            _type = type ?? (random.Next(2) == 0 ? ScalarType.Float64 : ScalarType.Float32);
            (_seed, _decoupled, _maximize) = ((ulong)(uint)seed, random.Next(2) == 0, random.Next(2) == 0);
            _decays = [0, random.Next(2) == 0 ? 0.3 * random.NextDouble() : 0];
            (_beta1, _beta2) = (0.95 * random.NextDouble(), 0.999 * random.NextDouble());
            _limit = 100 * random.NextDouble();
        }

        internal double Tolerance => _type == ScalarType.Float64 ? 1e-12 : 2e-5;

        /// <summary>Norms, weights, moments, gradients and averages after some steps.</summary>
        internal double[] Walk()
        {
            Parameter[] weights = [.. _shapes.Select((shape, i) => new Parameter(Drawn(i, shape)))];
            var averages = weights.Select(weight => weight.detach().clone()).ToArray();
            using var optimizer = Optimizer(weights);
            var norms = new List<double>();
            for (var step = 0; step < Steps; step++)
            {
                for (var i = 0; i < weights.Length; i++)
                    weights[i].grad = (step + i) % 3 == 2 ? null : Drawn(100 * (step + 1) + i, _shapes[i]);
                norms.Add(nn.utils.clip_grad_norm_(weights, _limit));
                optimizer.step();
                Average(averages, weights);
            }
            return
            [
                .. norms,
                .. weights.Concat(Moments(optimizer)).Concat(averages).SelectMany(tensor => tensor.Doubles()),
                .. weights.Select(weight => weight.grad).OfType<Tensor>().SelectMany(tensor => tensor.Doubles()),
            ];
        }

        private static void Average(Tensor[] averages, Parameter[] weights)
        {
            using var noGrad = no_grad();
            if (Kernels.TryAverage([.. averages.Zip(weights, (a, w) => (a, (Tensor)w))], 0.9))
                return;
            Kernels.Optimizer.Should().BeFalse();
            foreach (var (average, weight) in averages.Zip(weights))
                average.mul_(0.9).add_(weight, 0.1);
        }

        // Two groups, of which the second decays.
        private OptimizerHelper Optimizer(Parameter[] weights)
        {
            var groups = weights.Select((weight, i) => (weight, i)).GroupBy(w => w.i % 2, w => w.weight).ToList();
            return _decoupled
                ? optim.AdamW(
                    groups.Select(g => new AdamW.ParamGroup(
                        g,
                        0.1,
                        _beta1,
                        _beta2,
                        1e-4,
                        _decays[g.Key],
                        false,
                        _maximize
                    ))
                )
                : optim.Adam(
                    groups.Select(g => new Adam.ParamGroup(
                        g,
                        0.1,
                        _beta1,
                        _beta2,
                        1e-4,
                        _decays[g.Key],
                        false,
                        _maximize
                    ))
                );
        }

        private static IEnumerable<Tensor> Moments(OptimizerHelper optimizer) =>
            optimizer
                .state_dict()
                .State.SelectMany(state =>
                    state switch
                    {
                        Adam.State adam => (Tensor[])[adam.exp_avg, adam.exp_avg_sq],
                        AdamW.State adamW => [adamW.exp_avg, adamW.exp_avg_sq],
                        _ => [],
                    }
                );

        private Tensor Drawn(int number, long[] shape) => Values.Normal(_seed + (ulong)number, shape).to_type(_type);

        // Now and then longer than a stretch of the kernel's, and seldom a whole number of vectors.
        private static long[] Shape(Random random) =>
            random.Next(6) switch
            {
                0 => [],
                1 => [random.Next(3), random.Next(5)],
                2 => [random.Next(1, 30_000)],
                _ => [random.Next(1, 20), random.Next(1, 20), 1],
            };

        public override string ToString() =>
            $"{string.Join(", ", _shapes.Select(s => $"[{string.Join(", ", s)}]"))}, {_type}, decoupled: {_decoupled}, "
            + $"decay {_decays[1]}, maximize: {_maximize}, β {_beta1}, {_beta2}, limit {_limit}";
    }
}
#endif
