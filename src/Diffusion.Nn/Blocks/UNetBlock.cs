using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Diffusion.Nn;

/// <summary>One resolution on the way down or up: feature maps and what goes beside them → feature maps.</summary>
/// <remarks>A block leaves its input as it is and hands back a new tensor, which the caller frees.</remarks>
public abstract class UNetBlock : nn.Module<Tensor, UNetState, Tensor>
{
    private protected UNetBlock(string name)
        : base(name) { }

    /// <summary>Residual blocks on the way down, each with or without attention, whose results go onto the stack.</summary>
    private protected static Tensor Down(
        Tensor x,
        ModuleList<ResnetBlock2D> resnets,
        ModuleList<AttentionBlock>? attentions,
        UNetState state
    )
    {
        var h = x.alias();
        for (var i = 0; i < resnets.Count; i++)
        {
            var resnet = resnets[i];
            h = h.Then(t => resnet.call(t, state.ActivatedTime));
            if (attentions is not null)
                h = h.Then(attentions[i].call);
            state.Skips.Push(h.alias());
        }
        return h;
    }
}
