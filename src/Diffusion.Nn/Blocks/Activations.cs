using System.ComponentModel;
using static TorchSharp.torch;

namespace Diffusion.Nn;

/// <summary>What <see cref="ActivationFunction"/> computes.</summary>
internal static class Activations
{
    /// <summary>The activation as a new tensor; the input stays as it is.</summary>
    internal static Tensor Apply(this ActivationFunction function, Tensor x) =>
        function switch
        {
            ActivationFunction.Silu => x.silu(),
            ActivationFunction.Gelu => x.gelu(),
            ActivationFunction.Relu => x.relu(),
            ActivationFunction.Mish => nn.functional.mish(x),
            _ => throw new InvalidEnumArgumentException(nameof(function), (int)function, typeof(ActivationFunction)),
        };

    /// <summary>The activation of a tensor that nobody else holds: in its own memory where autograd allows.</summary>
    internal static Tensor Activated(this Tensor owned, ActivationFunction function)
    {
        // Under autograd the in-place form would clone its input first, which is slower than the plain form.
        if (function == ActivationFunction.Silu && !owned.requires_grad)
        {
            owned.silu_();
            return owned;
        }
        return owned.Then(x => function.Apply(x));
    }
}
