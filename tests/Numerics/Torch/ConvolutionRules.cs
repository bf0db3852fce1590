#if SYSTEM_ENGINE
using FluentAssertions;
using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Diffusion.Numerics.Torch;

/// <summary>What holds of a convolution, however it is computed.</summary>
internal static class ConvolutionRules
{
    internal static (Tensor X, Tensor Weight) Problem() =>
        (Values.Normal(1, 11, 40, 9, 9).@float(), Values.Normal(2, 24, 40, 3, 3).@float());

    // Samples are the same on machines with more cores.
    internal static void Threads_change_nothing()
    {
        using var scope = NewDisposeScope();
        var threads = get_num_threads();
        var (x, weight) = Problem();
        try
        {
            set_num_threads(1);
            var one = F.conv2d(x, weight, padding: [1, 1]);
            set_num_threads(3);
            F.conv2d(x, weight, padding: [1, 1]).data<float>().Should().Equal(one.data<float>());
        }
        finally
        {
            set_num_threads(threads);
        }
    }

    internal static void What_is_not_a_number_stays_in_its_image()
    {
        using var scope = NewDisposeScope();
        var (x, weight) = (Values.Normal(1, 3, 32, 6, 6).@float(), Values.Normal(2, 32, 32, 3, 3).@float());
        var clean = F.conv2d(x, weight, padding: [1, 1]);
        x[1, 5, 2, 2] = double.NaN;
        var y = F.conv2d(x, weight, padding: [1, 1]);
        y[1, 7, 2, 2].ToDouble().Should().Be(double.NaN);
        foreach (var image in new[] { 0, 2 })
            y[image].data<float>().Should().Equal(clean[image].data<float>());
    }
}
#endif
