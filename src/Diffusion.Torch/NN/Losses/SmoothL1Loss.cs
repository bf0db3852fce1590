using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>With d = |x − y|: `d²/(2β)` where d is below β, else `d − β/2`.</summary>
public sealed class SmoothL1Loss : Loss<Tensor, Tensor, Tensor>
{
    /// <summary>Creates the loss.</summary>
    /// <param name="reduction">How the elements' losses become one.</param>
    /// <param name="beta">Where the parabola ends.</param>
    public SmoothL1Loss(nn.Reduction reduction = nn.Reduction.Mean, double beta = 1.0)
        : base(reduction) => this.beta = beta;

    /// <summary>Where the parabola ends.</summary>
    public double beta { get; }

    /// <inheritdoc/>
    public override Tensor forward(Tensor input, Tensor target) =>
        nn.functional.smooth_l1_loss(input, target, reduction, beta);
}
