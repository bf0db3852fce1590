namespace Diffusion.Math;

/// <summary>
/// The factor on a network's squared error at a noise level. Immutable; an axis of its own beside
/// <see cref="Prediction"/>: the same weight means the same objective whatever the network predicts.
/// </summary>
public abstract class LossWeight
{
    private LossWeight(string name) => Name = name;

    /// <summary>
    /// 1 on the prediction's own error, whatever it is: for ε the L_simple of Ho et al. 2020, eq. 14.
    /// </summary>
    public static LossWeight Simple { get; } = new SimpleWeight();

    /// <summary>Its name, with its parameters.</summary>
    public string Name { get; }

    /// <summary>
    /// min(SNR, γ) on the error of x₀ (Hang et al. 2023, eq. 6): min(1, γ/SNR) for ε and min(SNR, γ)/(SNR + 1) for v at
    /// a variance preserving level. Finite at every level, pure noise and clean data included.
    /// </summary>
    /// <param name="gamma">γ &gt; 0; the paper takes 5.</param>
    /// <exception cref="ArgumentOutOfRangeException">γ is not a finite number greater than 0.</exception>
    public static LossWeight MinSnr(double gamma = 5) => new MinSnrWeight(Preconditions.Positive(gamma));

    /// <summary>The weight on the squared error of a prediction at a level, ≥ 0 and finite.</summary>
    /// <param name="prediction">What the network predicts.</param>
    /// <param name="level">The noise level of x_t.</param>
    /// <exception cref="ArgumentNullException"><paramref name="prediction"/> is null.</exception>
    public abstract double For(Prediction prediction, NoiseLevel level);

    /// <inheritdoc/>
    public sealed override string ToString() => Name;

    private sealed class SimpleWeight() : LossWeight("simple")
    {
        public override double For(Prediction prediction, NoiseLevel level)
        {
            Preconditions.NotNull(prediction);
            return 1;
        }
    }

    private sealed class MinSnrWeight(double gamma) : LossWeight($"min-SNR({Preconditions.Text(gamma)})")
    {
        public override double For(Prediction prediction, NoiseLevel level)
        {
            double determinant = Preconditions.NotNull(prediction).Target(level).Determinant(level);
            if (determinant == 0)
            {
                // The limits: ε at pure noise keeps weight 1, x₀ at clean data has reached its cap.
                return level.Alpha == 0 ? 1 : gamma;
            }

            // An error in the prediction is σ/determinant times as large in x₀; SNR·σ² is written as α².
            double signal = level.Alpha / determinant;
            double noise = level.Sigma / determinant;
            return double.Min(signal * signal, gamma * noise * noise);
        }
    }
}
