using System.Collections.Immutable;
using Diffusion.Math;
using Diffusion.Nn;

namespace Diffusion.Api;

/// <summary>How a network is trained. Immutable; saved with every run, so that resuming needs nothing else.</summary>
public sealed record TrainingOptions
{
    /// <summary>Optimizer steps in all.</summary>
    public required long Steps { get; init; }

    /// <summary>Images a step; default 64.</summary>
    public int BatchSize { get; init; } = 64;

    /// <summary>
    /// Parts that a step's batch is taken through the network in, one after the other, their gradients summed; default 1.
    /// Saves memory, and changes the result by rounding only (and by dropout, which draws part by part).
    /// </summary>
    public int Accumulation { get; init; } = 1;

    /// <summary>AdamW's peak learning rate; default 1e-3.</summary>
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>How the learning rate goes over the steps; default a cosine.</summary>
    public LearningRateRule LearningRateRule { get; init; }

    /// <summary>Steps over which the learning rate grows linearly from 0. Default 100; one cycle doesn't use it.</summary>
    public long WarmupSteps { get; init; } = 100;

    /// <summary>AdamW's decay of the first moment; default 0.9.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>AdamW's decay of the second moment; default 0.99.</summary>
    public double Beta2 { get; init; } = 0.99;

    /// <summary>
    /// AdamW's weight decay, of matrices and kernels only: norms' factors and all biases are left alone. Default 0.
    /// </summary>
    public double WeightDecay { get; init; }

    /// <summary>Largest norm of the gradient, larger ones are scaled down to it; default 1.</summary>
    public double GradientClip { get; init; } = 1;

    /// <summary>Decay of the exponential moving average that samples are drawn with; default 0.999.</summary>
    public double EmaDecay { get; init; } = 0.999;

    /// <summary>Decays of further averages, kept beside the first; all different. Default none.</summary>
    public ImmutableArray<double> MoreEmaDecays { get; init; } = [];

    /// <summary>How the averages' decays warm up; default (1 + n)/(10 + n).</summary>
    public EmaWarmup EmaWarmup { get; init; }

    /// <summary>g of the power form of the averages' warm-up, positive; default 1.</summary>
    public double EmaInverseGamma { get; init; } = 1;

    /// <summary>p of the power form of the averages' warm-up, positive; default 2/3.</summary>
    public double EmaPower { get; init; } = 2.0 / 3;

    /// <summary>
    /// Share of the images whose class is kept from the network, in [0, 1): it is told the null label, its table's last row,
    /// so that it learns both (Ho and Salimans 2022, algorithm 1). Default 0.
    /// </summary>
    public double LabelDropout { get; init; }

    /// <summary>Whether half of the images are mirrored left to right; default true.</summary>
    public bool HorizontalFlip { get; init; } = true;

    /// <summary>Numbers that are computed with; default 32-bit floats.</summary>
    public TrainingPrecision Precision { get; init; }

    /// <summary>Seed of everything that is random; default 0.</summary>
    public ulong Seed { get; init; }

    /// <summary>Steps between checkpoints; default 200.</summary>
    public long CheckpointEvery { get; init; } = 200;

    /// <summary>Steps between pictures of samples (<see cref="TrainingSamples"/>); default 0, which draws none.</summary>
    public long SampleEvery { get; init; }

    /// <summary>Steps between lines of the log; default 1.</summary>
    public long LogEvery { get; init; } = 1;

    /// <summary>Whether TensorBoard's event files are written as well; default no.</summary>
    public bool TensorBoard { get; init; }

    /// <summary>The learning rate of a step.</summary>
    /// <param name="step">From 0.</param>
    public double LearningRateAt(long step) =>
        LearningRateRule switch
        {
            LearningRateRule.Constant => LearningRateSchedule.WarmupConstant(step, LearningRate, WarmupSteps),
            LearningRateRule.Linear => LearningRateSchedule.WarmupLinear(step, Steps, LearningRate, WarmupSteps),
            LearningRateRule.OneCycle => LearningRateSchedule.OneCycle(step, Steps, LearningRate),
            _ => LearningRateSchedule.WarmupCosine(step, Steps, LearningRate, WarmupSteps),
        };

    /// <summary>The averages' decays, the first one's first.</summary>
    internal IEnumerable<EmaRule> EmaRules =>
        MoreEmaDecays
            .Prepend(EmaDecay)
            .Select(decay => new EmaRule(decay, EmaWarmup) { InverseGamma = EmaInverseGamma, Power = EmaPower });

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
        Require(
            Accumulation >= 1 && Accumulation <= BatchSize,
            nameof(Accumulation),
            Accumulation,
            $"in 1 … {BatchSize}, the batch's size"
        );
        Require(Enum.IsDefined(LearningRateRule), nameof(LearningRateRule), LearningRateRule, "one that is known");
        Require(
            !MoreEmaDecays.IsDefault && MoreEmaDecays.Append(EmaDecay).Distinct().Count() == MoreEmaDecays.Length + 1,
            nameof(MoreEmaDecays),
            MoreEmaDecays.IsDefault ? "default" : string.Join(", ", MoreEmaDecays),
            "different from each other and from EmaDecay"
        );
        foreach (var decay in MoreEmaDecays)
            Require(decay is >= 0 and < 1, nameof(MoreEmaDecays), decay, "in [0, 1)");
        Require(Enum.IsDefined(EmaWarmup), nameof(EmaWarmup), EmaWarmup, "one that is known");
        Require(
            double.IsFinite(EmaInverseGamma) && EmaInverseGamma > 0,
            nameof(EmaInverseGamma),
            EmaInverseGamma,
            "a positive number"
        );
        Require(double.IsFinite(EmaPower) && EmaPower > 0, nameof(EmaPower), EmaPower, "a positive number");
        Require(LabelDropout is >= 0 and < 1, nameof(LabelDropout), LabelDropout, "in [0, 1)");
        Require(Enum.IsDefined(Precision), nameof(Precision), Precision, "one that is known");
        Require(LogEvery >= 1, nameof(LogEvery), LogEvery, "at least 1");
        Require(CheckpointEvery >= 1, nameof(CheckpointEvery), CheckpointEvery, "at least 1");
        Require(SampleEvery >= 0, nameof(SampleEvery), SampleEvery, "0 or more");
    }

    private static void Require(bool holds, string name, object value, string allowed)
    {
        if (!holds)
            throw new ArgumentOutOfRangeException(name, value, $"{name} must be {allowed}, not {value}.");
    }
}
