using System.Runtime.CompilerServices;
using MathNet.Numerics;

namespace Diffusion.Math;

/// <summary>
/// A noise schedule in continuous time: a noise level at every t, and the stochastic differential equation
/// dx = f(t)·x·dt + g(t)·dw that leads there (Song et al. 2021, SDE paper, eq. 5). A closed set of immutable values,
/// compared by value.
/// </summary>
/// <remarks>
/// f = d ln α/dt and g² = dσ²/dt − 2fσ² (Kingma et al. 2021; Lu et al. 2022a, section 2.1), whatever the
/// family. Time runs from 0 to
/// <see cref="End"/>, towards noise. For whole times see <see cref="Schedule"/>, which <see cref="ToSchedule"/> gives.
/// </remarks>
public abstract record ContinuousSchedule
{
    // How far beyond an end a number still counts as that end, computed another way.
    private static readonly double Roundings = double.ScaleB(1, -50);

    private ContinuousSchedule(string name, double end)
    {
        Name = name;
        End = end;
    }

    /// <summary>Its name, with its parameters.</summary>
    public string Name { get; }

    /// <summary>The noisiest time; 1 for all but <see cref="Edm"/>.</summary>
    public double End { get; }

    /// <summary>The noise level at a time.</summary>
    /// <param name="t">In [0, <see cref="End"/>].</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="t"/> is outside its range or NaN.</exception>
    public NoiseLevel this[double t] => Level(Preconditions.Closed(t, 0, End));

    /// <summary>
    /// The variance preserving SDE with β(t) = β_min + t·(β_max − β_min): ln ᾱ = −β_min·t − ½·(β_max − β_min)·t²
    /// (Song et al. 2021, SDE paper, eq. 33). Up to O(1/T) the limit of <see cref="Schedule.Linear"/> with β₁ = β_min/T
    /// and β_T = β_max/T.
    /// </summary>
    /// <param name="betaMin">β_min &gt; 0, 0.1 by default.</param>
    /// <param name="betaMax">β_max ≥ β_min, finite, 20 by default.</param>
    /// <exception cref="ArgumentOutOfRangeException">An argument is outside its range or NaN.</exception>
    public static ContinuousSchedule VariancePreserving(double betaMin = 0.1, double betaMax = 20) =>
        new Preserving(Preconditions.Positive(betaMin), Preconditions.Closed(betaMax, betaMin, double.MaxValue));

    /// <summary>
    /// The variance exploding SDE: α = 1, σ = σ_min·(σ_max/σ_min)^t (Song et al. 2021, SDE paper, eq. 30). At t = 0 it
    /// is at σ_min, not at clean data.
    /// </summary>
    /// <param name="sigmaMin">σ_min &gt; 0, 0.01 by default.</param>
    /// <param name="sigmaMax">σ_max &gt; σ_min, finite, 50 by default.</param>
    /// <exception cref="ArgumentOutOfRangeException">An argument is outside its range or NaN.</exception>
    public static ContinuousSchedule VarianceExploding(double sigmaMin = 0.01, double sigmaMax = 50) =>
        new Exploding(Preconditions.Positive(sigmaMin), Preconditions.OpenClosed(sigmaMax, sigmaMin, double.MaxValue));

    /// <summary>α = 1, σ = t: EDM's time is the noise's own deviation (Karras et al. 2022, table 1).</summary>
    /// <param name="sigmaMax">The noisiest time, finite and &gt; 0; 80 by default.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is outside its range or NaN.</exception>
    public static ContinuousSchedule Edm(double sigmaMax = 80) => new EdmSchedule(Preconditions.Positive(sigmaMax));

    /// <summary>
    /// The cosine schedule λ = −2·ln tan(πt/2) + shift, variance preserving; without shift α = cos(πt/2) and σ =
    /// sin(πt/2) (Nichol and Dhariwal 2021, section 3.2; the shift: Hoogeboom et al. 2023). From clean data to
    /// pure noise.
    /// </summary>
    /// <param name="shift">Added to the log-SNR; 2·ln(64/d) for images of d×d, 0 by default; in [−100, 100].</param>
    /// <exception cref="ArgumentOutOfRangeException">It is outside its range or NaN.</exception>
    public static ContinuousSchedule Cosine(double shift = 0) =>
        new CosineSchedule(Preconditions.Closed(shift, -100, 100));

