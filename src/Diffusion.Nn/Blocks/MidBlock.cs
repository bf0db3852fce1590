using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Diffusion.Nn;

/// <summary>The lowest resolution: a residual block, attention if wanted, another residual block.</summary>
public sealed class MidBlock : nn.Module<Tensor, Tensor, Tensor>
{
    // TorchSharp registers fields under their names: these are the names of the checkpoint's tensors.
    private readonly ModuleList<AttentionBlock>? attentions;
    private readonly ModuleList<ResnetBlock2D> resnets;

    /// <summary>Makes a block with PyTorch's default initialisation.</summary>
    /// <param name="channels">Channels in and out.</param>
    /// <param name="options">What the residual blocks share; their output scale is also the attention's.</param>
    /// <param name="headChannels">Channels a head of attention; null for no attention.</param>
    /// <param name="attentionGroups">Groups of the attention's normalisation; null for none.</param>
    public MidBlock(int channels, ResnetOptions options, int? headChannels, int? attentionGroups)
        : base(nameof(MidBlock))
    {
        ArgumentNullException.ThrowIfNull(options);
        resnets = nn.ModuleList(
            new ResnetBlock2D(channels, channels, options),
            new ResnetBlock2D(channels, channels, options)
        );
        attentions = headChannels is { } head
            ? nn.ModuleList(new AttentionBlock(channels, head, attentionGroups, options.Epsilon, options.OutputScale))
            : null;
        RegisterComponents();
    }

    /// <summary>Runs the block.</summary>
    /// <param name="x">Feature maps [B, C, H, W].</param>
    /// <param name="activatedTime">act(temb), [B, TimeChannels].</param>
    /// <returns>A new tensor of the same shape.</returns>
    public override Tensor forward(Tensor x, Tensor activatedTime)
    {
        var h = resnets[0].call(x, activatedTime);
        if (attentions is not null)
            h = h.Then(attentions[0].call);
        return h.Then(t => resnets[1].call(t, activatedTime));
    }
}
