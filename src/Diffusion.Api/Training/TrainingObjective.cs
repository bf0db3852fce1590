namespace Diffusion.Api;

/// <summary>What training minimises, beside the scheduler's prediction and variance. Immutable.</summary>
public sealed record TrainingObjective
{
    /// <summary>The weight of each time's loss; default simple.</summary>
    public LossWeighting LossWeight { get; init; } = LossWeighting.Simple;

    /// <summary>How times are drawn; default stratified.</summary>
    public TimeSampling Times { get; init; } = TimeSampling.Stratified;

    /// <summary>λ of the hybrid loss where the variance is learned, 0 or more; default 0.001.</summary>
    public double BoundWeight { get; init; } = GaussianDiffusion.UsualBoundWeight;
}
