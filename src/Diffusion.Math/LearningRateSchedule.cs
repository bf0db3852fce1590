namespace Diffusion.Math;

/// <summary>Learning rates as pure functions of the step.</summary>
public static class LearningRateSchedule
{
    /// <summary>
    /// Linear growth over the first <paramref name="warmup"/> steps, peak·(k + 1)/warmup, then a half cosine down to 0,
    /// peak·(1 + cos(π·(k − warmup)/(steps − warmup)))/2 (Loshchilov and Hutter, SGDR, 2017, eq. 5 without restarts).
    /// </summary>
    /// <param name="step">k, from 0; from <paramref name="steps"/> on the rate is 0.</param>
    /// <param name="steps">Steps in all, at least 1.</param>
    /// <param name="peak">Largest rate, positive and finite.</param>
    /// <param name="warmup">Steps of growth, 0 or more; from <paramref name="steps"/> on there is no decay.</param>
    /// <exception cref="ArgumentOutOfRangeException">An argument is outside its range.</exception>
    public static double WarmupCosine(long step, long steps, double peak, long warmup)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(warmup);
        if (!double.IsFinite(peak) || peak <= 0)
            throw new ArgumentOutOfRangeException(
                nameof(peak),
                peak,
                $"The peak rate must be positive and finite, not {peak}."
            );
        if (step < warmup)
            return peak * (step + 1) / warmup;
        if (step >= steps)
            return 0;
        return peak * (1 + double.CosPi((double)(step - warmup) / (steps - warmup))) / 2;
    }
}
