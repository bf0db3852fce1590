namespace Diffusion.Math;

/// <summary>
/// The variance of a reverse step p(x_s | x_t): <see cref="FixedSmall"/>, <see cref="FixedLarge"/>,
/// <see cref="Optimal"/>, <see cref="Learned"/> or <see cref="LearnedRange"/>. A closed set of immutable values,
/// compared by identity.
/// </summary>
/// <remarks>
/// Each comes as a variance (<see cref="Of(NoiseLevel, NoiseLevel)"/>) and as its logarithm
/// (<see cref="LogOf(NoiseLevel, NoiseLevel)"/>), which a type keeps apart.
/// </remarks>
public abstract class ReverseVariance
{
    private ReverseVariance(string name, bool isLearned)
    {
        Name = name;
        IsLearned = isLearned;
    }

    /// <summary>
    /// β̃, the posterior's own variance: right when x₀ is known exactly, too small for spread-out data. The only one
    /// that keeps the marginals of the forward process (Ho et al. 2020, section 3.2 and eq. 7).
    /// </summary>
    public static ReverseVariance FixedSmall { get; } = new Small();

    /// <summary>
    /// β of the kernel q(x_t | x_s), which between neighbouring times is β_t: on levels that preserve variance right for
    /// data of variance 1, too large for any narrower (Ho et al. 2020, section 3.2). On other levels that data's is this
    /// times (α_s² + σ_s²)/(α_t² + σ_t²). A sampler adds none of it in a step to clean data. From two levels β is known to
    /// a rounding of σ_t²: where it is far smaller, <see cref="Schedule.Beta"/> says it better.
    /// </summary>
    public static ReverseVariance FixedLarge { get; } = new Large();

    /// <summary>
    /// The network answers σ² itself, as the field's <c>learned</c> does; any number below β̃, negative ones too, stands for
    /// β̃, the least that can be right, in samples as in the loss. Not its logarithm: for that see
    /// <see cref="LearnedRange"/>.
    /// </summary>
    public static ReverseVariance Learned { get; } = new LearnedItself();

    /// <summary>
    /// The network answers where ln σ² lies between ln β̃ and ln β: with its output o, nominally in [−1, 1], and v =
    /// (o + 1)/2 it is v·ln β + (1 − v)·ln β̃ (Nichol and Dhariwal 2021, eq. 15). 0 in a step to clean data. β is that of
    /// <see cref="FixedLarge"/>, made for levels that preserve variance.
    /// </summary>
    public static ReverseVariance LearnedRange { get; } = new LearnedBetween();

    /// <summary>
    /// Its short name: <c>fixed small</c>, <c>fixed large</c>, <c>optimal</c>, <c>learned</c> or <c>learned range</c>.
    /// </summary>
    public string Name { get; }

    /// <summary>Whether the network's output decides it.</summary>
    public bool IsLearned { get; }

    /// <summary>
    /// The variance with the greatest likelihood for a given denoiser, β̃ + (factor of x₀ in μ̃)²·(σ_t²/α_t²)·(1 −
    /// E‖ε̂‖²/d), which is β̃ plus what is unknown of x₀ (Bao et al. 2022, Analytic-DPM, theorem 1,
    /// with E‖ε̂‖² = σ_t²·E‖score‖²). In a step from pure noise ε̂ says nothing about x₀, and it is β̃.
    /// </summary>
    /// <param name="meanSquareNoise">
    /// E‖ε̂(x_t)‖²/d, the mean square a dimension of the network's answer for the noise, by level; taken for 1 where it
    /// is greater, which a perfect network's never is.
    /// </param>
    /// <exception cref="ArgumentNullException"><paramref name="meanSquareNoise"/> is null.</exception>
    public static ReverseVariance Optimal(Func<NoiseLevel, double> meanSquareNoise) =>
        new Analytic(Preconditions.NotNull(meanSquareNoise));

    /// <summary>The variance (not its logarithm) of the step from x_t to x_s, ≥ 0.</summary>
    /// <param name="from">The level of x_t, the noisier one.</param>
    /// <param name="to">The level of x_s.</param>
    /// <exception cref="ArgumentException">
    /// <paramref name="to"/> is not less noisy; or the optimal variance is beyond the range of <c>double</c>.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The function given to <see cref="Optimal"/> answers a number that is negative or not finite.
    /// </exception>
    /// <exception cref="InvalidOperationException">It is a learned one, which needs the network's output.</exception>
    public abstract double Of(NoiseLevel from, NoiseLevel to);

    // A schedule knows β and β̃ of neighbouring times better than two of its levels do.
    internal virtual double Of(Schedule schedule, int t) => Of(schedule[t], schedule[t - 1]);

