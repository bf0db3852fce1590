#if SYSTEM_ENGINE
using Diffusion.Engine;
using FluentAssertions;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Diffusion.Numerics.Torch;

/// <summary>Convolution by Winograd's algorithm against libtorch's in double precision, with each instruction set that uses it.</summary>
[TestFixtureSource(typeof(WinogradTests), nameof(Sets))]
[NonParallelizable]
public sealed class WinogradTests(string set)
{
    // Of the greatest number of a result; plain sums keep within 2e-6, but for weights' gradients, which are sums over all
    // images. Lavin and Gray (arXiv:1509.09308, table 3) have 1e-5 and more for squares of 4 × 4.
    private const double Tolerance = 1.5e-5;

    private KernelSwitches _switches = null!;
    private DisposeScope _scope = null!;
    private int _threads;

    // The matrix unit goes before it.
    public static IEnumerable<string> Sets => KernelSwitches.Sets.Where(set => set != "amx");

    [SetUp]
    public void Open()
    {
        (_switches, _threads) = (new KernelSwitches(set), get_num_threads());
        _scope = NewDisposeScope();
    }

    [TearDown]
    public void Close()
    {
        _scope.Dispose();
        set_num_threads(_threads);
        _switches.Dispose();
    }

    [FsCheck.NUnit.Property(MaxTest = 60)]
    public void Forward_and_gradients_equal_libtorchs(int seed)
    {
        using var inner = NewDisposeScope();
        // FsCheck's seeds are small numbers of either sign, and Random takes -1 for 1.
        var random = new Random(unchecked((seed * 7919) + 1));
        set_num_threads(random.Next(1, 5));
        var problem = Problem.Of(random);
        problem.Distances().Should().OnlyContain(distance => distance < Tolerance, $"{problem}");
    }

    // Hardly more than one square a side, a row of squares, more squares than a block holds, a channel more than vectors hold.
    [TestCase(1, 16, 16, 6, 6, 3, 1)]
    [TestCase(1, 17, 33, 8, 4, 3, 2)]
    [TestCase(2, 16, 16, 2, 300, 3, 1)]
    [TestCase(2, 31, 16, 130, 3, 3, 2)]
    [TestCase(1, 16, 47, 3, 3, 5, 2)]
    [TestCase(3, 20, 20, 3, 90, 5, 4)]
    [TestCase(1, 130, 70, 40, 40, 3, 0)]
    public void Squares_join(int images, int inputs, int outputs, int height, int width, int kernel, int padding) =>
        new Problem([images, inputs, height, width], outputs, kernel, [padding, padding], true)
            .Distances()
            .Should()
            .OnlyContain(distance => distance < Tolerance);

    // Whose sums at the points would take more memory, or, with few images, more time.
    [TestCase(1, 500, 400, 32)]
    [TestCase(2, 20, 20, 8)]
    public void Some_weights_gradients_are_summed_over_taps(int images, int inputs, int outputs, int side) =>
        new Problem([images, inputs, side, side], outputs, 3, [1, 1], true)
            .Distances()
            .Should()
            .OnlyContain(distance => distance < Tolerance);

    [TestCase(3, 1)]
    [TestCase(5, 2)]
    public void Its_error_is_at_most_three_times_that_of_plain_sums(int kernel, int padding)
    {
        var (x, weight) = (Values.Normal(1, 8, 64, 16, 16), Values.Normal(2, 64, 64, kernel, kernel));
        var exact = F.conv2d(x, weight, padding: [padding, padding]);
        double Error(bool winograd)
        {
            Kernels.Winograd = winograd;
            var y = F.conv2d(x.@float(), weight.@float(), padding: [padding, padding]);
            return double.Sqrt((y.@double() - exact).pow(2).mean().ToDouble());
        }
        var (error, plain) = (Error(true), Error(false));
        error.Should().NotBe(plain).And.BeLessThan(3 * plain);
    }

    [Test]
    public void Its_result_does_not_depend_on_the_threads() => ConvolutionRules.Threads_change_nothing();

