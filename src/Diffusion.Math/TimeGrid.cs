using System.Collections;
using System.Collections.Immutable;

namespace Diffusion.Math;

/// <summary>
/// The times a sampler visits: strictly decreasing, from at most T down to 0, which is clean data. Immutable.
/// Enumerates the steps as pairs (from, to).
/// </summary>
public sealed class TimeGrid : IReadOnlyList<(int From, int To)>
{
    private TimeGrid(ImmutableArray<int> times) => Times = times;

    /// <summary>All times, the noisiest first, 0 last.</summary>
    public ImmutableArray<int> Times { get; }

    /// <summary>The time sampling starts at.</summary>
    public int Start => Times[0];

    /// <summary>The number of steps, one less than that of times.</summary>
    public int Count => Times.Length - 1;

    /// <inheritdoc/>
    public (int From, int To) this[int index] => (Times[Preconditions.Between(index, 0, Count - 1)], Times[index + 1]);

    /// <summary>
    /// Evenly spaced from T: round(T·i/steps) for i = steps..0, halves to even. Always starts at T, the spacing that
    /// Lin et al. 2023 (section 3.3) show to be the right one ("trailing").
    /// </summary>
    /// <param name="trainingSteps">T ≥ 1, the schedule's number of steps.</param>
    /// <param name="steps">Number of sampling steps, in 1..T.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    public static TimeGrid Trailing(int trainingSteps, int steps)
    {
        Preconditions.AtLeast(trainingSteps, 1);
        if (steps < 1 || steps > trainingSteps)
        {
            throw new ArgumentOutOfRangeException(
                nameof(steps),
                steps,
                $"steps must be in 1..{Preconditions.Text(trainingSteps)}, but is {Preconditions.Text(steps)}: a"
                    + $" schedule of {Preconditions.Text(trainingSteps)} times has no more of them to visit."
            );
        }

        ImmutableArray<int>.Builder times = ImmutableArray.CreateBuilder<int>(steps + 1);
        for (int i = steps; i >= 0; i--)
        {
            times.Add((int)double.Round((double)trainingSteps * i / steps, MidpointRounding.ToEven));
        }

        return new TimeGrid(times.MoveToImmutable());
    }

    /// <summary>As <see cref="Trailing(int, int)"/>, for a schedule's T.</summary>
    /// <param name="schedule">The schedule to visit.</param>
    /// <param name="steps">Number of sampling steps, in 1..T.</param>
    /// <exception cref="ArgumentNullException"><paramref name="schedule"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="steps"/> is outside its range.</exception>
    public static TimeGrid Trailing(Schedule schedule, int steps) =>
        Trailing(Preconditions.NotNull(schedule).Steps, steps);

    /// <summary>
    /// Every (T div steps)-th time from 1 + offset on, then 0: the spacing of Ho et al. 2020's and Song et al. 2021's
    /// respaced samplers ("leading"). It stops short of T, unless <paramref name="steps"/> or <paramref name="offset"/>
    /// reaches it: then x_T is started at a level that the network is not asked about (Lin et al. 2023, section 3.3).
    /// </summary>
    /// <param name="trainingSteps">T ≥ 1, the schedule's number of steps.</param>
    /// <param name="steps">Number of sampling steps, in 1..T.</param>
    /// <param name="offset">Added to every time but the 0; at least 0, and small enough to stay within T.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    public static TimeGrid Leading(int trainingSteps, int steps, int offset = 0)
    {
        Preconditions.AtLeast(trainingSteps, 1);
        Preconditions.Between(steps, 1, trainingSteps);
        int stride = trainingSteps / steps;
        Preconditions.Between(offset, 0, trainingSteps - 1 - ((steps - 1) * stride));
        return new TimeGrid([.. Enumerable.Range(0, steps).Reverse().Select(i => (i * stride) + 1 + offset), 0]);
    }

    /// <summary>
    /// Evenly spaced from T down to 1, halves to even, then 0 ("linspace"; Nichol and Dhariwal 2021, section 4).
    /// </summary>
    /// <param name="trainingSteps">T ≥ 1, the schedule's number of steps.</param>
    /// <param name="steps">Number of sampling steps, in 1..T.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    public static TimeGrid Linspace(int trainingSteps, int steps)
    {
        Preconditions.AtLeast(trainingSteps, 1);
        Preconditions.Between(steps, 1, trainingSteps);
        // Rounded as times from 0: halves are even there. The product is exact, and so is a half.
        return new TimeGrid([.. Enumerable.Range(0, steps).Reverse().Select(At), 0]);

        int At(int i) =>
            steps == 1
                ? trainingSteps
                : 1 + (int)double.Round((trainingSteps - 1) * (double)i / (steps - 1), MidpointRounding.ToEven);
    }

    /// <summary>Every time: T, T−1, …, 0.</summary>
    /// <param name="trainingSteps">T ≥ 1, the schedule's number of steps.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is less than 1.</exception>
    public static TimeGrid Full(int trainingSteps) => Trailing(trainingSteps, trainingSteps);

    /// <summary>Every time of a schedule: T, T−1, …, 0.</summary>
    /// <param name="schedule">The schedule to visit.</param>
    /// <exception cref="ArgumentNullException"><paramref name="schedule"/> is null.</exception>
    public static TimeGrid Full(Schedule schedule) => Full(Preconditions.NotNull(schedule).Steps);

    /// <summary>These very times.</summary>
    /// <param name="times">At least two, strictly decreasing, the last one 0.</param>
    /// <exception cref="ArgumentNullException"><paramref name="times"/> is null.</exception>
    /// <exception cref="ArgumentException">The times are too few, don't decrease, or don't end at 0.</exception>
    public static TimeGrid Explicit(params IEnumerable<int> times)
    {
        ImmutableArray<int> list = [.. Preconditions.NotNull(times)];
        if (list.Length < 2)
        {
            throw new ArgumentException(
                $"times must hold at least a start and the 0 it ends at, but holds {Preconditions.Text(list.Length)}.",
                nameof(times)
            );
        }

        for (int i = 1; i < list.Length; i++)
        {
            if (list[i] >= list[i - 1])
            {
                throw new ArgumentException(
                    $"times must decrease strictly, but times[{Preconditions.Text(i)}] = {Preconditions.Text(list[i])}"
                        + $" follows {Preconditions.Text(list[i - 1])}.",
                    nameof(times)
                );
            }
        }

        if (list[^1] != 0)
        {
            throw new ArgumentException(
                $"times must end at 0, which is clean data, but end at {Preconditions.Text(list[^1])}; append a 0.",
                nameof(times)
            );
        }

        return new TimeGrid(list);
    }

    /// <summary>The steps in the order they are taken.</summary>
    public IEnumerator<(int From, int To)> GetEnumerator()
    {
        for (int i = 0; i < Count; i++)
        {
            yield return this[i];
        }
    }

    /// <summary>The number of steps and the start.</summary>
    public override string ToString() =>
        $"TimeGrid({Preconditions.Text(Count)} steps from {Preconditions.Text(Start)} to 0)";

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
