namespace Diffusion.Math;

/// <summary>
/// The weights of spherical linear interpolation, sin((1−u)·θ)/sin θ and sin(u·θ)/sin θ, where θ is the angle between
/// both ends (Song et al. 2021, DDIM paper, appendix D.5).
/// </summary>
/// <remarks>
/// Between two ends of one length the result has that length too. Two draws of noise are nearly orthogonal in high
/// dimensions and nearly of one length, so that what lies between them is as likely as they are; a straight line would
/// pass through less noise than the network expects. <c>default</c> is the weight 0 for both.
/// </remarks>
public readonly record struct SphericalWeights
{
    private SphericalWeights(double first, double second)
    {
        First = first;
        Second = second;
    }

    /// <summary>The factor on the first end: 1 at u = 0.</summary>
    public double First { get; }

    /// <summary>The factor on the second end: 1 at u = 1.</summary>
    public double Second { get; }

    /// <summary>The weights at a share of the way.</summary>
    /// <param name="cosine">cos θ, the ends' inner product over both lengths, in (−1, 1]; at 1 the path is straight.</param>
    /// <param name="share">u in [0, 1].</param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// A number is outside its range or NaN. Between opposite ends, cos θ = −1, there is no shortest path.
    /// </exception>
    public static SphericalWeights At(double cosine, double share)
    {
        Preconditions.OpenClosed(cosine, -1, 1);
        Preconditions.Closed(share, 0, 1);
        double angle = double.Acos(cosine);
        double sine = double.Sin(angle);
        return sine == 0
            ? new SphericalWeights(1 - share, share)
            : new SphericalWeights(double.Sin((1 - share) * angle) / sine, double.Sin(share * angle) / sine);
    }
}
