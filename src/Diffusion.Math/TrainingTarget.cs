namespace Diffusion.Math;

/// <summary>
/// What a network is trained to answer at one noise level: <c>X0Coefficient·x₀ + NoiseCoefficient·ε</c>.
/// </summary>
/// <remarks>From <see cref="Prediction.Target"/>. <c>default</c> is the constant 0, which is no prediction's.</remarks>
public readonly record struct TrainingTarget
{
    internal TrainingTarget(double x0Coefficient, double noiseCoefficient)
    {
        X0Coefficient = x0Coefficient;
        NoiseCoefficient = noiseCoefficient;
    }

    /// <summary>Factor on x₀.</summary>
    public double X0Coefficient { get; }

    /// <summary>Factor on ε.</summary>
    public double NoiseCoefficient { get; }

    /// <summary>The target's value.</summary>
    /// <param name="x0">The data point, finite.</param>
    /// <param name="noise">The ε that was mixed into it, finite.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is not finite.</exception>
    /// <exception cref="ArgumentException">The target is beyond the range of <c>double</c>.</exception>
    public double Apply(double x0, double noise) =>
        Preconditions.Result((X0Coefficient * x0) + (NoiseCoefficient * noise), x0, noise);

    /// <summary>Of the 2×2 system that gives (x_t, target) from (x₀, ε); 0 where the two say the same thing.</summary>
    internal double Determinant(NoiseLevel level) => (level.Alpha * NoiseCoefficient) - (level.Sigma * X0Coefficient);
}
