using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Diffusion.Nn;

/// <summary>
/// A resolution of NCSN++'s way up (Song et al. 2021, appendix H): residual blocks that also take a state of the way
/// down, attention or none after the last, an image drawn from them and added to that of the smaller sizes, then a
/// filtered doubling.
/// </summary>
/// <remarks>Residual blocks and attention are divided by √2, their groups follow from the channels.</remarks>
public sealed class SkipUpBlock : UNetBlock
{
    // TorchSharp registers fields under their names: these are the names of the checkpoint's tensors.
    private readonly ModuleList<AttentionBlock>? attentions;
    private readonly ModuleList<ResnetBlock2D> resnets;
    private readonly ResnetBlock2D? resnet_up;
    private readonly Conv2d? skip_conv;
    private readonly GroupNorm? skip_norm;

    /// <summary>Makes a block with PyTorch's default initialisation.</summary>
    /// <param name="layers">Residual blocks, at least 1; each takes one state from the way down.</param>
    /// <param name="channelsIn">Channels of x.</param>
    /// <param name="channelsOut">Channels of the result, and of all states from the way down but the last; a multiple
    /// of 32 with attention.</param>
    /// <param name="lastSkipChannels">Channels of the last state from the way down.</param>
    /// <param name="options">What the network's residual blocks share; groups and output scale are the block's
    /// own.</param>
    /// <param name="headChannels">Channels a head of attention; null for no attention.</param>
    /// <param name="doubles">Whether the image size is doubled, and an image drawn.</param>
    public SkipUpBlock(
        int layers,
        int channelsIn,
        int channelsOut,
        int lastSkipChannels,
        ResnetOptions options,
        int? headChannels,
        bool doubles
    )
        : base(nameof(SkipUpBlock))
    {
        ArgumentNullException.ThrowIfNull(options);
        var own = SkipDownBlock.Options(options);
        resnets = new ModuleList<ResnetBlock2D>();
        for (var i = 0; i < layers; i++)
        {
            var fromBelow = i == 0 ? channelsIn : channelsOut;
            var fromSkip = i == layers - 1 ? lastSkipChannels : channelsOut;
            var groups = FirstGroups(fromBelow, fromSkip, headChannels is not null);
            resnets.Add(new ResnetBlock2D(fromBelow + fromSkip, channelsOut, own, groupsIn: groups));
        }
        attentions = headChannels is { } head
            ? nn.ModuleList(
                new AttentionBlock(channelsOut, head, SkipDownBlock.AttentionGroups, own.Epsilon, own.OutputScale)
            )
            : null;
        if (doubles)
        {
            resnet_up = new ResnetBlock2D(channelsOut, channelsOut, own, Resample.FirUp);
            skip_conv = Layers.Conv3x3(channelsOut, SkipDownBlock.ImageChannels);
            skip_norm = Layers.GroupNorm(own.GroupsFor(channelsOut), channelsOut, own.Epsilon);
        }
        RegisterComponents();
    }

    /// <summary>Runs the block; takes and frees one state of the way down a residual block.</summary>
    /// <param name="x">Feature maps [B, channelsIn, H, W].</param>
    /// <param name="state">What goes beside them: the image of the smaller sizes, [B, 3, H/2, W/2] or none, which
    /// becomes [B, 3, H, W].</param>
    /// <returns>A new tensor [B, channelsOut, H', W'].</returns>
    public override Tensor forward(Tensor x, UNetState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        var h = x.alias();
        foreach (var resnet in resnets)
        {
            using (var skip = state.Skips.Pop()!)
                h = h.Then(t => cat([t, skip], 1));
            h = h.Then(t => resnet.call(t, state.ActivatedTime));
        }
        if (attentions is not null)
            h = h.Then(attentions[0].call);
        if (state.Image is { } smaller)
            state.ReplaceImage(Fir.Double(smaller));
        if (resnet_up is null)
            return h;
        var drawn = Layers.Normed(skip_norm!, h, ActivationFunction.Silu).Then(skip_conv!.call);
        state.ReplaceImage(state.Image is { } image ? drawn.Then(t => t + image) : drawn);
        return h.Then(t => resnet_up.call(t, state.ActivatedTime));
    }

    /// <summary>Groups of a residual block's first normalisation.</summary>
    internal static int FirstGroups(int fromBelow, int fromSkip, bool attends) =>
        // With attention diffusers divides only the second number by 4; trained networks rely on it.
        attends ? int.Min(fromBelow + fromSkip / 4, 32) : ResnetOptions.GroupsByDefault(fromBelow + fromSkip);
}
