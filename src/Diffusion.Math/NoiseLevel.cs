using System.Globalization;

namespace Diffusion.Math;

/// <summary>
/// How noisy a state is: <c>x_t = α·x₀ + σ·ε</c> with <c>ε ~ N(0, 1)</c>.
/// </summary>
/// <remarks>
/// The one type that says so for every family: variance preserving (<c>α² + σ² = 1</c>, DDPM), variance exploding
/// (<c>α = 1</c>) and flow matching (<c>α = 1 − t</c>, <c>σ = t</c>). Two levels are equal when both numbers are.
/// <c>default</c> is (0, 0), which no factory makes: it describes no state.
/// </remarks>
public readonly record struct NoiseLevel
{
    private const double VariancePreservingTolerance = 1e-12;

    internal NoiseLevel(double alpha, double sigma)
    {
        Alpha = alpha;
        Sigma = sigma;
    }

    /// <summary>The data itself: (1, 0).</summary>
    public static NoiseLevel Clean { get; } = new(1, 0);

    /// <summary>Nothing but noise: (0, 1), where zero-terminal-SNR schedules start.</summary>
    public static NoiseLevel PureNoise { get; } = new(0, 1);

    /// <summary>Factor α ≥ 0 on the data.</summary>
    public double Alpha { get; }

    /// <summary>Factor σ ≥ 0 on the noise: its standard deviation.</summary>
    public double Sigma { get; }

    /// <summary>σ², the variance of <c>q(x_t | x₀)</c>.</summary>
    public double Variance => Sigma * Sigma;

    /// <summary>
    /// σ/α in [0, ∞], the noise beside the data: 0 for clean data, +∞ for pure noise. The σ of variance exploding samplers
    /// (Karras et al. 2022, eq. 4, whose s is α), and e^(−λ/2) of <see cref="LogSnr"/>. NaN for <c>default</c>.
    /// </summary>
    public double Ratio => Sigma / Alpha;

    /// <summary>
    /// ᾱ = α² / (α² + σ²), in [0, 1]: for a variance preserving level the ᾱ = α² of DDPM (Ho et al. 2020, eq. 4);
    /// for any other the ᾱ of the variance preserving level with the same signal-to-noise ratio.
    /// </summary>
    public double AlphaBar
    {
        get
        {
            double ratio = Sigma == 0 ? 0 : Sigma / Alpha;
            return 1 / (1 + (ratio * ratio));
        }
    }

    /// <summary>
    /// Signal-to-noise ratio α² / σ², in [0, ∞]; +∞ exactly where σ = 0 (Kingma et al. 2021, eq. 2).
    /// </summary>
    public double Snr
    {
        get
        {
            double ratio = SignalRatio;
            return ratio * ratio;
        }
    }

    /// <summary>λ = ln(α² / σ²) in nats, in [−∞, +∞]; the ends are pure noise and clean data.</summary>
    public double LogSnr => 2 * double.Log(SignalRatio);

    /// <summary>Whether α² + σ² = 1, within 1e-12.</summary>
    public bool IsVariancePreserving =>
        double.Abs((Alpha * Alpha) + (Sigma * Sigma) - 1) <= VariancePreservingTolerance;

    /// <summary>q(x_t | x₀) = N(α·x₀, σ²) as a kernel on x₀ (Ho et al. 2020, eq. 4).</summary>
    public LinearGaussian Marginal => new(Alpha, Variance);

    /// <summary>The level with these two factors, of any family.</summary>
    /// <param name="alpha">α, finite and ≥ 0.</param>
    /// <param name="sigma">σ, finite and ≥ 0; not 0 together with <paramref name="alpha"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">A factor is negative, infinite or NaN.</exception>
    /// <exception cref="ArgumentException">Both are 0.</exception>
    public static NoiseLevel FromAlphaSigma(double alpha, double sigma)
    {
        Preconditions.NonNegative(alpha);
        Preconditions.NonNegative(sigma);
        if (alpha == 0 && sigma == 0)
        {
            throw new ArgumentException(
                "alpha and sigma are both 0, which leaves neither data nor noise; one must be greater than 0.",
                nameof(alpha)
            );
        }

        return new NoiseLevel(alpha, sigma);
    }

    /// <summary>The variance preserving level (√ᾱ, √(1−ᾱ)).</summary>
    /// <param name="alphaBar">ᾱ in [0, 1]. Close to 1, <see cref="FromLogSnr"/> says more digits of σ.</param>
    /// <exception cref="ArgumentOutOfRangeException">ᾱ is outside [0, 1] or NaN.</exception>
    public static NoiseLevel FromAlphaBar(double alphaBar)
    {
        Preconditions.Closed(alphaBar, 0, 1);
        return new NoiseLevel(double.Sqrt(alphaBar), double.Sqrt(1 - alphaBar));
    }

    /// <summary>
    /// The variance preserving level with log-SNR λ: α² = sigmoid(λ), σ² = sigmoid(−λ) (Kingma et al. 2021, eq. 3).
    /// </summary>
    /// <param name="logSnr">λ in nats; −∞ and +∞ are pure noise and clean data.</param>
    /// <exception cref="ArgumentOutOfRangeException">λ is NaN.</exception>
    public static NoiseLevel FromLogSnr(double logSnr)
    {
        Preconditions.Closed(logSnr, double.NegativeInfinity, double.PositiveInfinity);
        return new NoiseLevel(RootOfSigmoid(logSnr), RootOfSigmoid(-logSnr));
    }

    /// <summary>A state at this level: α·x₀ + σ·ε (Ho et al. 2020, eq. 4).</summary>
    /// <param name="x0">The data point, finite.</param>
    /// <param name="noise">ε, a draw from N(0, 1), finite.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is not finite.</exception>
    /// <exception cref="ArgumentException">The state is beyond the range of <c>double</c>.</exception>
    public double Mix(double x0, double noise) => Preconditions.Result((Alpha * x0) + (Sigma * noise), x0, noise);

    /// <summary>Both factors, with six digits.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"NoiseLevel(α = {Alpha:G6}, σ = {Sigma:G6})");

    private double SignalRatio => Sigma == 0 ? double.PositiveInfinity : Alpha / Sigma;

    // √(1/(1+e^−λ)) on the side where the exponential stays below 1, so that neither end overflows to 0.
    private static double RootOfSigmoid(double x)
    {
        if (x >= 0)
        {
            return 1 / double.Sqrt(1 + double.Exp(-x));
        }

        double root = double.Exp(x / 2);
        return root / double.Sqrt(1 + (root * root));
    }
}
