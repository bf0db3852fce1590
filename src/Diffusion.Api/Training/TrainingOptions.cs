namespace Diffusion.Api;

/// <summary>How a network is trained. Immutable; saved with every run, so that resuming needs nothing else.</summary>
public sealed record TrainingOptions
{
    /// <summary>Optimizer steps in all.</summary>
    public required long Steps { get; init; }

    /// <summary>Images a step; default 64.</summary>
    public int BatchSize { get; init; } = 64;

    /// <summary>AdamW's peak learning rate; default 1e-3.</summary>
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>Steps over which the learning rate grows linearly from 0; then it falls along a cosine to 0. Default 100.</summary>
    public long WarmupSteps { get; init; } = 100;

    /// <summary>AdamW's decay of the first moment; default 0.9.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>AdamW's decay of the second moment; default 0.99.</summary>
    public double Beta2 { get; init; } = 0.99;

    /// <summary>AdamW's weight decay; default 0.</summary>
    public double WeightDecay { get; init; }

    /// <summary>Largest norm of the gradient, larger ones are scaled down to it; default 1.</summary>
    public double GradientClip { get; init; } = 1;

    /// <summary>Decay of the exponential moving average that samples are drawn with; default 0.999.</summary>
    public double EmaDecay { get; init; } = 0.999;

    /// <summary>Whether half of the images are mirrored left to right; default true.</summary>
    public bool HorizontalFlip { get; init; } = true;

    /// <summary>Seed of everything that is random; default 0.</summary>
    public ulong Seed { get; init; }

    /// <summary>Steps between checkpoints; default 200.</summary>
    public long CheckpointEvery { get; init; } = 200;

    /// <summary>Steps between pictures of samples (<see cref="TrainingSamples"/>); default 0, which draws none.</summary>
    public long SampleEvery { get; init; }

    /// <summary>Refuses what can't work.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Names the option, the value and what is allowed.</exception>
    public void Validate()
    {
        Require(Steps >= 1, nameof(Steps), Steps, "at least 1");
        Require(BatchSize is >= 1 and <= 65536, nameof(BatchSize), BatchSize, "in 1 … 65536");
        Require(
            double.IsFinite(LearningRate) && LearningRate > 0,
            nameof(LearningRate),
            LearningRate,
            "a positive number"
        );
        Require(WarmupSteps >= 0, nameof(WarmupSteps), WarmupSteps, "0 or more");
        Require(Beta1 is >= 0 and < 1, nameof(Beta1), Beta1, "in [0, 1)");
        Require(Beta2 is >= 0 and < 1, nameof(Beta2), Beta2, "in [0, 1)");
        Require(double.IsFinite(WeightDecay) && WeightDecay >= 0, nameof(WeightDecay), WeightDecay, "0 or more");
        Require(
            double.IsFinite(GradientClip) && GradientClip > 0,
            nameof(GradientClip),
            GradientClip,
            "a positive number"
        );
        Require(EmaDecay is >= 0 and < 1, nameof(EmaDecay), EmaDecay, "in [0, 1)");
        Require(CheckpointEvery >= 1, nameof(CheckpointEvery), CheckpointEvery, "at least 1");
        Require(SampleEvery >= 0, nameof(SampleEvery), SampleEvery, "0 or more");
    }

    private static void Require(bool holds, string name, object value, string allowed)
    {
        if (!holds)
            throw new ArgumentOutOfRangeException(name, value, $"{name} must be {allowed}, not {value}.");
    }
}
