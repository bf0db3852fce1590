using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Diffusion.Nn;

/// <summary>
/// Residual block whose two normalisations are scaled and shifted by the time embedding:
/// x + conv₂(act(norm₂(conv₁(act(norm₁(x, temb))), temb))).
/// </summary>
internal sealed class KResnetBlock2D : nn.Module<Tensor, Tensor, Tensor>
{
    /// <summary>Channels a group of the normalisations.</summary>
    internal const int GroupChannels = 32;

    private readonly ResnetOptions _options;

    // TorchSharp registers fields under their names: these are the names of the checkpoint's tensors.
    private readonly TimeGroupNorm norm1;
    private readonly Conv2d conv1;
    private readonly TimeGroupNorm norm2;
    private readonly Dropout dropout;
    private readonly Conv2d conv2;
    private readonly Conv2d? conv_shortcut;

    internal KResnetBlock2D(KResnetShape shape, ResnetOptions options)
        : base(nameof(KResnetBlock2D))
    {
        _options = options;
        norm1 = new TimeGroupNorm(options.TimeChannels, shape.In, shape.GroupsIn, options.Epsilon);
        conv1 = Layers.Conv3x3(shape.In, shape.Middle);
        norm2 = new TimeGroupNorm(options.TimeChannels, shape.Middle, shape.GroupsMiddle, options.Epsilon);
        dropout = nn.Dropout(options.Dropout);
        conv2 = Layers.Conv3x3(shape.Middle, shape.Out);
        conv_shortcut = shape.In == shape.Out ? null : nn.Conv2d(shape.In, shape.Out, 1, bias: false);
        RegisterComponents();
    }

    /// <summary>A new tensor [B, Out, H, W], from x [B, In, H, W] and the time embedding [B, TimeChannels].</summary>
    public override Tensor forward(Tensor x, Tensor time)
    {
        var act = _options.Activation;
        var h = norm1.call(x, time).Activated(act).Then(conv1.Convolve);
        h = h.Then(t => norm2.call(t, time)).Activated(act);
        if (_options.Dropout > 0 && training)
            h = h.Then(dropout.call);
        h = h.Then(conv2.Convolve);
        using var residual = conv_shortcut?.Convolve(x) ?? x.alias();
        h.add_(residual);
        return h;
    }
}
