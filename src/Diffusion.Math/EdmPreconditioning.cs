namespace Diffusion.Math;

/// <summary>
/// What EDM wraps around a network F: x̂₀ = <see cref="Skip"/>·x_t + <see cref="Out"/>·F(<see cref="In"/>·x_t;
/// <see cref="Noise"/>) (Karras et al. 2022, eq. 7 and table 1).
/// </summary>
/// <remarks>
/// The paper's states are x₀ + σ·ε; with α other than 1 its x and σ are x_t/α and σ/α, and the factors here are those
/// for x_t itself. <c>default</c> is no preconditioning.
/// </remarks>
public readonly record struct EdmPreconditioning
{
    /// <summary>The factors at a level.</summary>
    /// <param name="level">The noise level of x_t.</param>
    /// <param name="sigmaData">σ_data &gt; 0, the data's standard deviation; the paper's images have 0.5.</param>
    /// <exception cref="ArgumentOutOfRangeException">σ_data is not a finite number greater than 0.</exception>
    public EdmPreconditioning(NoiseLevel level, double sigmaData = 0.5)
    {
        Preconditions.Positive(sigmaData);
        // In units of the greater factor, so that nothing underflows.
        double unit = double.Max(level.Alpha, level.Sigma);
        double signal = level.Alpha / unit * sigmaData;
        double noise = level.Sigma / unit;
        double size = double.Hypot(signal, noise);
        Skip = signal / size * (sigmaData / size) / unit;
        Out = noise / size * sigmaData;
        In = 1 / size / unit;
        Noise = -level.LogSnr / 8;
    }

    /// <summary>c_skip = α·σ_data²/(σ² + α²σ_data²), the factor on x_t.</summary>
    public double Skip { get; }

    /// <summary>c_out = σ·σ_data/√(σ² + α²σ_data²), the factor on the network's answer.</summary>
    public double Out { get; }

    /// <summary>c_in = 1/√(σ² + α²σ_data²): the network's input has variance 1.</summary>
    public double In { get; }

    /// <summary>c_noise = ¼·ln(σ/α), the number that the network is told; −∞ at clean data, +∞ at pure noise.</summary>
    public double Noise { get; }
}
