using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Diffusion.Nn;

/// <summary>
/// One resolution on the way up: residual blocks that also take a state of the way down, each with or without
/// attention, then a doubling.
/// </summary>
public sealed class UpBlock : UNetBlock
{
    // TorchSharp registers fields under their names: these are the names of the checkpoint's tensors.
    private readonly ModuleList<AttentionBlock>? attentions;
    private readonly ModuleList<ResnetBlock2D> resnets;
    private readonly ModuleList<nn.Module>? upsamplers;

    /// <summary>Makes a block with PyTorch's default initialisation.</summary>
    /// <param name="layers">Residual blocks, at least 1; each takes one state from the way down.</param>
    /// <param name="channelsIn">Channels of x.</param>
    /// <param name="channelsOut">Channels of the result, and of all states from the way down but the last.</param>
    /// <param name="lastSkipChannels">Channels of the last state from the way down.</param>
    /// <param name="options">What the residual blocks share.</param>
    /// <param name="headChannels">Channels a head of attention; null for no attention.</param>
    /// <param name="upsample">How the image size is doubled; null if it isn't.</param>
    public UpBlock(
        int layers,
        int channelsIn,
        int channelsOut,
        int lastSkipChannels,
        ResnetOptions options,
        int? headChannels,
        ResampleType? upsample
    )
        : base(nameof(UpBlock))
    {
        ArgumentNullException.ThrowIfNull(options);
        resnets = new ModuleList<ResnetBlock2D>();
        attentions = headChannels is null ? null : new ModuleList<AttentionBlock>();
        for (var i = 0; i < layers; i++)
        {
            var fromBelow = i == 0 ? channelsIn : channelsOut;
            var fromSkip = i == layers - 1 ? lastSkipChannels : channelsOut;
            resnets.Add(new ResnetBlock2D(fromBelow + fromSkip, channelsOut, options));
            if (headChannels is { } head)
                attentions!.Add(new AttentionBlock(channelsOut, head, options.GroupsFor(channelsOut), options.Epsilon));
        }
        upsamplers = upsample switch
        {
            null => null,
            ResampleType.Conv => nn.ModuleList<nn.Module>(new Upsample2D(channelsOut)),
            _ => nn.ModuleList<nn.Module>(new ResnetBlock2D(channelsOut, channelsOut, options, Resample.Up)),
        };
        RegisterComponents();
    }

    /// <summary>Runs the block; takes and frees one state of the way down a residual block.</summary>
    /// <param name="x">Feature maps [B, channelsIn, H, W].</param>
    /// <param name="state">What goes beside them.</param>
    /// <returns>A new tensor [B, channelsOut, H', W'].</returns>
    public override Tensor forward(Tensor x, UNetState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        var h = x.alias();
        for (var i = 0; i < resnets.Count; i++)
        {
            using (var skip = state.Skips.Pop()!)
                h = h.Then(t => cat([t, skip], 1));
            var resnet = resnets[i];
            h = h.Then(t => resnet.call(t, state.ActivatedTime));
            if (attentions is not null)
                h = h.Then(attentions[i].call);
        }
        return upsamplers is null ? h : h.Then(t => Upsample(upsamplers[0], t, state.ActivatedTime));
    }

    private static Tensor Upsample(nn.Module upsampler, Tensor x, Tensor activatedTime) =>
        upsampler is ResnetBlock2D resnet ? resnet.call(x, activatedTime) : ((Upsample2D)upsampler).call(x);
}
