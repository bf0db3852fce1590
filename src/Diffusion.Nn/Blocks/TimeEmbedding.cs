using static TorchSharp.torch;

namespace Diffusion.Nn;

/// <summary>Fixed features of a time.</summary>
public static class TimeEmbedding
{
    /// <summary>
    /// Sines and cosines at geometrically spaced frequencies: sin(t·ωᵢ), cos(t·ωᵢ) with
    /// ωᵢ = P^(−i/(n − shift)), i = 0 … n−1, n = dimension/2 (Vaswani et al. 2017, section 3.5; Ho et al. 2020,
    /// appendix B).
    /// </summary>
    /// <param name="timesteps">[B], any real type; fractions are allowed.</param>
    /// <param name="dimension">Width of the result, at least 2; an odd one ends with a column of zeros.</param>
    /// <param name="flipSinToCos">The cosines come first.</param>
    /// <param name="frequencyShift">shift above; other than ⌊dimension/2⌋. 0: the last frequency is just above 1/P; 1:
    /// 1/P.</param>
    /// <param name="maxPeriod">P, above 1.</param>
    /// <returns>A new float32 tensor [B, dimension], whatever the network's own type: so does the reference.</returns>
    /// <exception cref="ArgumentException">An argument is out of its range.</exception>
    public static Tensor Sinusoidal(
        Tensor timesteps,
        long dimension,
        bool flipSinToCos = true,
        double frequencyShift = 0,
        double maxPeriod = 10000
    )
    {
        ArgumentNullException.ThrowIfNull(timesteps);
        var half = dimension / 2;
        if (timesteps.Dimensions != 1)
            throw new ArgumentException(
                $"Times are a list [B], got [{string.Join(", ", timesteps.shape)}].",
                nameof(timesteps)
            );
        if (half < 1)
            throw new ArgumentOutOfRangeException(nameof(dimension), dimension, "A time has 2 features or more.");
        if (!double.IsFinite(frequencyShift) || frequencyShift == half)
            throw new ArgumentOutOfRangeException(
                nameof(frequencyShift),
                frequencyShift,
                $"The frequency shift must be a finite number other than half the features, {half}."
            );
        if (!(maxPeriod > 1) || double.IsInfinity(maxPeriod))
            throw new ArgumentOutOfRangeException(nameof(maxPeriod), maxPeriod, "The period must be above 1.");

        using var scope = NewDisposeScope();
        // Step by step in float32 as in the reference: one other rounding here shows in a float64 network's output.
        var exponents = arange(0, half, dtype: float32, device: timesteps.device) * -double.Log(maxPeriod);
        var frequencies = (exponents / (half - frequencyShift)).exp();
        var angles = timesteps.to(float32).unsqueeze(1) * frequencies.unsqueeze(0);
        Tensor[] parts = flipSinToCos ? [angles.cos(), angles.sin()] : [angles.sin(), angles.cos()];
        if (dimension % 2 == 1)
            parts = [.. parts, zeros(new[] { timesteps.shape[0], 1 }, dtype: float32, device: timesteps.device)];
        return cat(parts, 1).MoveToOuterDisposeScope();
    }
}
