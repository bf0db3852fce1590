using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Diffusion.Nn;

/// <summary>
/// A resolution of the K-diffusion UNet's way up (see <see cref="KDownBlock"/>): the last state of that size's way down
/// joins x, then residual blocks, each with or without attention, then a filtered doubling without weights.
/// </summary>
public sealed class KUpBlock : UNetBlock
{
    private readonly bool _doubles;

    // TorchSharp registers fields under their names: these are the names of the checkpoint's tensors.
    private readonly ModuleList<KAttentionBlock>? attentions;
    private readonly ModuleList<KResnetBlock2D> resnets;

    /// <summary>Makes a block with PyTorch's default initialisation.</summary>
    /// <param name="layers">Residual blocks, at least 1.</param>
    /// <param name="channels">Channels of x and of the state that joins it, at least 32.</param>
    /// <param name="channelsOut">Channels of the result: those of the next size.</param>
    /// <param name="options">What the network's residual blocks share; groups have 32 channels.</param>
    /// <param name="headChannels">Channels a head of attention; null for no attention.</param>
    /// <param name="doubles">Whether the image size is doubled.</param>
    public KUpBlock(int layers, int channels, int channelsOut, ResnetOptions options, int? headChannels, bool doubles)
        : base(nameof(KUpBlock))
    {
        ArgumentNullException.ThrowIfNull(options);
        _doubles = doubles;
        var attends = headChannels is not null;
        var first = attends && StartsUp(channels, channelsOut, options.TimeChannels);
        resnets = new ModuleList<KResnetBlock2D>();
        attentions = attends ? new ModuleList<KAttentionBlock>() : null;
        foreach (var shape in KResnetShape.Up(layers, JoinedChannels(channels, first), channels, channelsOut, attends))
        {
            resnets.Add(new KResnetBlock2D(shape, options));
            if (headChannels is { } head)
                attentions!.Add(new KAttentionBlock(shape.Out, head, options.TimeChannels, twice: first));
        }
        RegisterComponents();
    }

    /// <summary>Runs the block; takes and frees one state of the way down a residual block.</summary>
    /// <param name="x">Feature maps [B, channels, H, W].</param>
    /// <param name="state">What goes beside them.</param>
    /// <returns>A new tensor [B, channelsOut, H', W'].</returns>
    public override Tensor forward(Tensor x, UNetState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        var h = x.alias();
        using (var skip = Taken(state.Skips))
            if (skip is not null)
                h = h.Then(t => cat([t, skip], 1));
        for (var i = 0; i < resnets.Count; i++)
        {
            var resnet = resnets[i];
            h = h.Then(t => resnet.call(t, state.Time));
            if (attentions is not null)
            {
                var attention = attentions[i];
                h = h.Then(t => attention.call(t, state.Time));
            }
        }
        return _doubles ? h.Then(t => Fir.Double(t, mirrored: true)) : h;
    }

    /// <summary>Whether a block with attention is the one that diffusers takes for the first on the way up, which no
    /// state joins: a matter of its channels there.</summary>
    internal static bool StartsUp(int channels, int channelsOut, int timeChannels) =>
        channels == channelsOut && channels == timeChannels;

    /// <summary>Channels of x and what joins it.</summary>
    internal static int JoinedChannels(int channels, bool first) => first ? channels : 2 * channels;

    // As many as there are residual blocks, where there are as many; only the latest is used.
    private Tensor? Taken(Stack<Tensor?> skips)
    {
        var latest = skips.Pop();
        for (var i = 1; i < resnets.Count && skips.Count > 0; i++)
            skips.Pop()?.Dispose();
        return latest;
    }
}
