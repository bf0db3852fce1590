namespace Diffusion.Api;

/// <summary>What a training step did.</summary>
/// <param name="Loss">The loss.</param>
/// <param name="LearningRate">The learning rate.</param>
/// <param name="GradientNorm">The gradient's norm before clipping.</param>
/// <param name="Bound">
/// Mean over the batch of the bound's terms, in bits a dimension; null where the variance isn't learned. T times it estimates
/// the bound.
/// </param>
public readonly record struct TrainingStep(double Loss, double LearningRate, double GradientNorm, double? Bound = null);
