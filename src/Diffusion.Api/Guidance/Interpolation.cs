using Diffusion.Math;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>
/// Between two samples: noise by which a deterministic sampler draws images that change from one into the other (Song et
/// al. 2021, DDIM paper, section 5.3 and appendix D.5).
/// </summary>
/// <remarks>
/// For images that were not sampled find their noise first, by running <see cref="Samplers.DdimInversion"/> on them.
/// </remarks>
public static class Interpolation
{
    /// <summary>
    /// Spherical linear interpolation of each sample, sin((1−u)·θ)/sin θ·a + sin(u·θ)/sin θ·b, where θ is the angle between
    /// both samples. The weights are those of <see cref="SphericalWeights"/>.
    /// </summary>
    /// <param name="a">[B, …] at u = 0.</param>
    /// <param name="b">At u = 1, of the same shape.</param>
    /// <param name="share">u in [0, 1].</param>
    /// <returns>Of the same shape.</returns>
    /// <exception cref="ArgumentException">The shapes differ, or a sample is all 0, so that it has no direction.</exception>
    /// <exception cref="ArgumentOutOfRangeException">u is outside [0, 1] or NaN; or two samples are opposite.</exception>
    public static Tensor Spherical(Tensor a, Tensor b, double share)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        if (a.dim() < 1 || !a.shape.AsSpan().SequenceEqual(b.shape))
            throw new ArgumentException(
                $"b has shape [{string.Join(", ", b.shape)}]; it must have that of a, [{string.Join(", ", a.shape)}].",
                nameof(b)
            );
        using var scope = NewDisposeScope();
        var samples = a.unbind(0).Zip(b.unbind(0), (first, second) => Between(first, second, share)).ToArray();
        return stack(samples).MoveToOuterDisposeScope();
    }

    private static Tensor Between(Tensor a, Tensor b, double share)
    {
        double Product(Tensor x, Tensor y) => (x.to_type(ScalarType.Float64) * y).sum().ToDouble();
        var lengths = double.Sqrt(Product(a, a)) * double.Sqrt(Product(b, b));
        if (!(lengths > 0 && double.IsFinite(lengths)))
            throw new ArgumentException(
                $"The two samples have lengths of product {lengths}; it must be greater than 0 and finite, so that there "
                    + "is an angle between them."
            );
        var weights = SphericalWeights.At(double.Clamp(Product(a, b) / lengths, -1, 1), share);
        return LinearCombination.Of([(weights.First, a), (weights.Second, b)]);
    }
}
