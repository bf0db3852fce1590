using System.Collections.Immutable;
using System.Globalization;
using MathNet.Numerics;
using MathNet.Numerics.Integration;

namespace Diffusion.Math;

/// <summary>
/// The variational bound on −ln p(x₀), by its named terms: L = L_T + Σ_{t=2..T} L_{t−1} + L₀
/// (Ho et al. 2020, eq. 5), in nats, for a whole data point. Immutable.
/// </summary>
/// <remarks>
/// The expectations are the caller's to take: from mean square errors by <see cref="FromErrors"/>, or term by term with
/// the static functions. Ho et al. 2020, section 4.3, splits it into <see cref="Rate"/> and <see cref="Distortion"/>.
/// </remarks>
public sealed class VariationalBound
{
    // e^700 is the last whole hundred that is a double.
    private const double GreatestLogSnr = 700;

    /// <summary>A bound with these terms.</summary>
    /// <param name="dimension">Numbers in a data point, ≥ 1.</param>
    /// <param name="prior">L_T, finite and ≥ 0.</param>
    /// <param name="transitions">L₁ … L_{T−1}, the terms of t = 2 … T, each finite and ≥ 0; none if T = 1.</param>
    /// <param name="reconstruction">L₀, finite; may be negative for a density.</param>
    /// <exception cref="ArgumentNullException"><paramref name="transitions"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range or NaN.</exception>
    public VariationalBound(int dimension, double prior, IEnumerable<double> transitions, double reconstruction)
    {
        Dimension = Preconditions.AtLeast(dimension, 1);
        Prior = Preconditions.NonNegative(prior);
        Transitions = [.. Preconditions.NotNull(transitions)];
        for (int i = 0; i < Transitions.Length; i++)
        {
            Preconditions.NonNegative(Transitions[i], $"transitions[{Preconditions.Text(i)}]");
        }

        Reconstruction = Preconditions.Finite(reconstruction);
    }

    /// <summary>Numbers in a data point.</summary>
    public int Dimension { get; }

    /// <summary>L_T = KL(q(x_T | x₀) ‖ N(0, I)) in nats: 0 at zero terminal SNR. Nothing of it is trained.</summary>
    public double Prior { get; }

    /// <summary>L₁ … L_{T−1} in nats: KL(q(x_{t−1} | x_t, x₀) ‖ p(x_{t−1} | x_t)) for t = 2 … T.</summary>
    public ImmutableArray<double> Transitions { get; }

    /// <summary>L₀ = −ln p(x₀ | x₁) in nats.</summary>
    public double Reconstruction { get; }

    /// <summary>L_T + L₁ + … + L_{T−1} in nats: what it costs to say x₁ (Ho et al. 2020, section 4.3).</summary>
    public double Rate => Prior + Transitions.Sum();

    /// <summary>L₀ in nats: what it costs to say x₀ once x₁ is known (Ho et al. 2020, section 4.3).</summary>
    public double Distortion => Reconstruction;

    /// <summary>The bound on −ln p(x₀) in nats.</summary>
    public double Total => Rate + Distortion;

    /// <summary><see cref="Rate"/> in bits a dimension.</summary>
    public double RateBitsPerDimension => BitsPerDimension(Rate, Dimension);

    /// <summary><see cref="Distortion"/> in bits a dimension.</summary>
    public double DistortionBitsPerDimension => BitsPerDimension(Distortion, Dimension);

    /// <summary><see cref="Total"/> in bits a dimension.</summary>
    public double TotalBitsPerDimension => BitsPerDimension(Total, Dimension);

    /// <summary>nats/(d·ln 2).</summary>
    /// <param name="nats">For a whole data point, finite.</param>
    /// <param name="dimension">d ≥ 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range or NaN.</exception>
    public static double BitsPerDimension(double nats, int dimension) =>
        Preconditions.Finite(nats) / (Preconditions.AtLeast(dimension, 1) * Constants.Ln2);

