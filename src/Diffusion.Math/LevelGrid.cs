using System.Collections.Immutable;
using MathNet.Numerics;

namespace Diffusion.Math;

/// <summary>
/// The noise levels that a sampler visits, of any family, each with the time its network is told: strictly less noisy
/// from one to the next. Immutable. The one input of every sampler beside its own parameters.
/// </summary>
/// <remarks>
/// Ends at clean data unless <see cref="EndingAt"/> says otherwise. A <see cref="TimeGrid"/> becomes one with
/// <see cref="Of"/>; the other factories make levels between the times of a schedule too.
/// </remarks>
public sealed class LevelGrid
{
    private LevelGrid(NoiseCurve curve, ImmutableArray<Evaluation> points, string name)
    {
        Curve = curve;
        Points = points;
        if (points.Length < 2)
        {
            throw new ArgumentException(
                $"{name} leaves a grid without a step; a grid needs a noisy level to start at and one to end at.",
                name
            );
        }

        for (int i = 1; i < points.Length; i++)
        {
            NoiseLevel before = points[i - 1].Level;
            NoiseLevel level = points[i].Level;
            // σ/α must decrease; as products, so that pure noise needs no case of its own.
            if (!(level.Sigma * before.Alpha < before.Sigma * level.Alpha))
            {
                throw new ArgumentException(
                    $"Each level of a grid must be less noisy than the one before it, but in {name} level"
                        + $" {Preconditions.Text(i + 1)}, {level}, follows {before}.",
                    name
                );
            }
        }
    }

    /// <summary>All levels with their times, the noisiest first. The network is not called at the last.</summary>
    public ImmutableArray<Evaluation> Points { get; }

    /// <summary>Where the levels lie on.</summary>
    public NoiseCurve Curve { get; }

    /// <summary>The number of steps, one less than that of levels.</summary>
    public int Count => Points.Length - 1;

    /// <summary>The level sampling starts at.</summary>
    public NoiseLevel Start => Points[0].Level;

    /// <summary>The level sampling ends at.</summary>
    public NoiseLevel End => Points[^1].Level;

    /// <summary>The levels of a schedule at whole times.</summary>
    /// <param name="schedule">The schedule that the network was trained on.</param>
    /// <param name="grid">The times to visit; at most those of the schedule.</param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="ArgumentException">The grid starts beyond the schedule.</exception>
    public static LevelGrid Of(Schedule schedule, TimeGrid grid)
    {
        Preconditions.NotNull(schedule);
        Preconditions.NotNull(grid);
        if (grid.Start > schedule.Steps)
        {
            throw new ArgumentException(
                $"The grid starts at time {Preconditions.Text(grid.Start)}, but the schedule has only"
                    + $" {Preconditions.Text(schedule.Steps)} steps; it must start at one of them.",
                nameof(grid)
            );
        }

        return new LevelGrid(
            NoiseCurve.Of(schedule),
            [.. grid.Times.Select(time => new Evaluation(schedule[time], time))],
            nameof(grid)
        );
    }

    /// <summary>The levels at any times, whole or between, then clean data.</summary>
    /// <param name="curve">Where the levels lie on.</param>
    /// <param name="times">At least one, strictly decreasing, each greater than 0; the 0 is appended.</param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A time is outside the curve's range or NaN.</exception>
    /// <exception cref="ArgumentException">There are no times, or they don't decrease.</exception>
    public static LevelGrid AtTimes(NoiseCurve curve, params IEnumerable<double> times)
    {
        Preconditions.NotNull(curve);
        return new LevelGrid(curve, Closed(Preconditions.NotNull(times).Select(curve.AtTime)), nameof(times));
    }

    /// <summary>These very ratios σ/α, then clean data.</summary>
    /// <param name="curve">Where the levels lie on.</param>
    /// <param name="ratios">
    /// At least one, strictly decreasing, each finite and greater than 0; the 0 is appended.
    /// </param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// A ratio is negative, infinite or NaN, or one that a continuous schedule doesn't reach.
    /// </exception>
    /// <exception cref="ArgumentException">There are no ratios, or they don't decrease.</exception>
    public static LevelGrid Explicit(NoiseCurve curve, params IEnumerable<double> ratios)
    {
        Preconditions.NotNull(curve);
        return new LevelGrid(
            curve,
            Closed(
                Preconditions
                    .NotNull(ratios)
                    .Select((ratio, i) => curve.EvaluationAt(curve.Reached(ratio, $"ratios[{Preconditions.Text(i)}]")))
            ),
            nameof(ratios)
        );
    }

