namespace Diffusion.Api;

/// <summary>How far a training run is.</summary>
/// <param name="Step">Optimizer steps done, those of earlier sessions among them.</param>
/// <param name="Steps">Steps in all.</param>
/// <param name="Loss">Loss of the last step.</param>
/// <param name="LearningRate">Learning rate of the last step.</param>
/// <param name="Elapsed">Training time so far, that of earlier sessions included.</param>
/// <param name="ImagesPerSecond">Over this session's steps.</param>
/// <param name="LogLine">The line that was added to <c>metrics.jsonl</c>; null where none was due.</param>
public readonly record struct TrainingProgress(
    long Step,
    long Steps,
    double Loss,
    double LearningRate,
    TimeSpan Elapsed,
    double ImagesPerSecond,
    string? LogLine = null
);
