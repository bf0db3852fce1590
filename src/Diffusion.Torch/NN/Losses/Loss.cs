using static TorchSharp.torch.nn;

namespace TorchSharp;

/// <summary>A loss of two inputs.</summary>
/// <typeparam name="T1">Type of the prediction.</typeparam>
/// <typeparam name="T2">Type of the target.</typeparam>
/// <typeparam name="TResult">Type of the loss.</typeparam>
public abstract class Loss<T1, T2, TResult> : Module<T1, T2, TResult>
{
    /// <summary>Creates a loss.</summary>
    /// <param name="reduction">How the elements' losses become one.</param>
    public Loss(Reduction reduction = Reduction.Mean)
        : base(nameof(Loss<,,>)) => this.reduction = reduction;

    /// <summary>How the elements' losses become one.</summary>
    public Reduction reduction { get; }
}