    /// <summary>The same for a network that also answers a variance.</summary>
    /// <param name="from">The level of x_t, the noisier one.</param>
    /// <param name="to">The level of x_s.</param>
    /// <param name="output">The network's number, finite; not used unless <see cref="IsLearned"/>.</param>
    /// <exception cref="ArgumentException"><paramref name="to"/> is not less noisy.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="output"/> is not finite, or stands for an infinite variance.
    /// </exception>
    public virtual double Of(NoiseLevel from, NoiseLevel to, double output)
    {
        Preconditions.Finite(output);
        return Of(from, to);
    }

    /// <summary>ln of <see cref="Of(NoiseLevel, NoiseLevel)"/>; −∞ where that is 0.</summary>
    /// <inheritdoc cref="Of(NoiseLevel, NoiseLevel)"/>
    public LogVariance LogOf(NoiseLevel from, NoiseLevel to) => LogVariance.Of(Of(from, to));

    /// <summary>ln of <see cref="Of(NoiseLevel, NoiseLevel, double)"/>; −∞ where that is 0.</summary>
    /// <inheritdoc cref="Of(NoiseLevel, NoiseLevel, double)"/>
    public LogVariance LogOf(NoiseLevel from, NoiseLevel to, double output) => LogVariance.Of(Of(from, to, output));

    /// <inheritdoc/>
    public sealed override string ToString() => Name;

    internal static double Finite(double variance, double output) =>
        double.IsFinite(variance)
            ? variance
            : throw new ArgumentOutOfRangeException(
                nameof(output),
                output,
                $"output must stand for a finite variance, but {Preconditions.Text(output)} is too great for that."
            );

    private sealed class Small() : ReverseVariance("fixed small", isLearned: false)
    {
        public override double Of(NoiseLevel from, NoiseLevel to) => Posterior.Between(from, to).Variance;

        internal override double Of(Schedule schedule, int t) => schedule.Posterior(t).Variance;
    }

    private sealed class Large() : ReverseVariance("fixed large", isLearned: false)
    {
        public override double Of(NoiseLevel from, NoiseLevel to) => Transition.Undone(from, to).Variance;

        internal override double Of(Schedule schedule, int t) => schedule.Beta(t);
    }

    private sealed class Analytic(Func<NoiseLevel, double> meanSquareNoise)
        : ReverseVariance("optimal", isLearned: false)
    {
        public override double Of(NoiseLevel from, NoiseLevel to) => Of(Posterior.Between(from, to));

        internal override double Of(Schedule schedule, int t) => Of(schedule.Posterior(t));

        private double Of(Posterior posterior)
        {
            NoiseLevel from = posterior.From;
            if (from.Alpha == 0)
            {
                return posterior.Variance;
            }

            double answered = Preconditions.NonNegative(meanSquareNoise(from), nameof(meanSquareNoise));
            if (answered >= 1)
            {
                return posterior.Variance;
            }

            double spread = posterior.X0Coefficient * from.Sigma / from.Alpha;
            double variance = posterior.Variance + (spread * spread * (1 - answered));
            return double.IsFinite(variance)
                ? variance
                : throw new ArgumentException(
                    $"The optimal variance from {from} to {posterior.To} is beyond the range of double; begin at a level"
                        + " with more of the data in it, or at pure noise, where α is 0.",
                    nameof(from)
                );
        }
    }

    private abstract class OfNetwork(string name) : ReverseVariance(name, isLearned: true)
    {
        public override double Of(NoiseLevel from, NoiseLevel to) =>
            throw new InvalidOperationException(
                $"The reverse variance {Name} is known only with the network's output; pass that too, or use a fixed"
                    + " variance."
            );

        public override double Of(NoiseLevel from, NoiseLevel to, double output)
        {
            Preconditions.Finite(output);
            return Finite(Between(Posterior.Between(from, to), output), output);
        }

        protected abstract double Between(Posterior posterior, double output);
    }

    private sealed class LearnedItself() : OfNetwork("learned")
    {
        protected override double Between(Posterior posterior, double output) => double.Max(output, posterior.Variance);
    }

    private sealed class LearnedBetween() : OfNetwork("learned range")
    {
        protected override double Between(Posterior posterior, double output)
        {
            if (posterior.Variance == 0)
            {
                return 0;
            }

            double small = double.Log(posterior.Variance);
            double large = double.Log(Transition.Undone(posterior.From, posterior.To).Variance);
            return double.Exp(small + ((output + 1) / 2 * (large - small)));
        }
    }
}
