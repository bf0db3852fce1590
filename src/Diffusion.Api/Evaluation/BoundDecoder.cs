namespace Diffusion.Api;

/// <summary>What p(x₀ | x₁) is, the last step of the model whose bound is evaluated.</summary>
public enum BoundDecoder
{
    /// <summary>
    /// For 8-bit images: what a Gaussian puts into each pixel's interval of width 2/255
    /// (<see cref="Math.DiscreteDecoder"/>; Ho et al. 2020, eq. 13). The bound is on the probability of the image.
    /// </summary>
    EightBit,

    /// <summary>
    /// For data on the real line: the Gaussian's own density. The bound is on a density, and may be negative.
    /// </summary>
    Gaussian,
}
