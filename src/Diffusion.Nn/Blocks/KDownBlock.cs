using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Diffusion.Nn;

/// <summary>
/// A resolution of the way down of the k-diffusion library's UNet: residual blocks whose normalisations the time scales
/// and shifts, each with or without attention, then a filtered halving without weights, whose result isn't kept for the
/// way up.
/// </summary>
public sealed class KDownBlock : UNetBlock
{
    private readonly bool _halves;
    private readonly bool _keepsNothing;

    // TorchSharp registers fields under their names: these are the names of the checkpoint's tensors.
    private readonly ModuleList<KAttentionBlock>? attentions;
    private readonly ModuleList<KResnetBlock2D> resnets;

    /// <summary>Makes a block with PyTorch's default initialisation.</summary>
    /// <param name="layers">Residual blocks, at least 1.</param>
    /// <param name="channelsIn">Channels of x, at least 32.</param>
    /// <param name="channelsOut">Channels of the result, at least 32.</param>
    /// <param name="options">What the network's residual blocks share; groups have 32 channels.</param>
    /// <param name="headChannels">Channels a head of attention; null for no attention.</param>
    /// <param name="halves">Whether the image size is halved.</param>
    public KDownBlock(
        int layers,
        int channelsIn,
        int channelsOut,
        ResnetOptions options,
        int? headChannels,
        bool halves
    )
        : base(nameof(KDownBlock))
    {
        ArgumentNullException.ThrowIfNull(options);
        _halves = halves;
        _keepsNothing = headChannels is not null && !halves;
        resnets = new ModuleList<KResnetBlock2D>();
        attentions = headChannels is null ? null : new ModuleList<KAttentionBlock>();
        foreach (var shape in KResnetShape.Down(layers, channelsIn, channelsOut))
        {
            resnets.Add(new KResnetBlock2D(shape, options));
            if (headChannels is { } head)
                attentions!.Add(new KAttentionBlock(channelsOut, head, options.TimeChannels, twice: !halves));
        }
        RegisterComponents();
    }

    /// <summary>Runs the block; the state after each residual block goes onto the stack, or nothing instead where
    /// there is attention and no halving.</summary>
    /// <param name="x">Feature maps [B, channelsIn, H, W].</param>
    /// <param name="state">What goes beside them.</param>
    /// <returns>A new tensor [B, channelsOut, H', W'].</returns>
    public override Tensor forward(Tensor x, UNetState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        var h = x.alias();
        for (var i = 0; i < resnets.Count; i++)
        {
            var resnet = resnets[i];
            h = h.Then(t => resnet.call(t, state.Time));
            if (attentions is not null)
            {
                var attention = attentions[i];
                h = h.Then(t => attention.call(t, state.Time));
            }
            state.Skips.Push(_keepsNothing ? null : h.alias());
        }
        return _halves ? h.Then(t => Fir.Halve(t, mirrored: true)) : h;
    }
}
