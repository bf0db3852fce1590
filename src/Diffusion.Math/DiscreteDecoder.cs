namespace Diffusion.Math;

/// <summary>
/// The last step's decoder for 8-bit data scaled to [−1, 1]: a pixel's probability is what a Gaussian puts into the
/// pixel's own interval of width 2/255, the two outermost reaching to infinity (Ho et al. 2020, eq. 13).
/// </summary>
/// <remarks>
/// ln p is right to 3e-14·max(1, |ln p|) nats, from wide Gaussians to narrow ones and 2000 deviations out (measured against
/// 50 digits): by erfc, differences of logarithms, and a series where the interval is narrow; no tanh approximation.
/// </remarks>
public static class DiscreteDecoder
{
    private const int Greatest = 255;

    /// <summary>The number that stands for a pixel: 2·pixel/255 − 1, in [−1, 1].</summary>
    /// <param name="pixel">0..255.</param>
    public static double Value(byte pixel) => ((2 * pixel) - Greatest) / (double)Greatest;

    /// <summary>ln p(pixel) in nats, ≤ 0; −∞ only where it is below −1e308.</summary>
    /// <param name="pixel">0..255.</param>
    /// <param name="decoded">p(x₀ | x₁) for this pixel, with a variance greater than 0.</param>
    /// <exception cref="ArgumentException">The variance is 0.</exception>
    public static double LogProbability(byte pixel, Gaussian decoded)
    {
        RefuseCertain(decoded);
        (double low, double high) = Ends(pixel, decoded);
        return pixel switch
        {
            0 => NormalTail.LogAbove(-high),
            Greatest => NormalTail.LogAbove(low),
            _ => NormalTail.LogBetween(low, high, Width(decoded)),
        };
    }

    /// <summary>
    /// d ln p(pixel) / d ln σ, the slope of <see cref="LogProbability"/> in the logarithm of the decoder's deviation:
    /// (a·φ(a) − b·φ(b))/p, with a and b the ends of the pixel's interval in deviations and φ the normal density. Far out
    /// it is about the square of the nearer end.
    /// </summary>
    /// <remarks>
    /// Right to 3e-13·max(1, |slope|), from wide Gaussians to narrow ones and 1e8 deviations out (measured against 60
    /// digits).
    /// </remarks>
    /// <param name="pixel">0..255.</param>
    /// <param name="decoded">p(x₀ | x₁) for this pixel, with a variance greater than 0.</param>
    /// <returns>In [−1, ∞]; +∞ only where it is above 1e308.</returns>
    /// <exception cref="ArgumentException">The variance is 0.</exception>
    public static double LogProbabilitySlope(byte pixel, Gaussian decoded)
    {
        RefuseCertain(decoded);
        (double low, double high) = Ends(pixel, decoded);
        return pixel switch
        {
            0 => NormalTail.SlopeAbove(-high),
            Greatest => NormalTail.SlopeAbove(low),
            _ => NormalTail.SlopeBetween(low, high, Width(decoded)),
        };
    }

    /// <summary>−Σ ln p(pixel) over an image, in nats: L₀ of the variational bound.</summary>
    /// <param name="pixels">The data.</param>
    /// <param name="means">The decoder's mean for each pixel, finite; on the scale of <see cref="Value"/>.</param>
    /// <param name="variance">Its variance (not its logarithm), the same for all, finite and &gt; 0.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range or NaN.</exception>
    public static double Reconstruction(ReadOnlySpan<byte> pixels, ReadOnlySpan<double> means, double variance)
    {
        Preconditions.Length(means, pixels.Length);
        Preconditions.Positive(variance);
        double sum = 0;
        for (int i = 0; i < pixels.Length; i++)
        {
            double mean = Preconditions.Finite(means[i], $"means[{Preconditions.Text(i)}]");
            sum -= LogProbability(pixels[i], new Gaussian(mean, variance));
        }

        return sum;
    }

    private static void RefuseCertain(Gaussian decoded)
    {
        if (decoded.Variance == 0)
        {
            throw new ArgumentException(
                "decoded has variance 0, which gives almost every pixel probability 0; it must be greater than 0.",
                nameof(decoded)
            );
        }
    }

    // Of a pixel's interval, in deviations.
    private static double Width(Gaussian decoded) => 2 / (Greatest * decoded.StandardDeviation);

    // Both ends of a pixel's interval, in deviations from the mean.
    private static (double Low, double High) Ends(byte pixel, Gaussian decoded)
    {
        // In units of 1/255 they are whole, so that nothing is rounded before the division.
        double scale = Greatest * decoded.StandardDeviation;
        return (
            double.FusedMultiplyAdd(-Greatest, decoded.Mean, (2 * pixel) - Greatest - 1) / scale,
            double.FusedMultiplyAdd(-Greatest, decoded.Mean, (2 * pixel) - Greatest + 1) / scale
        );
    }
}
