using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Diffusion.Nn;

/// <summary>Halves the image size by a learned 3×3 convolution of stride 2.</summary>
public sealed class Downsample2D : nn.Module<Tensor, Tensor>
{
    private readonly int _padding;

    // TorchSharp registers fields under their names: this is the name of the checkpoint's tensors.
    private readonly Conv2d conv;

    /// <summary>Makes the layer with PyTorch's default initialisation.</summary>
    /// <param name="channels">Channels in and out.</param>
    /// <param name="padding">1 pads every side by one pixel; 0 pads only right and below, as DDPM's first code
    /// did.</param>
    public Downsample2D(int channels, int padding = 1)
        : base(nameof(Downsample2D))
    {
        _padding = padding;
        conv = Layers.Conv3x3(channels, channels, stride: 2, padding: padding);
        RegisterComponents();
    }

    /// <summary>Runs the layer.</summary>
    /// <param name="x">Feature maps [B, C, H, W].</param>
    /// <returns>A new tensor [B, C, H/2, W/2].</returns>
    public override Tensor forward(Tensor x)
    {
        if (_padding != 0)
            return conv.Convolve(x);
        return nn.functional.pad(x, [0, 1, 0, 1], PaddingModes.Constant, 0).Then(conv.Convolve);
    }
}
