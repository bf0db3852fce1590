namespace Diffusion.Math;

/// <summary>The forward kernel between two noise levels.</summary>
internal static class Transition
{
    /// <summary>
    /// q(x_t | x_s), which a reverse step from t to s undoes: scale r = α_t/α_s, variance σ_t² − r²σ_s².
    /// </summary>
    public static LinearGaussian Undone(NoiseLevel from, NoiseLevel to)
    {
        double scale = from.Alpha / to.Alpha;
        double carried = scale * to.Sigma;
        // A difference of squares as a product: close levels cancel once, in the sigmas, not in their squares.
        double variance = (from.Sigma - carried) * (from.Sigma + carried);
        if (!(variance > 0) || !double.IsFinite(scale))
        {
            throw new ArgumentException(
                $"A reverse step must lead to a greater signal-to-noise ratio, but that of {to} is not greater than"
                    + $" that of {from}; pass two different levels in the right order.",
                nameof(to)
            );
        }

        return new LinearGaussian(scale, variance);
    }
}
