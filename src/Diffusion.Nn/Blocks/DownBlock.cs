using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Diffusion.Nn;

/// <summary>One resolution on the way down: residual blocks, each with or without attention, then a halving.</summary>
public sealed class DownBlock : UNetBlock
{
    // TorchSharp registers fields under their names: these are the names of the checkpoint's tensors.
    private readonly ModuleList<AttentionBlock>? attentions;
    private readonly ModuleList<ResnetBlock2D> resnets;
    private readonly ModuleList<nn.Module>? downsamplers;

    /// <summary>Makes a block with PyTorch's default initialisation.</summary>
    /// <param name="layers">Residual blocks; at least 1, or 0 where both channel counts are equal.</param>
    /// <param name="channelsIn">Channels of x.</param>
    /// <param name="channelsOut">Channels of the result.</param>
    /// <param name="options">What the residual blocks share.</param>
    /// <param name="headChannels">Channels a head of attention; null for no attention.</param>
    /// <param name="downsample">How the image size is halved; null if it isn't.</param>
    /// <param name="downsamplePadding">Padding of a learned halving, see <see cref="Downsample2D"/>.</param>
    public DownBlock(
        int layers,
        int channelsIn,
        int channelsOut,
        ResnetOptions options,
        int? headChannels,
        ResampleType? downsample,
        int downsamplePadding = 1
    )
        : base(nameof(DownBlock))
    {
        ArgumentNullException.ThrowIfNull(options);
        resnets = new ModuleList<ResnetBlock2D>();
        attentions = headChannels is null ? null : new ModuleList<AttentionBlock>();
        for (var i = 0; i < layers; i++)
        {
            resnets.Add(new ResnetBlock2D(i == 0 ? channelsIn : channelsOut, channelsOut, options));
            if (headChannels is { } head)
                attentions!.Add(new AttentionBlock(channelsOut, head, options.GroupsFor(channelsOut), options.Epsilon));
        }
        downsamplers = downsample switch
        {
            null => null,
            ResampleType.Conv => nn.ModuleList<nn.Module>(new Downsample2D(channelsOut, downsamplePadding)),
            _ => nn.ModuleList<nn.Module>(new ResnetBlock2D(channelsOut, channelsOut, options, Resample.Down)),
        };
        RegisterComponents();
    }

    /// <summary>Runs the block; every intermediate state, the result included, goes onto the stack.</summary>
    /// <param name="x">Feature maps [B, channelsIn, H, W].</param>
    /// <param name="state">What goes beside them.</param>
    /// <returns>A new tensor [B, channelsOut, H', W'].</returns>
    public override Tensor forward(Tensor x, UNetState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        var h = Down(x, resnets, attentions, state);
        if (downsamplers is null)
            return h;
        h = h.Then(t => Downsample(downsamplers[0], t, state.ActivatedTime));
        state.Skips.Push(h.alias());
        return h;
    }

    private static Tensor Downsample(nn.Module downsampler, Tensor x, Tensor activatedTime) =>
        downsampler is ResnetBlock2D resnet ? resnet.call(x, activatedTime) : ((Downsample2D)downsampler).call(x);
}
