namespace Diffusion.Math;

/// <summary>
/// The natural logarithm of a variance, as a type of its own so that it is never mistaken for the variance.
/// </summary>
/// <remarks>
/// <c>default</c> is log 1: a variance of 1. A variance of 0 has <see cref="Value"/> −∞, which is its exact
/// logarithm: <see cref="Variance"/> gives 0 back.
/// </remarks>
public readonly record struct LogVariance
{
    private LogVariance(double value) => Value = value;

    /// <summary>ln σ² in nats; −∞ where the variance is 0. Never NaN, never +∞.</summary>
    public double Value { get; }

    /// <summary>σ² ≥ 0.</summary>
    public double Variance => double.Exp(Value);

    /// <summary>σ ≥ 0.</summary>
    public double StandardDeviation => double.Exp(Value / 2);

    /// <summary>The logarithm of a variance.</summary>
    /// <param name="variance">σ², finite and ≥ 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is negative, infinite or NaN.</exception>
    public static LogVariance Of(double variance) => new(double.Log(Preconditions.NonNegative(variance)));
}
