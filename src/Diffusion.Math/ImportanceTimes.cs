using System.Collections.Immutable;

namespace Diffusion.Math;

/// <summary>
/// Training times drawn where the loss varies most: p_t ∝ √E[L_t²] over the last losses seen at t, mixed with a
/// little of the uniform (Nichol and Dhariwal 2021, eq. 18). A value: <see cref="With"/> gives the next one.
/// </summary>
/// <remarks>
/// Until every time has <see cref="History"/> losses the times are uniform. A loss drawn this way has to be multiplied
/// by <see cref="Weight"/>, which makes its expectation that of uniform times.
/// </remarks>
public sealed class ImportanceTimes
{
    private readonly ImmutableArray<ImmutableArray<double>> losses;
    private readonly double[] shares;
    private readonly double[] cumulative;

    private ImportanceTimes(ImmutableArray<ImmutableArray<double>> losses, int history, double uniformShare)
    {
        this.losses = losses;
        History = history;
        UniformShare = uniformShare;
        IsWarm = losses.All(list => list.Length == history);
        double[] sizes = [.. losses.Select(list => IsWarm ? RootMeanSquare(list) : 1)];
        double greatest = sizes.Max();
        // All losses 0: nothing to prefer.
        bool flat = greatest == 0;
        double total = flat ? sizes.Length : sizes.Sum(size => size / greatest);
        shares =
        [
            .. sizes.Select(size =>
                ((flat ? 1 : size / greatest) / total * (1 - uniformShare)) + (uniformShare / sizes.Length)
            ),
        ];
        cumulative = new double[sizes.Length];
        double sum = 0;
        for (int i = 0; i < sizes.Length; i++)
        {
            sum += shares[i];
            cumulative[i] = sum;
        }
    }

    /// <summary>T ≥ 1.</summary>
    public int TrainingSteps => cumulative.Length;

    /// <summary>How many losses of each time are kept, ≥ 1.</summary>
    public int History { get; }

    /// <summary>The share of the draws that is uniform, in (0, 1].</summary>
    public double UniformShare { get; }

    /// <summary>Whether every time has its full history, so that the draws follow it.</summary>
    public bool IsWarm { get; }

    /// <summary>No losses seen yet.</summary>
    /// <param name="trainingSteps">T ≥ 1.</param>
    /// <param name="history">How many losses of each time to keep, ≥ 1; 10 by default.</param>
    /// <param name="uniformShare">
    /// The share of the draws that stays uniform, in (0, 1], so that no time is forgotten; 0.001 by default.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">An argument is outside its range or NaN.</exception>
    public static ImportanceTimes Start(int trainingSteps, int history = 10, double uniformShare = 0.001)
    {
        Preconditions.AtLeast(trainingSteps, 1);
        Preconditions.AtLeast(history, 1);
        Preconditions.OpenClosed(uniformShare, 0, 1);
        return new ImportanceTimes(
            [.. Enumerable.Repeat(ImmutableArray<double>.Empty, trainingSteps)],
            history,
            uniformShare
        );
    }

    /// <summary>The value that has seen these losses, as <see cref="LossesAt"/> gave them: to go on from a file.</summary>
    /// <param name="losses">
    /// Of each time 1..T those kept, the oldest first: at most <paramref name="history"/>, each finite and ≥ 0.
    /// </param>
    /// <param name="history">As for <see cref="Start"/>.</param>
    /// <param name="uniformShare">As for <see cref="Start"/>.</param>
    /// <exception cref="ArgumentNullException"><paramref name="losses"/> is null.</exception>
    /// <exception cref="ArgumentException">There are none, or more of a time than are kept.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range or NaN.</exception>
    public static ImportanceTimes From(
        IEnumerable<IEnumerable<double>> losses,
        int history = 10,
        double uniformShare = 0.001
    )
    {
        ImmutableArray<ImmutableArray<double>> kept =
        [
            .. Preconditions.NotNull(losses).Select(time => Preconditions.NotNull(time).ToImmutableArray()),
        ];
        ImportanceTimes start = Start(kept.Length, history, uniformShare);
        for (int i = 0; i < kept.Length; i++)
        {
            if (kept[i].Length > history)
            {
                throw new ArgumentException(
                    $"losses has {Preconditions.Text(kept[i].Length)} of time {Preconditions.Text(i + 1)}, but"
                        + $" {Preconditions.Text(history)} are kept.",
                    nameof(losses)
                );
            }

            foreach (double loss in kept[i])
            {
                Preconditions.NonNegative(loss, $"losses[{Preconditions.Text(i)}]");
            }
        }

        return new ImportanceTimes(kept, start.History, start.UniformShare);
    }

    /// <summary>The losses that are kept of a time, the oldest first; at most <see cref="History"/>.</summary>
    /// <param name="t">In 1..T.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="t"/> is outside 1..T.</exception>
    public ImmutableArray<double> LossesAt(int t) => losses[Preconditions.Between(t, 1, TrainingSteps) - 1];

    /// <summary>The value after these losses: each joins its time's history, from which the oldest falls out.</summary>
    /// <param name="times">The times of a batch, each in 1..T.</param>
    /// <param name="batchLosses">The unweighted loss at each, finite and ≥ 0.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A time or a loss is outside its range or NaN.</exception>
    public ImportanceTimes With(ReadOnlySpan<int> times, ReadOnlySpan<double> batchLosses)
    {
        Preconditions.Length(batchLosses, times.Length);
        ImmutableArray<ImmutableArray<double>>.Builder next = losses.ToBuilder();
        for (int i = 0; i < times.Length; i++)
        {
            int t = Preconditions.Between(times[i], 1, TrainingSteps, $"times[{Preconditions.Text(i)}]");
            double loss = Preconditions.NonNegative(batchLosses[i], $"batchLosses[{Preconditions.Text(i)}]");
            ImmutableArray<double> kept = next[t - 1];
            next[t - 1] = (kept.Length == History ? kept.RemoveAt(0) : kept).Add(loss);
        }

        return new ImportanceTimes(next.MoveToImmutable(), History, UniformShare);
    }

    /// <summary>p_t &gt; 0.</summary>
    /// <param name="t">In 1..T.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="t"/> is outside 1..T.</exception>
    public double Probability(int t) => shares[Preconditions.Between(t, 1, TrainingSteps) - 1];

    /// <summary>1/(T·p_t), which makes a loss drawn at t unbiased; at most 1/<see cref="UniformShare"/>.</summary>
    /// <param name="t">In 1..T.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="t"/> is outside 1..T.</exception>
    public double Weight(int t) => 1 / Probability(t) / TrainingSteps;

    /// <summary>The time whose share of [0, 1) holds u: distributed as p_t when u is uniform.</summary>
    /// <param name="u">Random number in [0, 1).</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="u"/> is outside [0, 1) or NaN.</exception>
    public int Time(double u)
    {
        Preconditions.ClosedOpen(u, 0, 1);
        int index = Array.BinarySearch(cumulative, u * cumulative[^1]);
        // Found: u is the end of that share, and so in the next. Not found: the complement of the share's index.
        return int.Min(index >= 0 ? index + 2 : ~index + 1, TrainingSteps);
    }

    private static double RootMeanSquare(ImmutableArray<double> values)
    {
        double greatest = values.Max();
        return greatest == 0
            ? 0
            : greatest * double.Sqrt(values.Average(value => value / greatest * (value / greatest)));
    }
}