    /// <summary>
    /// The bound of a model whose mean is μ̃ with a network's x̂₀ in place of x₀, from that network's errors: every
    /// expectation in it is a linear function of them.
    /// </summary>
    /// <param name="schedule">The schedule.</param>
    /// <param name="dimension">d ≥ 1.</param>
    /// <param name="meanSquare">E‖x₀‖² over the data, not divided by d; finite and ≥ 0.</param>
    /// <param name="x0Errors">
    /// E‖x₀ − x̂₀(x_t, t)‖² at t = 1 … T, not divided by d, each finite and ≥ 0; that of t = 1 is not used here, but in
    /// L₀.
    /// </param>
    /// <param name="variance">The model's reverse variance, not a learned one.</param>
    /// <param name="reconstruction">
    /// E[L₀] in nats, of any decoder: see <see cref="DiscreteDecoder"/> and <see cref="GaussianReconstruction"/>.
    /// </param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="ArgumentException"><paramref name="x0Errors"/> are not as many as the steps.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range or NaN.</exception>
    /// <exception cref="InvalidOperationException"><paramref name="variance"/> is a learned one.</exception>
    public static VariationalBound FromErrors(
        Schedule schedule,
        int dimension,
        double meanSquare,
        ReadOnlySpan<double> x0Errors,
        ReverseVariance variance,
        double reconstruction
    )
    {
        Preconditions.NotNull(schedule);
        Preconditions.NotNull(variance);
        Preconditions.Length(x0Errors, schedule.Steps);
        double[] transitions = new double[schedule.Steps - 1];
        for (int t = 2; t <= schedule.Steps; t++)
        {
            double error = Preconditions.NonNegative(x0Errors[t - 1], $"x0Errors[{Preconditions.Text(t - 1)}]");
            double spread = variance.Of(schedule, t);
            transitions[t - 2] = TransitionTerm(schedule.Posterior(t), dimension, error, spread);
        }

        return new VariationalBound(dimension, PriorTerm(schedule, dimension, meanSquare), transitions, reconstruction);
    }

    /// <summary>
    /// L_T = KL(N(√ᾱ_T·x₀, (1−ᾱ_T)·I) ‖ N(0, I)) = ½·(ᾱ_T·(‖x₀‖² − d) − d·ln(1−ᾱ_T)) in nats
    /// (Ho et al. 2020, eq. 5).
    /// </summary>
    /// <param name="schedule">The schedule.</param>
    /// <param name="dimension">d ≥ 1.</param>
    /// <param name="meanSquare">‖x₀‖² or its mean over the data, not divided by d; finite and ≥ 0.</param>
    /// <exception cref="ArgumentNullException"><paramref name="schedule"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range or NaN.</exception>
    public static double PriorTerm(Schedule schedule, int dimension, double meanSquare)
    {
        Preconditions.NotNull(schedule);
        Preconditions.AtLeast(dimension, 1);
        Preconditions.NonNegative(meanSquare);
        LinearGaussian marginal = schedule.Marginal(schedule.Steps);
        double shape = new Gaussian(0, marginal.Variance).KullbackLeibler(Gaussian.Standard);
        return (dimension * shape) + (0.5 * schedule.TerminalAlphaBar * meanSquare);
    }

    /// <summary>
    /// L_{t−1} = KL(N(μ̃(x₀, x_t), β̃·I) ‖ N(μ̃(x̂₀, x_t), σ²·I)) = ½·d·(r − 1 − ln r) + c²·‖x₀ − x̂₀‖²/(2σ²) in nats,
    /// with r = β̃/σ² and c the factor of x₀ in μ̃ (Ho et al. 2020, eq. 5 and 8).
    /// </summary>
    /// <param name="posterior">q(x_{t−1} | x_t, x₀), not that of t = 1.</param>
    /// <param name="dimension">d ≥ 1.</param>
    /// <param name="x0Error">‖x₀ − x̂₀‖² or its mean, not divided by d; finite and ≥ 0.</param>
    /// <param name="variance">σ² (not its logarithm), finite and &gt; 0.</param>
    /// <exception cref="ArgumentException">The posterior is a point mass, as at t = 1: that term is L₀.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range or NaN.</exception>
    public static double TransitionTerm(Posterior posterior, int dimension, double x0Error, double variance)
    {
        Preconditions.AtLeast(dimension, 1);
        Preconditions.NonNegative(x0Error);
        Preconditions.Positive(variance);
        if (posterior.Variance == 0)
        {
            throw new ArgumentException(
                "posterior has variance 0, as at t = 1, from where its divergence is infinite: that step's term is the"
                    + " reconstruction L₀.",
                nameof(posterior)
            );
        }

        double shape = new Gaussian(0, posterior.Variance).KullbackLeibler(new Gaussian(0, variance));
        double factor = posterior.X0Coefficient;
        // In this order nothing can be 0·∞ or ∞/∞.
        return (dimension * shape) + (factor * x0Error / variance * factor / 2);
    }

