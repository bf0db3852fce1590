namespace Diffusion.Math;

/// <summary>
/// Training times from random numbers: pure maps, from u in [0, 1) to times in 1..T and from z ~ N(0, 1) to noise
/// levels, so that the caller owns the randomness. By the history of losses: <see cref="ImportanceTimes"/>.
/// </summary>
public static class TimeSampler
{
    /// <summary>One time, uniform on 1..T when u is uniform on [0, 1): 1 + ⌊T·u⌋.</summary>
    /// <param name="u">Random number in [0, 1).</param>
    /// <param name="trainingSteps">T ≥ 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">An argument is outside its range.</exception>
    public static int Uniform(double u, int trainingSteps)
    {
        Preconditions.ClosedOpen(u, 0, 1);
        Preconditions.AtLeast(trainingSteps, 1);
        return At(u, trainingSteps);
    }

    /// <summary>
    /// A batch of times from one random number, one in each of <paramref name="count"/> equal parts of 1..T:
    /// t_i = 1 + ⌊T·(u+i)/count⌋. Each, picked at random, is uniform; together they are spread out, so that the mean of
    /// their losses varies less than that of independent ones as far as the loss is monotone in time (the low-discrepancy
    /// sampler of Kingma et al. 2021, appendix I.1).
    /// </summary>
    /// <param name="u">Random number in [0, 1).</param>
    /// <param name="count">How many times, ≥ 1.</param>
    /// <param name="trainingSteps">T ≥ 1.</param>
    /// <returns>An increasing array, of the caller's own.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An argument is outside its range.</exception>
    public static int[] Stratified(double u, int count, int trainingSteps)
    {
        Preconditions.ClosedOpen(u, 0, 1);
        Preconditions.AtLeast(count, 1);
        Preconditions.AtLeast(trainingSteps, 1);
        int[] times = new int[count];
        for (int i = 0; i < count; i++)
        {
            times[i] = At((u + i) / count, trainingSteps);
        }

        return times;
    }

    /// <summary>
    /// A time and its mirror image: (t, T + 1 − t), each uniform on 1..T. Their losses are negatively correlated as
    /// far as the loss is monotone in time, so that the mean of both varies less than that of independent ones.
    /// </summary>
    /// <param name="u">Random number in [0, 1).</param>
    /// <param name="trainingSteps">T ≥ 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">An argument is outside its range.</exception>
    public static (int Time, int Mirror) Antithetic(double u, int trainingSteps)
    {
        int time = Uniform(u, trainingSteps);
        return (time, trainingSteps + 1 - time);
    }

    /// <summary>
    /// EDM's training noise: the level with α = 1 and ln σ = mean + deviation·z (Karras et al. 2022, table 1).
    /// </summary>
    /// <param name="normal">z, a draw from N(0, 1), finite.</param>
    /// <param name="mean">P_mean, −1.2 by default; in [−300, 300].</param>
    /// <param name="deviation">P_std &gt; 0, 1.2 by default.</param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// An argument is outside its range or NaN, or ln σ is outside [−700, 700].
    /// </exception>
    public static NoiseLevel LogNormalSigma(double normal, double mean = -1.2, double deviation = 1.2)
    {
        Preconditions.Finite(normal);
        Preconditions.Closed(mean, -300, 300);
        Preconditions.Positive(deviation);
        double logSigma = Preconditions.Closed(mean + (deviation * normal), -700, 700, nameof(normal));
        return new NoiseLevel(1, double.Exp(logSigma));
    }

    /// <summary>
    /// EDM's training noise on a schedule: the time whose log-SNR is nearest to that of <see cref="LogNormalSigma"/>,
    /// −2·(mean + deviation·z). Not uniform, and so another objective: times in the middle count for more.
    /// </summary>
    /// <param name="normal">z, a draw from N(0, 1), finite.</param>
    /// <param name="schedule">The schedule.</param>
    /// <param name="mean">P_mean, −1.2 by default; in [−300, 300].</param>
    /// <param name="deviation">P_std &gt; 0, 1.2 by default.</param>
    /// <returns>In 1..T.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="schedule"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">As for <see cref="LogNormalSigma"/>.</exception>
    public static int LogNormal(double normal, Schedule schedule, double mean = -1.2, double deviation = 1.2)
    {
        Preconditions.NotNull(schedule);
        double wanted = LogNormalSigma(normal, mean, deviation).LogSnr;
        // The log-SNR falls with time: the first that is not above, and the one before it.
        int low = 1;
        int high = schedule.Steps;
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = schedule.LogSnr(middle) <= wanted ? (low, middle) : (middle + 1, high);
        }

        bool before = low > 1 && schedule.LogSnr(low - 1) - wanted < double.Abs(wanted - schedule.LogSnr(low));
        return before ? low - 1 : low;
    }

    // The sum and the product may round up to exactly 1 and T; then T + 1 need not be an int.
    private static int At(double position, int trainingSteps) =>
        1 + int.Min((int)(position * trainingSteps), trainingSteps - 1);
}
