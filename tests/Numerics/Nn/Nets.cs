using Diffusion.Nn;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Numerics.Nn;

/// <summary>Networks and counts that several fixtures need.</summary>
internal static class Nets
{
    /// <summary>The 28×28 course network, 1,707,009 parameters.</summary>
    internal static UNet2DConfig Course { get; } =
        new()
        {
            SampleSize = 28,
            InChannels = 1,
            OutChannels = 1,
            BlockOutChannels = [32, 64, 64],
            DownBlockTypes = [DownBlockType.DownBlock2D, DownBlockType.AttnDownBlock2D, DownBlockType.AttnDownBlock2D],
            UpBlockTypes = [UpBlockType.AttnUpBlock2D, UpBlockType.AttnUpBlock2D, UpBlockType.UpBlock2D],
        };

    /// <summary>A network with two resolutions and attention that is quick to run.</summary>
    internal static UNet2DConfig Small { get; } =
        new()
        {
            SampleSize = 8,
            InChannels = 1,
            OutChannels = 1,
            BlockOutChannels = [8, 16],
            DownBlockTypes = [DownBlockType.DownBlock2D, DownBlockType.AttnDownBlock2D],
            UpBlockTypes = [UpBlockType.AttnUpBlock2D, UpBlockType.UpBlock2D],
            LayersPerBlock = 1,
            NormNumGroups = 4,
        };

    internal static UNet2D Seeded(UNet2DConfig config)
    {
        manual_seed(7);
        return new UNet2D(config);
    }

    internal static long Parameters(nn.Module net) => net.named_parameters().Sum(p => p.parameter.numel());

    internal static double MaxDifference(Tensor a, Tensor b)
    {
        using var scope = NewDisposeScope();
        return (a.to(ScalarType.Float64) - b.to(ScalarType.Float64)).abs().max().ToDouble();
    }
}
