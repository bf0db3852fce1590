namespace Diffusion.Math;

/// <summary>
/// q(x_s | x_t, x₀) for s &lt; t: <c>N(X0Coefficient·x₀ + XtCoefficient·x_t, Variance)</c>
/// (Ho et al. 2020, eq. 6 and 7, for any pair of times and any family of noise levels).
/// </summary>
/// <remarks>
/// With r = α_t/α_s and β = σ_t² − r²σ_s²: the coefficients are α_s·β/σ_t² and r·σ_s²/σ_t², the variance β·σ_s²/σ_t².
/// At s = 0 it is exactly the point mass at x₀. <c>default</c> is no posterior; get one from a
/// <see cref="Schedule"/> or <see cref="Between"/>.
/// </remarks>
public readonly record struct Posterior
{
    // The variances are passed beside the levels because a schedule knows 1 − ᾱ better than the square of its root.
    internal Posterior(
        NoiseLevel from,
        NoiseLevel to,
        double scale,
        double kernelVariance,
        double fromVariance,
        double toVariance
    )
    {
        // To clean data exactly 1: both variances are the same number, but may be rounded otherwise.
        double fresh = toVariance == 0 ? 1 : kernelVariance / fromVariance;
        From = from;
        To = to;
        X0Coefficient = to.Alpha * fresh;
        XtCoefficient = scale * (toVariance / fromVariance);
        Variance = toVariance * fresh;
    }

    /// <summary>The level of x_t, the noisier one.</summary>
    public NoiseLevel From { get; }

    /// <summary>The level of x_s.</summary>
    public NoiseLevel To { get; }

    /// <summary>Factor on x₀ in the mean; 1 at s = 0.</summary>
    public double X0Coefficient { get; }

    /// <summary>Factor on x_t in the mean; 0 at s = 0.</summary>
    public double XtCoefficient { get; }

    /// <summary>β̃, the variance, ≥ 0; 0 at s = 0.</summary>
    public double Variance { get; }

    /// <summary>ln β̃; its <see cref="LogVariance.Value"/> is −∞ at s = 0, where the variance is exactly 0.</summary>
    public LogVariance LogVariance => LogVariance.Of(Variance);

    /// <summary>The posterior between any two levels of one process.</summary>
    /// <param name="from">The level of x_t.</param>
    /// <param name="to">The level of x_s: its signal-to-noise ratio is the greater one.</param>
    /// <exception cref="ArgumentException">
    /// <paramref name="to"/> is not less noisy than <paramref name="from"/>, or no forward process leads there; or
    /// the square of a factor is too small or great for a <c>double</c>.
    /// </exception>
    public static Posterior Between(NoiseLevel from, NoiseLevel to)
    {
        LinearGaussian kernel = Transition.Undone(from, to);
        Posterior posterior = new(from, to, kernel.Scale, kernel.Variance, from.Variance, to.Variance);
        // One of them is NaN or infinite as soon as a square has left the range of double.
        return double.IsFinite(posterior.X0Coefficient + posterior.XtCoefficient + posterior.Variance)
            ? posterior
            : throw new ArgumentException(
                $"The variances between {from} and {to} leave the range of double; scale both levels to a size nearer"
                    + " to 1.",
                nameof(from)
            );
    }

    /// <summary>μ̃ = X0Coefficient·x₀ + XtCoefficient·x_t (Ho et al. 2020, eq. 7).</summary>
    /// <param name="x0">The data point, or a network's estimate of it, finite.</param>
    /// <param name="xt">The noisy state, finite.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is not finite.</exception>
    /// <exception cref="ArgumentException">The mean is beyond the range of <c>double</c>.</exception>
    public double Mean(double x0, double xt) =>
        Preconditions.Result((X0Coefficient * x0) + (XtCoefficient * xt), x0, xt);

    /// <summary>
    /// The same mean written with the noise: (α_s/α_t)·x_t − X0Coefficient·(σ_t/α_t)·ε, which for neighbouring times
    /// is (x_t − β_t/√(1−ᾱ_t)·ε)/√(1−β_t) (Ho et al. 2020, eq. 11).
    /// </summary>
    /// <param name="xt">The noisy state, finite.</param>
    /// <param name="epsilon">The noise in it, or a network's estimate, finite.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is not finite.</exception>
    /// <exception cref="ArgumentException">The mean is beyond the range of <c>double</c>.</exception>
    /// <exception cref="InvalidOperationException">α_t = 0: pure noise does not determine x₀.</exception>
    public double MeanFromEpsilon(double xt, double epsilon)
    {
        PredictionMap toX0 = Prediction.Epsilon.To(Prediction.X0, From);
        return Preconditions.Result(
            (To.Alpha / From.Alpha * xt) + (X0Coefficient * toX0.ModelCoefficient * epsilon),
            xt,
            epsilon
        );
    }

    /// <summary>The posterior as a distribution.</summary>
    /// <param name="x0">The data point, finite.</param>
    /// <param name="xt">The noisy state, finite.</param>
    /// <exception cref="ArgumentOutOfRangeException">A state is not finite.</exception>
    /// <exception cref="ArgumentException">The mean is beyond the range of <c>double</c>.</exception>
    public Gaussian At(double x0, double xt) => new(Mean(x0, xt), Variance);
}
