namespace Diffusion.Math;

/// <summary>
/// One term of the variational bound for a step whose variance σ² the network answers, in nats for one number of the
/// data, as a function of ln σ² and of the error of the network's prediction. For code that works on many at once:
/// <c>½·(ln σ² − ln β̃ − 1 + β̃/σ²) + ErrorFactor·error²/σ²</c> (Ho et al. 2020, eq. 5 and 8; Nichol and Dhariwal 2021,
/// section 3.1). Immutable.
/// </summary>
/// <remarks>
/// At t = 1, where β̃ = 0, the term is L₀ (<see cref="DiscreteDecoder"/>) and this one says only which ln σ² the network's
/// output means: there β̃₂ takes β̃₁'s place, or β₁ if T = 1, as in <see cref="LossWeight.Vlb"/>.
/// </remarks>
public readonly record struct LearnedVarianceTerm
{
    private LearnedVarianceTerm(double logSmall, double logLarge, double errorToX0, double errorFactor)
    {
        LogSmall = logSmall;
        LogLarge = logLarge;
        ErrorToX0 = errorToX0;
        ErrorFactor = errorFactor;
    }

    /// <summary>ln β̃_t: the least ln σ² that can be right.</summary>
    public double LogSmall { get; }

    /// <summary>ln β_t, where an output of 1 leads to with <see cref="ReverseVariance.LearnedRange"/>.</summary>
    public double LogLarge { get; }

    /// <summary>x̂₀ − x₀ for an error of 1 in the prediction.</summary>
    public double ErrorToX0 { get; }

    /// <summary>The factor of the squared error over σ²; 0 at t = 1.</summary>
    public double ErrorFactor { get; }

    /// <summary>The term of the step from t to t − 1.</summary>
    /// <param name="schedule">The schedule.</param>
    /// <param name="t">In 1..T.</param>
    /// <param name="prediction">What the network predicts.</param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="t"/> is outside 1..T.</exception>
    /// <exception cref="InvalidOperationException">The prediction says nothing about x₀ at this time.</exception>
    public static LearnedVarianceTerm At(Schedule schedule, int t, Prediction prediction)
    {
        Posterior posterior = Preconditions.NotNull(schedule).Posterior(t);
        double errorToX0 = Preconditions.NotNull(prediction).To(Prediction.X0, schedule[t]).ModelCoefficient;
        double large = double.Log(schedule.Beta(t));
        if (t > 1)
        {
            double factor = posterior.X0Coefficient * errorToX0;
            return new LearnedVarianceTerm(posterior.LogVariance.Value, large, errorToX0, factor * factor / 2);
        }

        double small = schedule.Steps == 1 ? large : schedule.Posterior(2).LogVariance.Value;
        return new LearnedVarianceTerm(small, large, errorToX0, 0);
    }

    /// <summary>ln σ² of an output of <see cref="ReverseVariance.LearnedRange"/> (Nichol and Dhariwal 2021, eq. 15).</summary>
    /// <param name="output">The network's number, finite, nominally in [−1, 1].</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="output"/> is not finite.</exception>
    /// <exception cref="ArgumentException">The logarithm is beyond the range of <c>double</c>.</exception>
    public double LogVariance(double output)
    {
        double spread = LogLarge - LogSmall;
        return Preconditions.Result(LogSmall + ((output + 1) / 2 * spread), output, spread);
    }

    /// <summary>
    /// σ² (not its logarithm) of an output, whichever of both variances is learned: of <see cref="ReverseVariance.Learned"/>
    /// the greater of it and β̃.
    /// </summary>
    /// <param name="variance">A learned one.</param>
    /// <param name="output">The network's number, finite.</param>
    /// <exception cref="ArgumentNullException"><paramref name="variance"/> is null.</exception>
    /// <exception cref="ArgumentException">
    /// <paramref name="variance"/> is not learned; or the logarithm is beyond the range of <c>double</c>.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="output"/> is not finite, or stands for an infinite variance.
    /// </exception>
    public double VarianceOf(ReverseVariance variance, double output)
    {
        Preconditions.NotNull(variance);
        Preconditions.Finite(output);
        double value =
            variance == ReverseVariance.LearnedRange ? double.Exp(LogVariance(output))
            : variance == ReverseVariance.Learned ? double.Max(output, double.Exp(LogSmall))
            : throw new ArgumentException(
                $"variance must be one that the network answers, but is {variance}.",
                nameof(variance)
            );
        return ReverseVariance.Finite(value, output);
    }

    /// <summary>The term for t ≥ 2, in nats; +∞ where it is beyond the range of <c>double</c>.</summary>
    /// <param name="logVariance">ln σ², finite.</param>
    /// <param name="error">The error of the network's prediction, finite.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is not finite.</exception>
    public double Nats(double logVariance, double error)
    {
        Preconditions.Finite(logVariance);
        Preconditions.Finite(error);
        double shape = (logVariance - LogSmall - 1 + double.Exp(LogSmall - logVariance)) / 2;
        if (error == 0 || ErrorFactor == 0)
        {
            // No product with 0: the other factor may be infinite.
            return shape;
        }

        double deviations = error * double.Exp(-logVariance / 2);
        return shape + (ErrorFactor * deviations * deviations);
    }
}
