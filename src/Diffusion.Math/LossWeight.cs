namespace Diffusion.Math;

/// <summary>
/// The factor on a network's squared error at a noise level. Immutable; an axis of its own beside
/// <see cref="Prediction"/>: but for <see cref="Simple"/>, a weight is one function of the level on the error of x₀,
/// and is converted so that it means the same objective whatever the network predicts.
/// </summary>
/// <remarks>
/// An error in a prediction a·x₀ + b·ε is σ/(α·b − σ·a) times as large in x₀, and the weight takes the square of that.
/// Where the factor is infinite or 0 the weight is its limit, and where that is infinite an exception. On the error of
/// x₀ every weight is finite where SNR is 0, and so it is on v, the flow's velocity and EDM's F. On the error of ε or of
/// the score, which says nothing about x₀ there, those of <see cref="TruncatedSnr"/>, <see cref="Edm"/> and
/// <see cref="Vlb"/> are infinite, and refused.
/// </remarks>
public abstract class LossWeight
{
    private LossWeight(string name) => Name = name;

    /// <summary>
    /// 1 on the prediction's own error, whatever it is: for ε the L_simple of Ho et al. 2020, eq. 14.
    /// </summary>
    public static LossWeight Simple { get; } = new SimpleWeight();

    /// <summary>
    /// SNR on the error of x₀, which is 1 on that of ε (Salimans and Ho 2022, section 4): the objective of
    /// L_simple with ε, for every prediction.
    /// </summary>
    public static LossWeight Snr { get; } = new SnrWeight();

    /// <summary>
    /// max(SNR, 1) on the error of x₀ (Salimans and Ho 2022, section 4). Infinite for ε at pure noise.
    /// </summary>
    public static LossWeight TruncatedSnr { get; } = new TruncatedWeight();

    /// <summary>Its name, with its parameters.</summary>
    public string Name { get; }

    /// <summary>
    /// min(SNR, γ) on the error of x₀ (Hang et al. 2023, eq. 6): min(1, γ/SNR) for ε and min(SNR, γ)/(SNR + 1) for v at
    /// a variance preserving level. Finite at every level, pure noise and clean data included.
    /// </summary>
    /// <param name="gamma">γ &gt; 0; the paper takes 5.</param>
    /// <exception cref="ArgumentOutOfRangeException">γ is not a finite number greater than 0.</exception>
    public static LossWeight MinSnr(double gamma = 5) => new MinSnrWeight(Preconditions.Positive(gamma));

    /// <summary>
    /// P2: 1/(k + SNR)^γ on the error of ε, SNR/(k + SNR)^γ on that of x₀ (Choi et al. 2022, section 3).
    /// </summary>
    /// <param name="gamma">γ ≥ 0, 1 by default; 0 is <see cref="Snr"/>.</param>
    /// <param name="k">k &gt; 0, 1 by default.</param>
    /// <exception cref="ArgumentOutOfRangeException">A parameter is outside its range or NaN.</exception>
    public static LossWeight P2(double gamma = 1, double k = 1) =>
        new P2Weight(Preconditions.NonNegative(gamma), Preconditions.Positive(k));

    /// <summary>
    /// EDM's λ(σ) = (σ² + σ_data²)/(σ·σ_data)² on the error of x₀, that is SNR + 1/σ_data²
    /// (Karras et al. 2022, table 1): 1 on the error of <see cref="Prediction.Edm"/> with the same σ_data. Infinite for
    /// ε at pure noise. With σ_data = 1 also known as "SNR + 1", which is 1 on v (Salimans and Ho 2022, section 4).
    /// </summary>
    /// <param name="sigmaData">σ_data &gt; 0; the paper's images have 0.5.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is not a finite number greater than 0.</exception>
    public static LossWeight Edm(double sigmaData = 0.5) => new EdmWeight(Preconditions.Positive(sigmaData));

    /// <summary>
    /// sigmoid(bias − λ) on the error of ε, with λ the log-SNR (Kingma and Gao 2023; Hoogeboom et al. 2024):
    /// SNR·sigmoid(bias − λ) on that of x₀. Finite at every level.
    /// </summary>
    /// <param name="bias">b in [−600, 600], 2 by default.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is outside its range or NaN.</exception>
    public static LossWeight Sigmoid(double bias = 2) => new SigmoidWeight(Preconditions.Closed(bias, -600, 600));

    /// <summary>
    /// The weight of the variational bound L_{t−1}: (factor of x₀ in μ̃)²/(2σ_t²) on the error of x₀, that is
    /// β_t²/(2σ_t²·(1−β_t)·(1−ᾱ_t)) on that of ε (Ho et al. 2020, eq. 12); with the fixed small variance
    /// ½·(SNR_{t−1} − SNR_t) on that of x₀ (Kingma et al. 2021, section 4). Infinite for ε at pure noise.
    /// </summary>
    /// <remarks>
    /// At t = 1 a variance of 0 is replaced by that at t = 2, as the code of Ho et al. 2020 and of Nichol and
    /// Dhariwal 2021 does, or by β₁ if T = 1.
    /// </remarks>
    /// <param name="schedule">The schedule in use, to find the step that a level belongs to.</param>
    /// <param name="variance">
    /// Reverse variance σ_t²; <see cref="ReverseVariance.FixedSmall"/> by default, not a learned one.
    /// </param>
    /// <exception cref="ArgumentNullException"><paramref name="schedule"/> is null.</exception>
    /// <exception cref="ArgumentException"><paramref name="variance"/> is a learned one.</exception>
    public static LossWeight Vlb(Schedule schedule, ReverseVariance? variance = null)
    {
        Preconditions.NotNull(schedule);
        variance ??= ReverseVariance.FixedSmall;
        if (variance.IsLearned)
        {
            throw new ArgumentException(
                $"variance is {variance}, which depends on the network; a loss weight needs a fixed one.",
                nameof(variance)
            );
        }

        return new VlbWeight(schedule, variance);
    }