    /// <summary>
    /// Rectified flow: α = 1 − t′, σ = t′ (Liu, Gong and Liu 2022, eq. 1) with t′ = s·t/(1 + (s − 1)·t), s = 1 by default
    /// (Esser et al. 2024, eq. 23). From clean data to pure noise.
    /// </summary>
    /// <param name="shift">s &gt; 0: greater values spend more of the time at high noise.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is not a finite number greater than 0.</exception>
    public static ContinuousSchedule RectifiedFlow(double shift = 1) => new Flow(Preconditions.Positive(shift));

    /// <summary>f = d ln α/dt ≤ 0, the factor of x in the drift.</summary>
    /// <param name="t">In [0, <see cref="End"/>], and not where α = 0.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="t"/> is outside its range or NaN.</exception>
    /// <exception cref="InvalidOperationException">α is 0 there as a <c>double</c>.</exception>
    public double Drift(double t) => Rate(Noisy(t)).Drift;

    /// <summary>g² ≥ 0, the variance added per unit of time (not its root).</summary>
    /// <param name="t">In [0, <see cref="End"/>], and not where α = 0.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="t"/> is outside its range or NaN.</exception>
    /// <exception cref="InvalidOperationException">α is 0 there as a <c>double</c>.</exception>
    public double DiffusionSquared(double t) => Rate(Noisy(t)).Diffusion;

    /// <summary>The time at which the log-SNR λ is reached: the inverse of the schedule.</summary>
    /// <param name="logSnr">
    /// λ in nats, between those at <see cref="End"/> and at 0; outside by no more than a few roundings it is taken for
    /// the end.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">λ is outside this range or NaN.</exception>
    public double TimeOf(double logSnr)
    {
        double reached = Within(logSnr, Level(End).LogSnr, Level(0).LogSnr, 1);
        return double.IsNegativeInfinity(reached) ? End : double.Clamp(Inverse(reached), 0, End);
    }

    /// <summary>
    /// The schedule with whole times 0..T whose level t is this one's at t/T: β_t is the variance of the kernel
    /// between neighbours. Its figures are as accurate as those of <see cref="Schedule"/>'s own formulas.
    /// </summary>
    /// <param name="steps">T ≥ 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="steps"/> is less than 1, or so few or many that a β is 0 or, before the last, 1 as a <c>double</c>.
    /// </exception>
    /// <exception cref="InvalidOperationException">The process does not preserve variance.</exception>
    public Schedule ToSchedule(int steps) =>
        WholeTimes(Preconditions.AtLeast(steps, 1))
        ?? throw new ArgumentOutOfRangeException(
            nameof(steps),
            steps,
            $"steps is {Preconditions.Text(steps)}, with which a step of {Name} adds no noise or leaves no data as far as a"
                + " double can tell; take more or fewer."
        );

    /// <inheritdoc/>
    public sealed override string ToString() => Name;

    /// <summary>
    /// The ratio σ/α itself if the schedule reaches it, and the end's where it is a few roundings outside; refused under
    /// the caller's name otherwise.
    /// </summary>
    internal double Reached(double ratio, string name) => Within(ratio, Level(0).Ratio, Level(End).Ratio, 0, name);

    /// <summary>The level at a ratio that the schedule reaches, without a detour through the time.</summary>
    internal abstract NoiseLevel LevelOfRatio(double ratio);

    /// <summary>The time of a ratio that the schedule reaches.</summary>
    internal double TimeOfRatio(double ratio) => double.Clamp(InverseOfRatio(ratio), 0, End);

    private static double Within(
        double value,
        double low,
        double high,
        double size,
        [CallerArgumentExpression(nameof(value))] string name = ""
    )
    {
        if (value < low && low - value <= Roundings * double.Max(double.Abs(low), size))
        {
            return low;
        }

        return value > high && value - high <= Roundings * double.Max(double.Abs(high), size)
            ? high
            : Preconditions.Closed(value, low, high, name);
    }

    private static NoiseLevel PreservingOf(double ratio)
    {
        double alpha = 1 / double.Hypot(1, ratio);
        return new NoiseLevel(alpha, ratio * alpha);
    }

