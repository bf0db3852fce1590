using static TorchSharp.torch;

namespace Diffusion.Nn;

/// <summary>Frees an intermediate result as soon as the next one is made.</summary>
/// <remarks>
/// Without autograd a feature map then lives for one operator only, so its memory is still in the cache when the next
/// one takes it. With autograd only the handle goes; libtorch keeps what the backward pass needs.
/// </remarks>
internal static class TensorChain
{
    /// <summary>Applies <paramref name="next"/> and frees this tensor, also when <paramref name="next"/>
    /// throws.</summary>
    internal static Tensor Then(this Tensor owned, Func<Tensor, Tensor> next)
    {
        Tensor? result = null;
        try
        {
            result = next(owned);
            return result;
        }
        finally
        {
            // An in-place operator hands back what it was given.
            if (!ReferenceEquals(result, owned))
                owned.Dispose();
        }
    }
}
