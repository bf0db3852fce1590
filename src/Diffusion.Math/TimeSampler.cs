namespace Diffusion.Math;

/// <summary>
/// Training times from uniform random numbers: pure maps from u in [0, 1) to times in 1..T, so that the caller owns
/// the randomness.
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
    /// t_i = 1 + ⌊T·(u+i)/count⌋. Each, picked at random, is uniform; together they vary less than independent ones,
    /// and so does the loss (Kingma et al. 2021, appendix I.1).
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

    // The sum and the product may round up to exactly 1 and T.
    private static int At(double position, int trainingSteps) =>
        int.Min(1 + (int)(position * trainingSteps), trainingSteps);
}
