using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>`−log softmax(x)` at the target class, from unnormalised scores `[B, classes, …]`.</summary>
public sealed class CrossEntropyLoss : WeightedLoss<Tensor, Tensor, Tensor>
{
    private const long IgnoreNone = -100;

    /// <summary>Creates the loss.</summary>
    /// <param name="weight">Weights of the classes, or null.</param>
    /// <param name="ignore_index">A class that doesn't count, or null.</param>
    /// <param name="reduction">How the elements' losses become one.</param>
    /// <param name="label_smoothing">Share of the target's probability spread over all classes, 0..1.</param>
    public CrossEntropyLoss(
        Tensor? weight = null,
        long? ignore_index = null,
        nn.Reduction reduction = nn.Reduction.Mean,
        double label_smoothing = 0.0
    )
        : base(weight, reduction)
    {
        this.ignore_index = ignore_index;
        this.label_smoothing = label_smoothing;
    }

    /// <summary>A class that doesn't count, or null.</summary>
    public long? ignore_index { get; }

    /// <summary>Share of the target's probability spread over all classes.</summary>
    public double label_smoothing { get; }

    /// <inheritdoc/>
    public override Tensor forward(Tensor input, Tensor target) =>
        nn.functional.cross_entropy(input, target, weight, ignore_index ?? IgnoreNone, reduction, label_smoothing);
}