    /// <summary>
    /// σ/α_i = (max^{1/ρ} + i/(n−1)·(min^{1/ρ} − max^{1/ρ}))^ρ for i = 0..n−1, then clean data (Karras et al. 2022,
    /// eq. 5).
    /// </summary>
    /// <param name="curve">Where the levels lie on.</param>
    /// <param name="steps">n ≥ 1, the number of steps.</param>
    /// <param name="smallest">
    /// Ratio of the last noisy level, in (0, largest), or equal to it with one step; the paper's σ_min is 0.002.
    /// </param>
    /// <param name="largest">Ratio of the first level; the paper's σ_max is 80.</param>
    /// <param name="rho">
    /// ρ &gt; 0; the paper takes 7. The greater, the nearer to <see cref="UniformLogSnr"/>, its limit.
    /// </param>
    /// <exception cref="ArgumentNullException"><paramref name="curve"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// A number is outside its range or NaN, or a ratio is one that a continuous schedule doesn't reach.
    /// </exception>
    /// <exception cref="ArgumentException">
    /// So many levels do not fit between the ends: some would be the same number.
    /// </exception>
    public static LevelGrid Karras(NoiseCurve curve, int steps, double smallest, double largest, double rho = 7)
    {
        Preconditions.Positive(rho);
        // The formula divided by its first level, q = (min/max)^{1/ρ} − 1: (1 + u·q)^ρ, which no ρ makes overflow.
        return Spaced(
            curve,
            steps,
            smallest,
            largest,
            (u, span) => rho * SpecialFunctions.Log1p(u * Exponential.MinusOne(span / rho))
        );
    }

    /// <summary>
    /// Evenly spaced in log-SNR from the largest to the smallest σ/α, then clean data (Lu et al. 2022a, section 3.4).
    /// </summary>
    /// <param name="curve">Where the levels lie on.</param>
    /// <param name="steps">n ≥ 1, the number of steps, of which the last leads to clean data.</param>
    /// <param name="smallest">
    /// Ratio of the last noisy level, in (0, largest), or equal to it with one step.
    /// </param>
    /// <param name="largest">Ratio of the first level.</param>
    /// <exception cref="ArgumentNullException"><paramref name="curve"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// A number is outside its range or NaN, or a ratio is one that a continuous schedule doesn't reach.
    /// </exception>
    /// <exception cref="ArgumentException">
    /// So many levels do not fit between the ends: some would be the same number.
    /// </exception>
    public static LevelGrid UniformLogSnr(NoiseCurve curve, int steps, double smallest, double largest) =>
        Spaced(curve, steps, smallest, largest, (u, span) => u * span);

    /// <summary>The same grid with another last level in place of clean data.</summary>
    /// <param name="end">
    /// Less noisy than the last level that is evaluated; where it is that very level, the last step is dropped.
    /// </param>
    /// <exception cref="ArgumentException">The level is too noisy, or no step is left.</exception>
    public LevelGrid EndingAt(NoiseLevel end)
    {
        int kept = Points[^2].Level == end ? Points.Length - 2 : Points.Length - 1;
        double time =
            end.Alpha == 0 ? Points[0].Time
            : end.Sigma == 0 ? 0
            : Curve.TimeOf(Curve.Reached(end.Ratio, nameof(end)));
        return new LevelGrid(Curve, [.. Points.Take(kept), new Evaluation(end, time)], nameof(end));
    }

    /// <summary>
    /// The grid's end: its last steps alone, which start at a lower level. So sampling starts at an image with noise
    /// (image-to-image, Meng et al. 2022, SDEdit) rather than at noise.
    /// </summary>
    /// <param name="steps">How many steps to keep, in 1 … <see cref="Count"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is outside its range.</exception>
    public LevelGrid Last(int steps) =>
        new(Curve, Points[(Count - Preconditions.Between(steps, 1, Count))..], nameof(steps));

    /// <summary>The same levels, each network told the nearest whole time, halves to even.</summary>
    public LevelGrid WithWholeTimes() =>
        new(
            Curve,
            [.. Points.Select(at => new Evaluation(at.Level, double.Round(at.Time, MidpointRounding.ToEven)))],
            nameof(Points)
        );

    /// <summary>The number of steps and both ends.</summary>
    public override string ToString() => $"LevelGrid({Preconditions.Text(Count)} steps from {Start} to {End})";

    // The logarithm of a level over the first, from u in [0, 1] and that of the last.
    private static LevelGrid Spaced(
        NoiseCurve curve,
        int steps,
        double smallest,
        double largest,
        Func<double, double, double> logFactor
    )
    {
        Preconditions.NotNull(curve);
        Preconditions.AtLeast(steps, 1);
        Preconditions.Positive(largest);
        Preconditions.OpenClosed(smallest, 0, largest);
        (double first, double last) = (
            curve.Reached(largest, nameof(largest)),
            curve.Reached(smallest, nameof(smallest))
        );
        double span = double.Log(last) - double.Log(first);
        double[] ratios = new double[steps];
        for (int i = 0; i < steps; i++)
        {
            // The ends are given as they are: computing them would move them by a rounding.
            ratios[i] =
                i == 0 ? first
                : i == steps - 1 ? last
                : first * double.Exp(logFactor((double)i / (steps - 1), span));
            if (i > 0 && !(ratios[i] < ratios[i - 1]))
            {
                throw new ArgumentException(
                    $"steps is {Preconditions.Text(steps)}, but so many different levels do not fit between the ratios"
                        + $" {Preconditions.Text(first)} and {Preconditions.Text(last)}: level {Preconditions.Text(i + 1)}"
                        + $" would be {Preconditions.Text(ratios[i])} after {Preconditions.Text(ratios[i - 1])}. Take"
                        + " fewer steps, or ends that are further apart.",
                    nameof(steps)
                );
            }
        }

        return new LevelGrid(curve, Closed(ratios.Select(curve.EvaluationAt)), nameof(steps));
    }

    private static ImmutableArray<Evaluation> Closed(IEnumerable<Evaluation> noisy) =>
        [.. noisy, new Evaluation(NoiseLevel.Clean, 0)];
}
