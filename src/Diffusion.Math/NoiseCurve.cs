using System.Runtime.CompilerServices;

namespace Diffusion.Math;

/// <summary>
/// How the noise levels of one family and the times that its networks are told go together, also between the times that
/// a network was trained at. Everything is said by the ratio σ/α: 0 is clean data, +∞ pure noise. Immutable.
/// </summary>
/// <remarks>
/// Samplers need it for the levels that no grid lists: the midpoints of single-step methods, and what churn reaches.
/// On a <see cref="Schedule"/> <see cref="AtTime"/> and <see cref="TimeOf"/> are inverse at whole times only: between
/// them the first interpolates σ/α, the second its logarithm, as the field's samplers do.
/// </remarks>
public abstract class NoiseCurve
{
    private NoiseCurve(string name) => Name = name;

    /// <summary>Variance exploding levels (1, σ) whose network is told σ itself (Karras et al. 2022).</summary>
    public static NoiseCurve VarianceExploding { get; } = new ExplodingCurve();

    /// <summary>Rectified flow's levels (1 − t, t) whose network is told t in [0, 1] (Liu, Gong and Liu 2022).</summary>
    public static NoiseCurve RectifiedFlow { get; } = new FlowCurve();

    /// <summary>Its short name.</summary>
    public string Name { get; }

    /// <summary>
    /// A schedule's variance preserving levels. Between two whole times the network's time is interpolated linearly in
    /// ln(σ/α), and never leaves 1..T (Karras et al. 2022's samplers of discrete models).
    /// </summary>
    /// <param name="schedule">The schedule that the network was trained on.</param>
    /// <exception cref="ArgumentNullException"><paramref name="schedule"/> is null.</exception>
    public static NoiseCurve Of(Schedule schedule) => new ScheduleCurve(Preconditions.NotNull(schedule));

    /// <summary>A continuous schedule's levels, whose network is told the schedule's time.</summary>
    /// <param name="schedule">The schedule that the network was trained on.</param>
    /// <exception cref="ArgumentNullException"><paramref name="schedule"/> is null.</exception>
    public static NoiseCurve Of(ContinuousSchedule schedule) => new ContinuousCurve(Preconditions.NotNull(schedule));

    /// <summary>The family's level with this ratio.</summary>
    /// <param name="ratio">σ/α, finite and ≥ 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The ratio is negative, infinite or NaN, or one that a continuous schedule doesn't reach.
    /// </exception>
    public NoiseLevel At(double ratio) => ratio == 0 ? NoiseLevel.Clean : LevelAt(Reached(ratio));

    /// <summary>The time that a network is told at this ratio; 0 at clean data.</summary>
    /// <param name="ratio">σ/α, finite and ≥ 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The ratio is negative, infinite or NaN, or one that a continuous schedule doesn't reach.
    /// </exception>
    public double TimeOf(double ratio) => ratio == 0 ? 0 : TimeAt(Reached(ratio));

    /// <summary>The level at a time, and the time.</summary>
    /// <param name="time">
    /// Finite and ≥ 0, at most the curve's last; between two whole times of a schedule σ/α is interpolated linearly.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">The time is outside its range or NaN.</exception>
    public abstract Evaluation AtTime(double time);

    /// <inheritdoc/>
    public sealed override string ToString() => Name;

    /// <summary>The level and the time at a ratio.</summary>
    internal Evaluation EvaluationAt(double ratio) => new(At(ratio), TimeOf(ratio));

    /// <summary>
    /// The ratio, if it is a finite one of at least 0 that the curve reaches; refused under the caller's name otherwise.
    /// An end that is off by a few roundings is the curve's own.
    /// </summary>
    internal virtual double Reached(double ratio, [CallerArgumentExpression(nameof(ratio))] string name = "") =>
        Preconditions.NonNegative(ratio, name);

    /// <summary>A time half way between two; on a schedule a whole one where both are.</summary>
    internal virtual double Halfway(double from, double to) => (from + to) / 2;

    private protected abstract NoiseLevel LevelAt(double ratio);

    private protected abstract double TimeAt(double ratio);

    private sealed class ExplodingCurve() : NoiseCurve("variance exploding")
    {
        public override Evaluation AtTime(double time) => new(At(Preconditions.NonNegative(time)), time);

        private protected override NoiseLevel LevelAt(double ratio) => new(1, ratio);

        private protected override double TimeAt(double ratio) => ratio;
    }

    private sealed class FlowCurve() : NoiseCurve("rectified flow")
    {
        public override Evaluation AtTime(double time)
        {
            Preconditions.Closed(time, 0, 1);
            return new Evaluation(new NoiseLevel(1 - time, time), time);
        }

        private protected override NoiseLevel LevelAt(double ratio) => new(1 / (1 + ratio), ratio / (1 + ratio));

        private protected override double TimeAt(double ratio) => ratio / (1 + ratio);
    }

    private sealed class ScheduleCurve(Schedule schedule) : NoiseCurve(schedule.ToString())
    {
        public override Evaluation AtTime(double time)
        {
            Preconditions.Closed(time, 0, schedule.Steps);
            int below = (int)time;
            if (below == time)
            {
                return new Evaluation(schedule[below], time);
            }

            double ratio = double.Lerp(schedule[below].Ratio, schedule[below + 1].Ratio, time - below);
            return new Evaluation(double.IsFinite(ratio) ? LevelAt(ratio) : NoiseLevel.PureNoise, time);
        }

        internal override double Halfway(double from, double to) =>
            double.IsInteger(from) && double.IsInteger(to)
                ? from - double.Floor((from - to) / 2)
                : base.Halfway(from, to);

        private protected override NoiseLevel LevelAt(double ratio)
        {
            double alpha = 1 / double.Hypot(1, ratio);
            return new NoiseLevel(alpha, ratio * alpha);
        }

        private protected override double TimeAt(double ratio)
        {
            int low = 1;
            int high = schedule.Steps;
            if (ratio <= schedule[low].Ratio)
            {
                return low;
            }

            if (ratio >= schedule[high].Ratio)
            {
                return high;
            }

            while (high - low > 1)
            {
                int middle = (low + high) / 2;
                (low, high) = schedule[middle].Ratio <= ratio ? (middle, high) : (low, middle);
            }

            double below = double.Log(schedule[low].Ratio);
            return low + ((double.Log(ratio) - below) / (double.Log(schedule[high].Ratio) - below));
        }
    }

    private sealed class ContinuousCurve(ContinuousSchedule schedule) : NoiseCurve(schedule.Name)
    {
        public override Evaluation AtTime(double time) => new(schedule[time], time);

        internal override double Reached(double ratio, string name = "") =>
            schedule.Reached(base.Reached(ratio, name), name);

        private protected override NoiseLevel LevelAt(double ratio) => schedule.LevelOfRatio(ratio);

        private protected override double TimeAt(double ratio) => schedule.TimeOfRatio(ratio);
    }
}
