using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Diffusion.Nn;

/// <summary>
/// Residual block with a time embedding: x + conv₂(act(norm₂(conv₁(act(norm₁(x))) + proj(temb)))).
/// </summary>
/// <remarks>
/// Diffusers' ResnetBlock2D, tensor names included. The time embedding is handed over <em>activated</em>: all blocks of
/// a network need the same act(temb), so the network computes it once.
/// </remarks>
public sealed class ResnetBlock2D : nn.Module<Tensor, Tensor, Tensor>
{
    private readonly ResnetOptions _options;
    private readonly Resample _resample;

    // TorchSharp registers fields under their names: these are the names of the checkpoint's tensors.
    private readonly GroupNorm norm1;
    private readonly Conv2d conv1;
    private readonly Linear time_emb_proj;
    private readonly GroupNorm norm2;
    private readonly Dropout dropout;
    private readonly Conv2d conv2;
    private readonly Conv2d? conv_shortcut;

    /// <summary>Makes a block with PyTorch's default initialisation.</summary>
    /// <param name="channelsIn">Channels of x; a multiple of the group count.</param>
    /// <param name="channelsOut">Channels of the result; a multiple of the group count.</param>
    /// <param name="options">What the network's blocks share.</param>
    /// <param name="resample">Whether the image size changes.</param>
    /// <param name="groupsIn">Groups of the first normalisation; null for the options'.</param>
    public ResnetBlock2D(
        int channelsIn,
        int channelsOut,
        ResnetOptions options,
        Resample resample = Resample.None,
        int? groupsIn = null
    )
        : base(nameof(ResnetBlock2D))
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _resample = resample;
        var projected = options.TimeShift == TimeScaleShift.ScaleShift ? 2 * channelsOut : channelsOut;
        norm1 = Layers.GroupNorm(groupsIn ?? options.GroupsFor(channelsIn), channelsIn, options.Epsilon);
        conv1 = Layers.Conv3x3(channelsIn, channelsOut);
        time_emb_proj = nn.Linear(options.TimeChannels, projected);
        norm2 = Layers.GroupNorm(options.GroupsFor(channelsOut), channelsOut, options.Epsilon);
        dropout = nn.Dropout(options.Dropout);
        conv2 = Layers.Conv3x3(channelsOut, channelsOut);
        var filtered = resample is Resample.FirDown or Resample.FirUp;
        conv_shortcut = channelsIn == channelsOut && !filtered ? null : Layers.Conv1x1(channelsIn, channelsOut);
        RegisterComponents();
    }

    /// <summary>Runs the block.</summary>
    /// <param name="x">Feature maps [B, channelsIn, H, W].</param>
    /// <param name="activatedTime">act(temb), [B, TimeChannels].</param>
    /// <returns>A new tensor [B, channelsOut, H', W'].</returns>
    public override Tensor forward(Tensor x, Tensor activatedTime)
    {
        var act = _options.Activation;
        var h = Layers.Normed(norm1, x, act);
        if (_resample != Resample.None)
            h = h.Then(Resized);
        h = h.Then(conv1.Convolve);
        h = WithTime(h, activatedTime);
        if (_options.Dropout > 0 && training)
            h = h.Then(dropout.call);
        h = h.Then(conv2.Convolve);
        AddResidual(h, x);
        return h;
    }

    private Tensor Resized(Tensor x) =>
        _resample switch
        {
            Resample.Down => F.avg_pool2d(x, 2),
            Resample.Up => Layers.UpsampleNearest(x),
            Resample.FirDown => Fir.Halve(x),
            _ => Fir.Double(x),
        };

    private Tensor WithTime(Tensor owned, Tensor activatedTime)
    {
        using var projected = time_emb_proj.call(activatedTime);
        return _options.TimeShift == TimeScaleShift.Default
            ? owned.Then(h => Layers.Normed(norm2, h, _options.Activation, add: projected))
            : owned.Then(h => Layers.Normed(norm2, h, _options.Activation, scaleShift: projected));
    }

    // In place: autograd keeps the inputs of a convolution, not its result.
    private void AddResidual(Tensor h, Tensor x)
    {
        if (_resample == Resample.None && conv_shortcut is null)
        {
            h.add_(x);
        }
        else
        {
            using var resized = _resample == Resample.None ? x.alias() : Resized(x);
            using var residual = conv_shortcut is null ? resized.alias() : conv_shortcut.Convolve(resized);
            h.add_(residual);
        }
        if (_options.OutputScale != 1)
            h.div_(_options.OutputScale);
    }
}
