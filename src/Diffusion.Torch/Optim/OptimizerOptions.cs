namespace TorchSharp.Modules;

/// <summary>Options of a group of parameters.</summary>
public class OptimizerOptions
{
    /// <summary>The learning rate; null for the optimizer's default.</summary>
    public double? LearningRate { get; set; }

    /// <summary>The learning rate at the start.</summary>
    public double InitialLearningRate { get; set; }

    /// <summary>Takes over the options of another optimizer.</summary>
    /// <param name="source">Options of the same kind.</param>
    public virtual void LoadStateDict(OptimizerOptions source)
    {
        ArgumentNullException.ThrowIfNull(source);
        InitialLearningRate = source.InitialLearningRate;
        LearningRate = source.LearningRate;
    }

    // Sets what isn't set.
    internal virtual void Complete(OptimizerOptions defaults)
    {
        LearningRate ??= defaults.LearningRate;
        InitialLearningRate = LearningRate!.Value;
    }

    internal virtual void Validate() => ThrowUnlessNotNegative(LearningRate!.Value, "lr");

    private protected static void ThrowUnlessNotNegative(double value, string argument)
    {
        if (!(value >= 0 && double.IsFinite(value)))
            throw new ArgumentException($"{argument} must be finite and 0 or more, but is {value}.", argument);
    }

    private protected static void ThrowUnlessDecay(double value, string argument)
    {
        if (!(value >= 0 && value < 1))
            throw new ArgumentException($"{argument} must be at least 0 and below 1, but is {value}.", argument);
    }

    private protected static T Same<T>(OptimizerOptions source)
        where T : OptimizerOptions =>
        source as T
        ?? throw new ArgumentException($"The options are of {source.GetType()}, not of {typeof(T)}.", nameof(source));
}
