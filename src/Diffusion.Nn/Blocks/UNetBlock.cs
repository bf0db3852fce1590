using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Nn;

/// <summary>One resolution on the way down or up: feature maps and what goes beside them → feature maps.</summary>
/// <remarks>A block leaves its input as it is and hands back a new tensor, which the caller frees.</remarks>
public abstract class UNetBlock : nn.Module<Tensor, UNetState, Tensor>
{
    private protected UNetBlock(string name)
        : base(name) { }
}
