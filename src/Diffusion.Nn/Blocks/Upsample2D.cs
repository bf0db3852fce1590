using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Diffusion.Nn;

/// <summary>Doubles the image size by nearest neighbour, then a learned 3×3 convolution.</summary>
public sealed class Upsample2D : nn.Module<Tensor, Tensor>
{
    // TorchSharp registers fields under their names: this is the name of the checkpoint's tensors.
    private readonly Conv2d conv;

    /// <summary>Makes the layer with PyTorch's default initialisation.</summary>
    /// <param name="channels">Channels in and out.</param>
    public Upsample2D(int channels)
        : base(nameof(Upsample2D))
    {
        conv = Layers.Conv3x3(channels, channels);
        RegisterComponents();
    }

    /// <summary>Runs the layer.</summary>
    /// <param name="x">Feature maps [B, C, H, W].</param>
    /// <returns>A new tensor [B, C, 2H, 2W].</returns>
    public override Tensor forward(Tensor x) => Layers.UpsampleNearest(x).Then(conv.Convolve);
}
