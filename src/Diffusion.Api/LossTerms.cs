using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>A batch's training loss by its named terms, one number an image. Owns its tensors.</summary>
/// <remarks>
/// With a fixed variance <see cref="Total"/> is <see cref="Simple"/>. With a learned one it is the hybrid loss
/// <c>Simple + λ·T·Bound</c> (Nichol and Dhariwal 2021, eq. 16), whose second part is an estimate of the whole bound from one
/// of its T terms.
/// </remarks>
public sealed class LossTerms : IDisposable
{
    internal LossTerms(Tensor simple, Tensor? bound, Tensor total) =>
        (Simple, Bound, Total) = (
            simple.DetachFromDisposeScope(),
            bound?.DetachFromDisposeScope(),
            total.DetachFromDisposeScope()
        );

    /// <summary>[B] weight(t)·‖target − prediction‖²/dimension.</summary>
    public Tensor Simple { get; }

    /// <summary>
    /// [B] the bound's term of each image's time, L_{t−1} or at t = 1 L₀, in bits a dimension, with no gradient in the mean;
    /// null where the variance isn't learned.
    /// </summary>
    public Tensor? Bound { get; }

    /// <summary>[B] what is minimised.</summary>
    public Tensor Total { get; }

    /// <summary>Frees the terms; a gradient that was taken of them stays.</summary>
    public void Dispose()
    {
        Bound?.Dispose();
        if (!ReferenceEquals(Total, Simple))
            Total.Dispose();
        Simple.Dispose();
    }
}