    // Samples don't depend on what else is drawn.
    [Test]
    public void An_image_does_not_depend_on_its_batch()
    {
        var (x, weight) = ConvolutionRules.Problem();
        var all = F.conv2d(x, weight, padding: [1, 1]);
        for (var i = 0; i < x.shape[0]; i++)
            F.conv2d(x[i].unsqueeze(0), weight, padding: [1, 1]).data<float>().Should().Equal(all[i].data<float>());
    }

    [Test]
    public void What_is_not_a_number_stays_in_its_image() => ConvolutionRules.What_is_not_a_number_stays_in_its_image();

    [Test]
    public void It_takes_kernels_and_images_that_fill_its_squares()
    {
        bool Takes(int images, int channels, int height, int width, int kernel) =>
            new Problem(
                [images, channels, height, width],
                channels,
                kernel,
                [kernel / 2, kernel / 2],
                false
            ).IsBySquares;
        set_num_threads(2);
        Takes(1, 16, 28, 28, 3).Should().BeTrue();
        Takes(1, 16, 6, 6, 3).Should().BeTrue();
        Takes(2, 16, 3, 4, 5).Should().BeTrue();
        Takes(2, 15, 28, 28, 3).Should().BeFalse();
        // Less than half of its squares, and less than four squares.
        Takes(2, 16, 5, 5, 3).Should().BeFalse();
        Takes(64, 16, 4, 12, 3).Should().BeFalse();
        // Larger weights ask for more squares.
        Takes(2, 256, 8, 8, 3).Should().BeTrue();
        Takes(2, 288, 8, 8, 3).Should().BeFalse();
        Takes(2, 16, 28, 28, 7).Should().BeFalse();
        Takes(2, 16, 28, 28, 1).Should().BeFalse();
    }

    private sealed record Problem(long[] X, int Outputs, int Kernel, long[] Padding, bool Bias)
    {
        // Whole numbers are summed exactly over taps.
        internal bool IsBySquares
        {
            get
            {
                var (x, weight) = (ones(X), ones(Outputs, X[1], Kernel, Kernel));
                Kernels.Winograd = false;
                var without = Kernels.TryConvolution(x, weight, null, null, Padding, null, 1);
                Kernels.Winograd = true;
                var with = Kernels.TryConvolution(x, weight, null, null, Padding, null, 1);
                return with is not null && (without is null || (with - without).abs().max().ToDouble() > 0);
            }
        }

        // Images that are large enough for squares of four outputs a side, whatever the padding.
        internal static Problem Of(Random random)
        {
            var kernel = random.Next(2) == 0 ? 3 : 5;
            return new(
                [random.Next(1, 9), random.Next(16, 100), random.Next(10, 24), random.Next(10, 40)],
                random.Next(16, 100),
                kernel,
                [random.Next(kernel), random.Next(kernel)],
                random.Next(2) == 0
            );
        }

        // Of y and the gradients of x, weight and bias, relative to the greatest number of each.
        internal IEnumerable<double> Distances()
        {
            IsBySquares.Should().BeTrue($"{this}");
            return Solve(ScalarType.Float32)
                .Zip(
                    Solve(ScalarType.Float64),
                    (one, exact) => Values.Distance(one, exact) / exact.abs().max().ToDouble()
                )
                .ToList();
        }

        private Tensor[] Solve(ScalarType type)
        {
            var x = Values.Normal(1, X).to_type(type).requires_grad_();
            var weight = Values.Normal(2, Outputs, X[1], Kernel, Kernel).to_type(type).requires_grad_();
            var bias = Bias ? Values.Normal(3, Outputs).to_type(type).requires_grad_() : null;
            var y = F.conv2d(x, weight, bias, padding: Padding);
            Tensor[] wanted = bias is null ? [x, weight] : [x, weight, bias];
            return [y, .. autograd.grad([y], wanted, [Values.Normal(4, y.shape).to_type(type)])];
        }

        public override string ToString() =>
            $"[{string.Join(", ", X)}] to {Outputs} channels by {Kernel} × {Kernel}, padding {string.Join(", ", Padding)}";
    }
}
#endif