    private double Noisy(double t)
    {
        Preconditions.Closed(t, 0, End);
        return Level(t).Alpha > 0
            ? t
            : throw new InvalidOperationException(
                $"The equation of {Name} has no finite coefficients at t = {Preconditions.Text(t)}, where α = 0; use an"
                    + " earlier time."
            );
    }

    private protected abstract NoiseLevel Level(double t);

    // Null where a β leaves its range.
    private protected virtual Schedule? WholeTimes(int steps) =>
        throw new InvalidOperationException(
            $"{Name} does not preserve variance, as a schedule of whole times does; use one of"
                + $" {nameof(VariancePreserving)} and {nameof(Cosine)}."
        );

    private protected abstract (double Drift, double Diffusion) Rate(double t);

    // From a log-SNR above −∞ to the time.
    private protected abstract double Inverse(double logSnr);

    // From a finite σ/α to the time.
    private protected abstract double InverseOfRatio(double ratio);

    private static double Ratio(double logSnr) => double.Exp(-logSnr / 2);

    private sealed record Preserving(double BetaMin, double BetaMax)
        : ContinuousSchedule($"VP-SDE({Preconditions.Text(BetaMin)}, {Preconditions.Text(BetaMax)})", 1)
    {
        // Beyond this −ln ᾱ nothing is left of the data.
        private const double AllLost = 1e5;

        private WideDouble Rise => (WideDouble)BetaMax - BetaMin;

        private protected override NoiseLevel Level(double t)
        {
            // In 106 bits: the exponential multiplies the error of its argument by the argument.
            WideDouble lost = ((Rise * (t / 2)) + BetaMin) * t;
            if (!(lost.Head < AllLost))
            {
                return NoiseLevel.PureNoise;
            }

            double bar = double.Exp(-lost.Head);
            double root = double.Exp(-lost.Head / 2);
            return new NoiseLevel(
                root - (root * (lost.Tail / 2)),
                double.Sqrt((bar * lost.Tail) - Exponential.MinusOne(-lost.Head))
            );
        }

        private protected override Schedule? WholeTimes(int steps) =>
            Schedule.Exponential((WideDouble)BetaMin / steps, Rise / 2 / steps / steps, steps);

        private protected override (double Drift, double Diffusion) Rate(double t)
        {
            double beta = double.Lerp(BetaMin, BetaMax, t);
            return (-beta / 2, beta);
        }

        internal override NoiseLevel LevelOfRatio(double ratio) => PreservingOf(ratio);

        // −ln ᾱ = ln(1 + e^−λ) = ln(1 + (σ/α)²).
        private protected override double Inverse(double logSnr) =>
            TimeOfLost(SpecialFunctions.Log1p(double.Exp(-double.Abs(logSnr))) + double.Max(-logSnr, 0));

        private protected override double InverseOfRatio(double ratio) =>
            TimeOfLost(
                ratio < 1
                    ? SpecialFunctions.Log1p(ratio * ratio)
                    : SpecialFunctions.Log1p(1 / ratio / ratio) + (2 * double.Log(ratio))
            );

        // lost = −ln ᾱ = β_min·t + ½·(β_max − β_min)·t², whose root is written without a difference, and with no square
        // that could leave the range.
        private double TimeOfLost(double lost)
        {
            double root = double.Hypot(BetaMin, double.Sqrt(2 * lost) * double.Sqrt(BetaMax - BetaMin));
            return lost / ((BetaMin / 2) + (root / 2));
        }
    }

    private sealed record Exploding(double SigmaMin, double SigmaMax)
        : ContinuousSchedule($"VE-SDE({Preconditions.Text(SigmaMin)}, {Preconditions.Text(SigmaMax)})", 1)
    {
        private double Growth => double.Log(SigmaMax) - double.Log(SigmaMin);

        // Both ends are those that were given, to the last bit. A power, since e to a rounded logarithm is off by its size.
        private protected override NoiseLevel Level(double t)
        {
            double ratio = SigmaMax / SigmaMin;
            double sigma = SigmaMin * (double.IsFinite(ratio) ? double.Pow(ratio, t) : double.Exp(t * Growth));
            return new NoiseLevel(1, t == End ? SigmaMax : double.Min(sigma, SigmaMax));
        }

        private protected override (double Drift, double Diffusion) Rate(double t) =>
            (0, 2 * Growth * Level(t).Variance);

        internal override NoiseLevel LevelOfRatio(double ratio) => new(1, ratio);

        private protected override double Inverse(double logSnr) => ((-logSnr / 2) - double.Log(SigmaMin)) / Growth;

        private protected override double InverseOfRatio(double ratio) =>
            (double.Log(ratio) - double.Log(SigmaMin)) / Growth;
    }

