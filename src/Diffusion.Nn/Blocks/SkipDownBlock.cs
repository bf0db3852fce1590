using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Diffusion.Nn;

/// <summary>
/// A resolution of NCSN++'s way down (Song et al. 2021, appendix H): residual blocks, each with or without attention,
/// then a filtered halving that adds the network's input at that size.
/// </summary>
/// <remarks>Residual blocks and attention are divided by √2, their groups follow from the channels.</remarks>
public sealed class SkipDownBlock : UNetBlock
{
    /// <summary>Channels that the network's input has to have.</summary>
    internal const int ImageChannels = 3;

    /// <summary>Groups of the attention's normalisation.</summary>
    internal const int AttentionGroups = 32;

    // TorchSharp registers fields under their names: these are the names of the checkpoint's tensors.
    private readonly ModuleList<AttentionBlock>? attentions;
    private readonly ModuleList<ResnetBlock2D> resnets;
    private readonly ResnetBlock2D? resnet_down;
    private readonly Conv2d? skip_conv;

    /// <summary>Makes a block with PyTorch's default initialisation.</summary>
    /// <param name="layers">Residual blocks; at least 1, or 0 where both channel counts are equal.</param>
    /// <param name="channelsIn">Channels of x.</param>
    /// <param name="channelsOut">Channels of the result; a multiple of 32 with attention.</param>
    /// <param name="options">What the network's residual blocks share; groups and output scale are the block's
    /// own.</param>
    /// <param name="headChannels">Channels a head of attention; null for no attention.</param>
    /// <param name="halves">Whether the image size is halved.</param>
    public SkipDownBlock(
        int layers,
        int channelsIn,
        int channelsOut,
        ResnetOptions options,
        int? headChannels,
        bool halves
    )
        : base(nameof(SkipDownBlock))
    {
        ArgumentNullException.ThrowIfNull(options);
        var own = Options(options);
        resnets = new ModuleList<ResnetBlock2D>();
        attentions = headChannels is null ? null : new ModuleList<AttentionBlock>();
        for (var i = 0; i < layers; i++)
        {
            resnets.Add(new ResnetBlock2D(i == 0 ? channelsIn : channelsOut, channelsOut, own));
            if (headChannels is { } head)
                attentions!.Add(new AttentionBlock(channelsOut, head, AttentionGroups, own.Epsilon, own.OutputScale));
        }
        if (halves)
        {
            resnet_down = new ResnetBlock2D(channelsOut, channelsOut, own, Resample.FirDown);
            skip_conv = Layers.Conv1x1(ImageChannels, channelsOut);
        }
        RegisterComponents();
    }

    /// <summary>Runs the block; every intermediate state, the result included, goes onto the stack.</summary>
    /// <param name="x">Feature maps [B, channelsIn, H, W].</param>
    /// <param name="state">What goes beside them: the image [B, 3, H, W], halved with them.</param>
    /// <returns>A new tensor [B, channelsOut, H', W'].</returns>
    public override Tensor forward(Tensor x, UNetState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        var h = Down(x, resnets, attentions, state);
        if (resnet_down is null)
            return h;
        h = h.Then(t => resnet_down.call(t, state.ActivatedTime));
        state.ReplaceImage(Fir.Halve(state.Image!));
        using (var image = skip_conv!.call(state.Image!))
            h.add_(image);
        state.Skips.Push(h.alias());
        return h;
    }

    /// <summary>What the residual blocks of this kind of block share.</summary>
    internal static ResnetOptions Options(ResnetOptions network) =>
        network with
        {
            Groups = null,
            OutputScale = double.Sqrt(2),
        };
}
