using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Diffusion.Nn;

/// <summary>One resolution on the way down: residual blocks, each with or without attention, then a halving.</summary>
public sealed class DownBlock : nn.Module<Tensor, Tensor, Stack<Tensor>, Tensor>
{
    // TorchSharp registers fields under their names: these are the names of the checkpoint's tensors.
    private readonly ModuleList<AttentionBlock>? attentions;
    private readonly ModuleList<ResnetBlock2D> resnets;
    private readonly ModuleList<nn.Module>? downsamplers;

    /// <summary>Makes a block with PyTorch's default initialisation.</summary>
    /// <param name="layers">Residual blocks, at least 1.</param>
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
                attentions!.Add(new AttentionBlock(channelsOut, head, options.Groups, options.Epsilon));
        }
        downsamplers = downsample switch
        {
            null => null,
            ResampleType.Conv => nn.ModuleList<nn.Module>(new Downsample2D(channelsOut, downsamplePadding)),
            _ => nn.ModuleList<nn.Module>(new ResnetBlock2D(channelsOut, channelsOut, options, Resample.Down)),
        };
        RegisterComponents();
    }

    /// <summary>Runs the block and pushes every intermediate state, the result included, for the way up.</summary>
    /// <param name="x">Feature maps [B, channelsIn, H, W].</param>
    /// <param name="activatedTime">act(temb), [B, TimeChannels].</param>
    /// <param name="skips">Takes the states; what is on it belongs to it.</param>
    /// <returns>The state pushed last, [B, channelsOut, H', W'].</returns>
    public override Tensor forward(Tensor x, Tensor activatedTime, Stack<Tensor> skips)
    {
        ArgumentNullException.ThrowIfNull(skips);
        var h = x;
        for (var i = 0; i < resnets.Count; i++)
        {
            h = resnets[i].call(h, activatedTime);
            if (attentions is not null)
                h = h.Then(attentions[i].call);
            skips.Push(h);
        }
        if (downsamplers is null)
            return h;
        h = downsamplers[0] is ResnetBlock2D resnet
            ? resnet.call(h, activatedTime)
            : ((Downsample2D)downsamplers[0]).call(h);
        skips.Push(h);
        return h;
    }
}