    private sealed record EdmSchedule(double SigmaMax)
        : ContinuousSchedule($"EDM({Preconditions.Text(SigmaMax)})", SigmaMax)
    {
        private protected override NoiseLevel Level(double t) => new(1, t);

        private protected override (double Drift, double Diffusion) Rate(double t) => (0, 2 * t);

        internal override NoiseLevel LevelOfRatio(double ratio) => new(1, ratio);

        private protected override double Inverse(double logSnr) => Ratio(logSnr);

        private protected override double InverseOfRatio(double ratio) => ratio;
    }

    private sealed record CosineSchedule(double Shift)
        : ContinuousSchedule($"cosine(shift {Preconditions.Text(Shift)})", 1)
    {
        private static readonly WideDouble HalfPi = WideFunctions.Pi * 0.5;

        private readonly WideDouble factor = WideFunctions.Exp(-Shift / 2);

        // Only a sine and a cosine are rounded on the way, of the smaller of both angles.
        private protected override NoiseLevel Level(double t)
        {
            WideDouble angle = HalfPi * (t <= 0.5 ? t : 1 - t);
            (double sine, double cosine) = double.SinCos(angle.Head);
            WideDouble near = new(sine, cosine * angle.Tail);
            WideDouble far = new(cosine, -sine * angle.Tail);
            (WideDouble noise, WideDouble signal) = t <= 0.5 ? (near * factor, far) : (far * factor, near);
            WideDouble size = ((noise * noise) + (signal * signal)).Root();
            return new NoiseLevel((signal / size).Head, (noise / size).Head);
        }

        private protected override Schedule? WholeTimes(int steps) =>
            Schedule.ShiftedCosine(WideFunctions.Exp(-Shift), steps);

        private protected override (double Drift, double Diffusion) Rate(double t)
        {
            // d ln(σ/α)/dt = π/sin πt, and f = −σ²·that where α² + σ² = 1; one sine of it is taken out of σ.
            NoiseLevel level = Level(t);
            double share = level.Sigma * level.Alpha * double.Exp(-Shift / 2);
            double cosine = double.CosPi(t / 2);
            double drift = -double.Pi / 2 * share / (cosine * cosine);
            return (drift, -2 * drift);
        }

        internal override NoiseLevel LevelOfRatio(double ratio) => PreservingOf(ratio);

        private protected override double Inverse(double logSnr) => 2 * double.AtanPi(double.Exp((Shift - logSnr) / 2));

        private protected override double InverseOfRatio(double ratio) =>
            2 * double.AtanPi(ratio * double.Exp(Shift / 2));
    }

    private sealed record Flow(double Shift)
        : ContinuousSchedule($"rectified flow(shift {Preconditions.Text(Shift)})", 1)
    {
        private protected override NoiseLevel Level(double t)
        {
            WideDouble signal = WideDouble.One - t;
            WideDouble noise = (WideDouble)Shift * t;
            WideDouble size = signal + noise;
            return new NoiseLevel((signal / size).Head, (noise / size).Head);
        }

        private protected override (double Drift, double Diffusion) Rate(double t)
        {
            double size = 1 - t + (Shift * t);
            double speed = Shift / size / (1 - t);
            return (-speed, 2 * speed * (Shift * t / size));
        }

        internal override NoiseLevel LevelOfRatio(double ratio) => new(1 / (1 + ratio), ratio / (1 + ratio));

        private protected override double Inverse(double logSnr) => InverseOfRatio(Ratio(logSnr));

        private protected override double InverseOfRatio(double ratio) => 1 / (1 + (Shift / ratio));
    }
}
