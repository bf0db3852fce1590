namespace Diffusion.Math;

/// <summary>
/// How strongly to guide, w, as a function of the noise level: <see cref="Constant"/>, <see cref="Interval"/>,
/// <see cref="Linear"/> or <see cref="Cosine"/>. A closed set of immutable values, compared by value.
/// </summary>
/// <remarks>
/// In classifier-free guidance 1 is the conditional prediction and 0 the unconditional one; greater than 1 goes beyond
/// (<see cref="Guidance.ClassifierFree"/>). Ho and Salimans's w is one less than this one. Where a score is added, 0
/// adds nothing (<see cref="Guidance.ByScore"/>).
/// </remarks>
public abstract record GuidanceScale
{
    private GuidanceScale() { }

    /// <summary>The same w everywhere.</summary>
    /// <param name="scale">w, finite; negative ones steer away.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is not finite.</exception>
    public static GuidanceScale Constant(double scale) => new ConstantScale(Preconditions.Finite(scale));

    /// <summary>
    /// w for σ/α in (low, high], another number elsewhere (Kynkäänniemi et al. 2024, section 3, whose σ is σ/α here).
    /// </summary>
    /// <param name="scale">w inside, finite.</param>
    /// <param name="low">σ/α of the interval's cleaner end, which is left out; finite and ≥ 0.</param>
    /// <param name="high">σ/α of its noisier end, greater than <paramref name="low"/>; +∞ for pure noise.</param>
    /// <param name="outside">
    /// w elsewhere, finite. 1 by default, which in classifier-free guidance saves the second prediction; pass 0 where a
    /// score is added.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range or NaN.</exception>
    public static GuidanceScale Interval(double scale, double low, double high, double outside = 1) =>
        new IntervalScale(
            Preconditions.Finite(scale),
            Preconditions.NonNegative(low),
            Preconditions.OpenClosed(high, low, double.PositiveInfinity),
            Preconditions.Finite(outside)
        );

    /// <summary><see cref="Interval"/> in log-SNR: w for λ in [low, high), which is σ/α in (e^(−high/2), e^(−low/2)].</summary>
    /// <param name="scale">w inside, finite.</param>
    /// <param name="low">λ of the interval's noisier end, in nats; −∞ for pure noise.</param>
    /// <param name="high">λ of its cleaner end, which is left out; greater than <paramref name="low"/>.</param>
    /// <param name="outside">w elsewhere, finite; 1 by default.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range or NaN.</exception>
    public static GuidanceScale IntervalOfLogSnr(double scale, double low, double high, double outside = 1)
    {
        Preconditions.ClosedOpen(low, double.NegativeInfinity, double.PositiveInfinity);
        Preconditions.OpenClosed(high, low, double.PositiveInfinity);
        return Interval(scale, double.Exp(-high / 2), double.Exp(-low / 2), outside);
    }

    /// <summary>
    /// w = atData + (atNoise − atData)·t/T. Wang et al. 2024 find that w should grow from noise to data.
    /// </summary>
    /// <param name="atNoise">w at time T, finite.</param>
    /// <param name="atData">w at time 0, finite.</param>
    /// <param name="end">T, the time of the noisiest level, finite and &gt; 0; w stays the same beyond.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range or NaN.</exception>
    public static GuidanceScale Linear(double atNoise, double atData, double end) =>
        new LinearScale(Preconditions.Finite(atNoise), Preconditions.Finite(atData), Preconditions.Positive(end));

    /// <summary>
    /// w = atNoise + (atData − atNoise)·(1 + cos(π·t/T))/2: as <see cref="Linear"/>, but level at both ends (Wang et
    /// al. 2024).
    /// </summary>
    /// <param name="atNoise">w at time T, finite.</param>
    /// <param name="atData">w at time 0, finite.</param>
    /// <param name="end">T, the time of the noisiest level, finite and &gt; 0; w stays the same beyond.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range or NaN.</exception>
    public static GuidanceScale Cosine(double atNoise, double atData, double end) =>
        new CosineScale(Preconditions.Finite(atNoise), Preconditions.Finite(atData), Preconditions.Positive(end));

    /// <summary>w where the network is called.</summary>
    /// <param name="at">The call's level and time.</param>
    public abstract double At(Evaluation at);

    private sealed record ConstantScale(double Scale) : GuidanceScale
    {
        public override double At(Evaluation at) => Scale;

        public override string ToString() => Preconditions.Text(Scale);
    }

    private sealed record IntervalScale(double Scale, double Low, double High, double Outside) : GuidanceScale
    {
        public override double At(Evaluation at)
        {
            // As products: pure noise has no quotient.
            NoiseLevel level = at.Level;
            bool above = level.Sigma > Low * level.Alpha;
            bool below = double.IsPositiveInfinity(High) || level.Sigma <= High * level.Alpha;
            return above && below ? Scale : Outside;
        }

        public override string ToString() =>
            $"{Preconditions.Text(Scale)} for σ/α in ({Preconditions.Text(Low)}, {Preconditions.Text(High)}], else"
            + $" {Preconditions.Text(Outside)}";
    }

    private sealed record LinearScale(double AtNoise, double AtData, double End) : GuidanceScale
    {
        public override double At(Evaluation at) => double.Lerp(AtData, AtNoise, double.Min(at.Time / End, 1));

        public override string ToString() =>
            $"linear from {Preconditions.Text(AtNoise)} at noise to {Preconditions.Text(AtData)} at data";
    }

    private sealed record CosineScale(double AtNoise, double AtData, double End) : GuidanceScale
    {
        public override double At(Evaluation at) =>
            double.Lerp(AtNoise, AtData, (1 + double.CosPi(double.Min(at.Time / End, 1))) / 2);

        public override string ToString() =>
            $"cosine from {Preconditions.Text(AtNoise)} at noise to {Preconditions.Text(AtData)} at data";
    }
}
