namespace Diffusion.Math;

/// <summary>One call of the network: the noise level of the state it is shown, and the time it is told.</summary>
/// <remarks>
/// <see cref="Time"/> counts from 1 as in the papers; a network that counts from 0 subtracts at its own door.
/// <c>default</c> is no evaluation.
/// </remarks>
public readonly record struct Evaluation
{
    /// <summary>A call at <paramref name="level"/> and <paramref name="time"/>.</summary>
    /// <param name="level">The noise level of the state.</param>
    /// <param name="time">The time on the schedule, finite and ≥ 0; not always one of its whole times.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="time"/> is negative, infinite or NaN.</exception>
    public Evaluation(NoiseLevel level, double time)
    {
        Level = level;
        Time = Preconditions.NonNegative(time);
    }

    /// <summary>The noise level of the state shown.</summary>
    public NoiseLevel Level { get; }

    /// <summary>The time told, 1-based as on the schedule.</summary>
    public double Time { get; }
}
