using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Diffusion.Nn;

/// <summary>
/// Random Fourier features of the log-time: sin(2π·w·ln t), cos(2π·w·ln t) with fixed w ~ N(0, scale²)
/// (Song et al. 2021, appendix C).
/// </summary>
internal sealed class FourierProjection : nn.Module<Tensor, Tensor>
{
    // Checkpoints hold the frequencies under both names.
    private readonly Parameter weight;
    private readonly Tensor W;

    internal FourierProjection(int frequencies, double scale = 16)
        : base(nameof(FourierProjection))
    {
        var drawn = randn(new long[] { frequencies }) * scale;
        W = drawn.clone().DetachFromDisposeScope();
        weight = nn.Parameter(drawn.DetachFromDisposeScope(), requires_grad: false);
        RegisterComponents();
    }

    /// <summary>The features [B, 2·frequencies] of times [B] above 0.</summary>
    public override Tensor forward(Tensor timesteps)
    {
        using var scope = NewDisposeScope();
        var time = timesteps.is_floating_point() ? timesteps : timesteps.to(float32);
        var angles = time.log().unsqueeze(1) * weight.unsqueeze(0) * 2 * double.Pi;
        return cat([angles.sin(), angles.cos()], 1).MoveToOuterDisposeScope();
    }
}