    /// <summary>
    /// The part of L_{t−1} that depends on the network, in its weighted form β_t²/(2σ_t²·(1−β_t)·(1−ᾱ_t))·‖ε − ε̂‖²
    /// in nats (Ho et al. 2020, eq. 12): equal to <see cref="TransitionTerm"/> where σ_t² = β̃_t, less by a constant
    /// elsewhere.
    /// </summary>
    /// <param name="schedule">The schedule.</param>
    /// <param name="t">In 1..T.</param>
    /// <param name="epsilonError">‖ε − ε̂‖² or its mean, not divided by d; finite and ≥ 0.</param>
    /// <param name="variance">σ_t² (not its logarithm), finite and &gt; 0.</param>
    /// <exception cref="ArgumentNullException"><paramref name="schedule"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range or NaN.</exception>
    /// <exception cref="InvalidOperationException">ᾱ_t = 0, where ε says nothing about x₀.</exception>
    public static double EpsilonTerm(Schedule schedule, int t, double epsilonError, double variance)
    {
        double beta = Preconditions.NotNull(schedule).Beta(t);
        Preconditions.NonNegative(epsilonError);
        Preconditions.Positive(variance);
        double alpha = schedule.Alpha(t);
        if (alpha == 0)
        {
            throw new InvalidOperationException(
                $"The error of ε has no weight at t = {Preconditions.Text(t)}, where ᾱ = 0 and ε does not determine x0;"
                    + $" use {nameof(TransitionTerm)}."
            );
        }

        // In this order nothing can be 0·∞: numerators first, then one division after the other.
        return beta * beta * epsilonError / 2 / alpha / schedule.Marginal(t).Variance / variance;
    }

    /// <summary>
    /// L₀ of a continuous Gaussian decoder N(x̂₀, v·I): ½·(‖x₀ − x̂₀‖²/v + d·ln 2πv) in nats, of a density and so of
    /// either sign.
    /// </summary>
    /// <param name="dimension">d ≥ 1.</param>
    /// <param name="x0Error">‖x₀ − x̂₀‖² at t = 1 or its mean, not divided by d; finite and ≥ 0.</param>
    /// <param name="variance">v (not its logarithm), finite and &gt; 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range or NaN.</exception>
    public static double GaussianReconstruction(int dimension, double x0Error, double variance)
    {
        Preconditions.AtLeast(dimension, 1);
        Preconditions.NonNegative(x0Error);
        Preconditions.Positive(variance);
        return 0.5 * ((x0Error / variance) + (dimension * (double.Log(Constants.Pi2) + double.Log(variance))));
    }

    /// <summary>
    /// The sum of all L_{t−1} in the limit of infinitely many steps: ½·∫ E‖x₀ − x̂₀‖² dSNR in nats
    /// (Kingma et al. 2021, section 5.1), which does not depend on the schedule between its ends.
    /// </summary>
    /// <param name="x0Error">
    /// E‖x₀ − x̂₀(x_t)‖² at a variance preserving level, not divided by d; finite and ≥ 0.
    /// </param>
    /// <param name="lowLogSnr">λ at the noisy end, in nats, finite.</param>
    /// <param name="highLogSnr">λ at the clean end, greater and at most 700, beyond which SNR leaves <c>double</c>.</param>
    /// <param name="panels">
    /// Intervals of the quadrature over λ, ≥ 1; each takes 16 calls of the error. 64 by default.
    /// </param>
    /// <exception cref="ArgumentNullException"><paramref name="x0Error"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// A number is outside its range or NaN, one that <paramref name="x0Error"/> gives included.
    /// </exception>
    public static double ContinuousTime(
        Func<NoiseLevel, double> x0Error,
        double lowLogSnr,
        double highLogSnr,
        int panels = 64
    )
    {
        Preconditions.NotNull(x0Error);
        Preconditions.Finite(lowLogSnr);
        Preconditions.OpenClosed(highLogSnr, lowLogSnr, GreatestLogSnr);
        Preconditions.AtLeast(panels, 1);
        const int Order = 16;
        double sum = 0;
        for (int i = 0; i < panels; i++)
        {
            double from = double.Lerp(lowLogSnr, highLogSnr, i / (double)panels);
            double to = double.Lerp(lowLogSnr, highLogSnr, (i + 1) / (double)panels);
            sum += GaussLegendreRule.Integrate(Density, from, to, Order);
        }

        return sum / 2;

        // dSNR = SNR·dλ.
        double Density(double logSnr)
        {
            NoiseLevel level = NoiseLevel.FromLogSnr(logSnr);
            return level.Snr * Preconditions.NonNegative(x0Error(level), nameof(x0Error));
        }
    }

    /// <summary>Rate, distortion and total in bits a dimension.</summary>
    public override string ToString() =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"rate {RateBitsPerDimension:G6} + distortion {DistortionBitsPerDimension:G6} ="
                + $" {TotalBitsPerDimension:G6} bits/dim"
        );
}
