#if SYSTEM_ENGINE
using Diffusion.Engine;
using FluentAssertions;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Diffusion.Numerics.Torch;

/// <summary>What a processor's matrix unit (AMX) must not change; skipped where there is none.</summary>
[NonParallelizable]
public sealed class MatrixUnitTests
{
    private KernelSwitches switches = null!;

    [SetUp]
    public void Open()
    {
        if (!KernelSwitches.Sets.Contains("amx"))
            Assert.Ignore("This processor has no matrix unit for bfloat16.");
        switches = new KernelSwitches("amx");
    }

    [TearDown]
    public void Close() => switches?.Dispose();

    [Test]
    public void Its_error_is_float32_s()
    {
        using var scope = NewDisposeScope();
        var (x, weight) = (Values.Normal(1, 4, 128, 12, 12), Values.Normal(2, 64, 128, 3, 3));
        var exact = F.conv2d(x, weight, padding: [1, 1]);
        Kernels.Winograd = false;
        double Error(string set)
        {
            Kernels.InstructionSet = set;
            return (F.conv2d(x.@float(), weight.@float(), padding: [1, 1]).@double() - exact).pow(2).mean().ToDouble();
        }
        double.Sqrt(Error("amx") / Error("generic")).Should().BeLessThan(1.5);
    }

    // Large images are cut into bands of rows; and fewer images than threads are, with kernels of any size.
    [TestCase(1, 20, 70, 45, 3, 1)]
    [TestCase(2, 40, 130, 31, 3, 2)]
    [TestCase(1, 17, 3, 700, 3, 1)]
    [TestCase(3, 33, 1, 90, 5, 4)]
    [TestCase(1, 16, 4, 4, 7, 3)]
    public void Bands_of_an_image_join(int images, int channels, int height, int width, int kernel, int padding)
    {
        using var scope = NewDisposeScope();
        Tensor[] Solve(ScalarType type)
        {
            var x = Values.Normal(1, images, channels, height, width).to_type(type).requires_grad_();
            var weight = Values.Normal(2, 24, channels, kernel, kernel).to_type(type).requires_grad_();
            var bias = Values.Normal(3, 24).to_type(type).requires_grad_();
            var y = F.conv2d(x, weight, bias, padding: [padding, padding]);
            return [y, .. autograd.grad([y], [x, weight, bias], [Values.Normal(4, y.shape).to_type(type)])];
        }
        foreach (var (tiles, exact) in Solve(ScalarType.Float32).Zip(Solve(ScalarType.Float64)))
            Values.Distance(tiles, exact).Should().BeLessThan(2e-6 * exact.abs().max().ToDouble());
    }

    [Test]
    public void Its_result_does_not_depend_on_the_threads() => ConvolutionRules.Threads_change_nothing();

    [Test]
    public void What_is_not_a_number_stays_in_its_image() => ConvolutionRules.What_is_not_a_number_stays_in_its_image();

    // A thread that has used the unit is given 11 KB with each signal, more than .NET's stack for them takes.
    [Test]
    public void A_null_reference_is_still_an_exception()
    {
        var caught = 0;
        InThread(() =>
        {
            Convolve();
            for (var i = 0; i < 3; i++)
                try
                {
                    _ = Nothing()!.Length;
                }
                catch (NullReferenceException)
                {
                    caught++;
                }
        });
        caught.Should().Be(3);
    }

    [Test]
    public void Threads_that_used_it_leave_no_memory_behind()
    {
        for (var i = 0; i < 20; i++)
            InThread(Convolve);
        var before = Mappings();
        for (var i = 0; i < 100; i++)
            InThread(Convolve);
        (Mappings() - before).Should().BeLessThan(100);
    }

    private static int Mappings() => File.ReadLines("/proc/self/maps").Count();

    private static string? Nothing() => null;

    private static void Convolve()
    {
        using var scope = NewDisposeScope();
        F.conv2d(ones(4, 32, 8, 8), ones(32, 32, 3, 3));
    }

    private static void InThread(Action work)
    {
        var thread = new Thread(() => work());
        thread.Start();
        thread.Join();
    }
}
#endif
