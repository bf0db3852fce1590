using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Diffusion.Nn;

/// <summary>
/// Self-attention over the pixels of a feature map: x + W_o·softmax(QᵀK/√d)·V, heads of d channels each.
/// </summary>
/// <remarks>
/// Computes what diffusers' Attention does, with its tensor names, but keeps channels before pixels throughout: the
/// projections are 1×1 convolutions, and nothing is transposed in memory.
/// Memory: B·heads·(H·W)² scores where the engine has no kernel of its own that does without. The softmax is computed in
/// float32 in networks of any type, as diffusers' processor does that spells attention out (<c>upcast_softmax</c>), so that
/// a float64 network's attention has the precision of float32.
/// </remarks>
public sealed class AttentionBlock : nn.Module<Tensor, Tensor>
{
    private readonly int _heads;
    private readonly int _headChannels;
    private readonly double _outputScale;
    private readonly bool _bare;

    // TorchSharp registers fields under their names: these are the names of the checkpoint's tensors.
    private readonly GroupNorm? group_norm;
    private readonly LayerNorm? norm_cross;
    private readonly Linear to_q;
    private readonly Linear to_k;
    private readonly Linear to_v;
    private readonly ModuleList<Linear> to_out;

    /// <summary>Makes a block with PyTorch's default initialisation.</summary>
    /// <param name="channels">Channels of x, at least <paramref name="headChannels"/>.</param>
    /// <param name="headChannels">Channels a head, d; there are channels/d heads, rounded down.</param>
    /// <param name="groups">Groups of the normalisation before the projections; null for none.</param>
    /// <param name="epsilon">Added to the variance by the normalisation.</param>
    /// <param name="outputScale">The output (residual included) is divided by this; not 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">A head has more channels than the feature map.</exception>
    public AttentionBlock(int channels, int headChannels, int? groups, double epsilon = 1e-5, double outputScale = 1)
        : this(channels, headChannels, groups, epsilon, outputScale, bare: false, idleNorm: false) { }

    private AttentionBlock(
        int channels,
        int headChannels,
        int? groups,
        double epsilon,
        double outputScale,
        bool bare,
        bool idleNorm
    )
        : base(nameof(AttentionBlock))
    {
        if (headChannels < 1 || headChannels > channels)
            throw new ArgumentOutOfRangeException(
                nameof(headChannels),
                headChannels,
                $"A head of attention over {channels} channels has 1 to {channels} of them."
            );
        _heads = channels / headChannels;
        _headChannels = headChannels;
        _outputScale = outputScale;
        _bare = bare;
        var inner = _heads * headChannels;
        group_norm = groups is { } count ? Layers.GroupNorm(count, channels, epsilon) : null;
        norm_cross = idleNorm ? nn.LayerNorm(channels) : null;
        to_q = nn.Linear(channels, inner);
        to_k = nn.Linear(channels, inner);
        to_v = nn.Linear(channels, inner);
        to_out = nn.ModuleList(nn.Linear(inner, channels));
        RegisterComponents();
    }

    /// <summary>Attention alone: no normalisation, no residual, the softmax in the network's own type.</summary>
    /// <param name="channels">Channels of x, at least <paramref name="headChannels"/>.</param>
    /// <param name="headChannels">Channels a head.</param>
    /// <param name="idleNorm">Whether there are tensors of a normalisation that isn't used without a text.</param>
    internal static AttentionBlock Bare(int channels, int headChannels, bool idleNorm) =>
        new(channels, headChannels, groups: null, epsilon: 1e-5, outputScale: 1, bare: true, idleNorm);

    /// <summary>Whether a float64 network's attention has the precision of float32, for its softmax is computed in that.</summary>
    internal bool SoftmaxInFloat32 => !_bare;

    /// <summary>Runs the block.</summary>
    /// <param name="x">Feature maps [B, C, H, W].</param>
    /// <returns>A new tensor of the same shape.</returns>
    public override Tensor forward(Tensor x)
    {
        var (batch, height, width) = (x.shape[0], x.shape[2], x.shape[3]);
        var output = Attend(x)
            .Then(t => t.contiguous())
            .Then(t => t.view(batch, _heads * _headChannels, height, width))
            .Then(t => Project(to_out[0].weight, to_out[0].bias, t));
        if (!_bare)
            output.add_(x);
        if (_outputScale != 1)
            output.div_(_outputScale);
        return output;
    }

    // [B, heads, d, H·W]
    private Tensor Attend(Tensor x)
    {
        using var normed = group_norm is null ? x.alias() : Layers.Normed(group_norm, x, activation: null);
        // One convolution makes all three, so that x is read once.
        using var weight = cat([to_q.weight, to_k.weight, to_v.weight], 0);
        using var bias = cat([to_q.bias!, to_k.bias!, to_v.bias!], 0);
        using var projected = Project(weight, bias, normed);
        var parts = projected.split(_heads * _headChannels, 1);
        using var query = Heads(parts[0]);
        using var key = Heads(parts[1]);
        using var value = Heads(parts[2]);
        if (SoftmaxInFloat32 && query.dtype != ScalarType.Float32)
            return Upcast(query, key, value).Then(t => t.transpose(2, 3));
        return F.scaled_dot_product_attention(query, key, value).Then(t => t.transpose(2, 3));
    }

    // The softmax in float32 whatever the network's type, as in the reference: half precision would lose the small ones. In
    // a float64 network that rounds by up to 6e-8 of a probability; without it the recorded outputs, which have it too, are
    // missed by up to 6e-8 where 1e-9 is asked for.
    private Tensor Upcast(Tensor query, Tensor key, Tensor value)
    {
        using var scaled = query * (1 / double.Sqrt(_headChannels));
        using var columns = key.transpose(2, 3);
        using var weights = scaled
            .matmul(columns)
            .Then(s => s.to(ScalarType.Float32))
            .Then(s => s.softmax(3))
            .Then(p => p.to(query.dtype));
        return weights.matmul(value);
    }

    // [B, heads, H·W, d], the channels still before the pixels in memory.
    private Tensor Heads(Tensor part) =>
        part.Then(t => t.reshape(t.shape[0], _heads, _headChannels, -1)).Then(t => t.transpose(2, 3));

    private static Tensor Project(Tensor weight, Tensor? bias, Tensor x)
    {
        using var kernel = weight.view(weight.shape[0], -1, 1, 1);
        return F.conv2d(x, kernel, bias);
    }
}