    /// <summary>The weight on the squared error of a prediction at a level, ≥ 0 and finite.</summary>
    /// <param name="prediction">What the network predicts.</param>
    /// <param name="level">The noise level of x_t.</param>
    /// <exception cref="ArgumentNullException"><paramref name="prediction"/> is null.</exception>
    /// <exception cref="ArgumentException">
    /// The weight is that of the bound of a schedule, and the level is none of its noisy ones.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// The weight's limit is infinite, or the prediction has no target there.
    /// </exception>
    public double For(Prediction prediction, NoiseLevel level)
    {
        TrainingTarget target = Preconditions.NotNull(prediction).Target(level);
        double determinant = target.Determinant(level);
        // The signal and the noise in units of the error that the prediction's makes in them. A determinant of 0 has
        // a numerator that vanishes with it: α for ε and the score, σ for x₀.
        double signal = determinant == 0 && level.Alpha == 0 ? 1 / target.NoiseCoefficient : level.Alpha / determinant;
        double noise = determinant == 0 && level.Sigma == 0 ? 1 / target.X0Coefficient : level.Sigma / determinant;
        double weight = OfRoots(signal, noise, level);
        return double.IsFinite(weight)
            ? weight
            : throw new InvalidOperationException(
                $"The weight {Name} on the error of {prediction} is infinite at {level}; use another prediction or"
                    + " weight, or leave this level out."
            );
    }

    /// <inheritdoc/>
    public sealed override string ToString() => Name;

    /// <summary>As <see cref="Of"/>, of the square roots, whose squares may leave the range of <c>double</c>.</summary>
    private protected virtual double OfRoots(double signal, double noise, NoiseLevel level) =>
        Of(signal * signal, noise * noise, level);

    /// <summary>The weight on the error of x₀ times noise; signal is SNR·noise. Either may be infinite.</summary>
    private protected abstract double Of(double signal, double noise, NoiseLevel level);

    private sealed class SimpleWeight() : LossWeight("simple")
    {
        private protected override double Of(double signal, double noise, NoiseLevel level) => 1;
    }

    private sealed class SnrWeight() : LossWeight("SNR")
    {
        private protected override double Of(double signal, double noise, NoiseLevel level) => signal;
    }

    private sealed class TruncatedWeight() : LossWeight("truncated SNR")
    {
        private protected override double Of(double signal, double noise, NoiseLevel level) =>
            double.Max(signal, noise);
    }

    private sealed class MinSnrWeight(double gamma) : LossWeight($"min-SNR({Preconditions.Text(gamma)})")
    {
        private protected override double Of(double signal, double noise, NoiseLevel level) =>
            double.Min(signal, gamma * noise);
    }

    private sealed class P2Weight(double gamma, double k)
        : LossWeight($"P2({Preconditions.Text(gamma)}, {Preconditions.Text(k)})")
    {
        private protected override double Of(double signal, double noise, NoiseLevel level)
        {
            double snr = level.Snr;
            // At clean data SNR/(k + SNR)^γ has the limit SNR^(1−γ).
            return double.IsPositiveInfinity(signal)
                ? noise * double.Pow(snr, 1 - gamma)
                : signal * double.Pow(k + snr, -gamma);
        }
    }

    private sealed class EdmWeight(double sigmaData) : LossWeight($"EDM({Preconditions.Text(sigmaData)})")
    {
        private protected override double OfRoots(double signal, double noise, NoiseLevel level) =>
            Of(signal * signal, noise / sigmaData * (noise / sigmaData), level);

        private protected override double Of(double signal, double noise, NoiseLevel level) => signal + noise;
    }

    private sealed class SigmoidWeight(double bias) : LossWeight($"sigmoid({Preconditions.Text(bias)})")
    {
        private protected override double Of(double signal, double noise, NoiseLevel level) =>
            1 / ((1 / signal) + (double.Exp(-bias) / noise));
    }

    private sealed class VlbWeight(Schedule schedule, ReverseVariance variance) : LossWeight($"VLB({variance})")
    {
        private protected override double OfRoots(double signal, double noise, NoiseLevel level)
        {
            int t = schedule.TimeOf(level);
            if (t < 1)
            {
                throw new ArgumentException(
                    $"{level} is none of the noisy levels 1..{Preconditions.Text(schedule.Steps)} of the schedule whose"
                        + " bound is weighted; pass one of them.",
                    nameof(level)
                );
            }

            // The factor of x₀ in μ̃ times noise. By the step's own kernel where there is one: ᾱ, which cancels, may be too
            // small to divide by.
            LinearGaussian kernel = schedule.Kernel(t);
            double factor =
                kernel.Scale > 0
                    ? kernel.Variance / (kernel.Scale * level.Sigma) * signal
                    : schedule.Posterior(t).X0Coefficient * noise;
            double spread = variance.Of(schedule, t);
            if (spread == 0)
            {
                spread = schedule.Steps == 1 ? schedule.Beta(1) : variance.Of(schedule, 2);
            }

            return factor * factor / (2 * spread);
        }

        private protected override double Of(double signal, double noise, NoiseLevel level) =>
            throw new NotSupportedException();
    }
}
