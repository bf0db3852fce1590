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
        Check(step, steps, peak, warmup);
        if (step < warmup)
            return peak * (step + 1) / warmup;
        if (step >= steps)
            return 0;
        return peak * (1 + double.CosPi((double)(step - warmup) / (steps - warmup))) / 2;
    }

    /// <summary>Linear growth over the first <paramref name="warmup"/> steps, then a line down to 0 at the end.</summary>
    /// <inheritdoc cref="WarmupCosine"/>
    public static double WarmupLinear(long step, long steps, double peak, long warmup)
    {
        Check(step, steps, peak, warmup);
        if (step < warmup)
            return peak * (step + 1) / warmup;
        return step >= steps ? 0 : peak * (steps - step) / (steps - warmup);
    }

    /// <summary>Linear growth over the first <paramref name="warmup"/> steps, then the peak for good.</summary>
    /// <param name="step">k, from 0.</param>
    /// <param name="peak">Largest rate, positive and finite.</param>
    /// <param name="warmup">Steps of growth, 0 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">An argument is outside its range.</exception>
    public static double WarmupConstant(long step, double peak, long warmup)
    {
        Check(step, 1, peak, warmup);
        return step < warmup ? peak * (step + 1) / warmup : peak;
    }

    /// <summary>
    /// One cycle (Smith and Topin 2018): a half cosine up from peak/25 to the peak at 30 % of the steps, and one down to
    /// peak/250,000 at the last, PyTorch's <c>OneCycleLR</c> with its defaults. It is its own warm-up.
    /// </summary>
    /// <param name="step">k, from 0; from <paramref name="steps"/> on the rate is that of the last.</param>
    /// <param name="steps">Steps in all, at least 1.</param>
    /// <param name="peak">Largest rate, positive and finite.</param>
    /// <exception cref="ArgumentOutOfRangeException">An argument is outside its range.</exception>
    public static double OneCycle(long step, long steps, double peak)
    {
        const double RisingShare = 0.3;
        const double FirstDivisor = 25;
        const double LastDivisor = 1e4;
        Check(step, steps, peak, 0);
        double first = peak / FirstDivisor;
        double last = first / LastDivisor;
        double top = (RisingShare * steps) - 1;
        long at = long.Min(step, steps - 1);
        if (at <= top)
            return Between(first, peak, at / top);
        // With three steps or less the top lies before the first.
        double from = double.Max(top, 0);
        return steps - 1 <= from ? peak : Between(peak, last, (at - from) / (steps - 1 - from));

        static double Between(double from, double to, double share) =>
            to + ((from - to) * (1 + double.CosPi(share)) / 2);
    }

    private static void Check(long step, long steps, double peak, long warmup)
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
    }
}
