using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Diffusion.Nn;

/// <summary>
/// The smallest network that can remove noise: three 5×5 convolutions down (→32→64→64), three up (→64→32→), SiLU after
/// each, max-pooling and nearest upsampling between, skips added. It isn't told the time.
/// </summary>
/// <remarks>With one channel in and out it has 309,057 parameters.</remarks>
public sealed class BasicUNet : nn.Module<Tensor, Tensor>
{
    private const int Halvings = 2;

    private readonly int _channelsIn;

    // TorchSharp registers fields under their names: these are the names of the checkpoint's tensors.
    private readonly ModuleList<Conv2d> down;
    private readonly ModuleList<Conv2d> up;

    /// <summary>Makes a network with PyTorch's default initialisation.</summary>
    /// <param name="channelsIn">Channels of the image, at least 1.</param>
    /// <param name="channelsOut">Channels of the output, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A channel count is below 1.</exception>
    public BasicUNet(int channelsIn = 1, int channelsOut = 1)
        : base(nameof(BasicUNet))
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(channelsIn, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(channelsOut, 1);
        _channelsIn = channelsIn;
        down = nn.ModuleList(Conv5x5(channelsIn, 32), Conv5x5(32, 64), Conv5x5(64, 64));
        up = nn.ModuleList(Conv5x5(64, 64), Conv5x5(64, 32), Conv5x5(32, channelsOut));
        RegisterComponents();
    }

    /// <summary>Runs the network.</summary>
    /// <param name="x">Images [B, channelsIn, H, W]; H and W multiples of 4.</param>
    /// <returns>A new tensor [B, channelsOut, H, W].</returns>
    /// <exception cref="ArgumentException">The shape doesn't fit.</exception>
    public override Tensor forward(Tensor x)
    {
        Layers.RequireImages(x, _channelsIn, nameof(x));
        Layers.RequireHalvable(x.shape[2], x.shape[3], Halvings, nameof(x));
        using var scope = NewDisposeScope();
        var skips = new Stack<Tensor>();
        var h = x.alias();
        for (var i = 0; i < down.Count; i++)
        {
            h = h.Then(down[i].call).Activated(ActivationFunction.Silu);
            if (i == Halvings)
                break;
            skips.Push(h);
            h = F.max_pool2d(h, 2);
        }
        h = h.Then(up[0].call).Activated(ActivationFunction.Silu);
        for (var i = 1; i < up.Count; i++)
        {
            h = h.Then(Layers.UpsampleNearest);
            using (var skip = skips.Pop())
                h.add_(skip);
            h = h.Then(up[i].call).Activated(ActivationFunction.Silu);
        }
        return h.MoveToOuterDisposeScope();
    }

    private static Conv2d Conv5x5(long channelsIn, long channelsOut) =>
        nn.Conv2d(channelsIn, channelsOut, 5, padding: 2);
}
