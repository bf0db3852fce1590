using static TorchSharp.torch;

namespace Diffusion.Nn;

/// <summary>One or two layers of self-attention, each behind a normalisation scaled and shifted by the time.</summary>
/// <remarks>
/// The second one attends to a text in networks that have one. Without a text it attends to the image itself, and the
/// normalisation of the text is without effect, though checkpoints hold it.
/// </remarks>
internal sealed class KAttentionBlock : nn.Module<Tensor, Tensor, Tensor>
{
    // TorchSharp registers fields under their names: these are the names of the checkpoint's tensors.
    private readonly TimeGroupNorm? norm1;
    private readonly AttentionBlock? attn1;
    private readonly TimeGroupNorm norm2;
    private readonly AttentionBlock attn2;

    internal KAttentionBlock(int channels, int headChannels, int timeChannels, bool twice)
        : base(nameof(KAttentionBlock))
    {
        var groups = GroupsFor(channels);
        if (twice)
        {
            norm1 = new TimeGroupNorm(timeChannels, channels, groups);
            attn1 = AttentionBlock.Bare(channels, headChannels, idleNorm: false);
        }
        norm2 = new TimeGroupNorm(timeChannels, channels, groups);
        attn2 = AttentionBlock.Bare(channels, headChannels, idleNorm: true);
        RegisterComponents();
    }

    /// <summary>A new tensor of x's shape, from x [B, C, H, W] and the time embedding [B, timeChannels].</summary>
    public override Tensor forward(Tensor x, Tensor time)
    {
        var h = x.alias();
        if (attn1 is not null)
            h = h.Then(t => Attended(norm1!, attn1, t, time));
        return h.Then(t => Attended(norm2, attn2, t, time));
    }

    /// <summary>Groups of the normalisations.</summary>
    internal static int GroupsFor(int channels) => int.Max(1, channels / KResnetBlock2D.GroupChannels);

    private static Tensor Attended(TimeGroupNorm norm, AttentionBlock attention, Tensor x, Tensor time)
    {
        var h = norm.call(x, time).Then(attention.call);
        h.add_(x);
        return h;
    }
}
