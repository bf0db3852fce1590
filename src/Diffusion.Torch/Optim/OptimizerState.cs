using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>What an optimizer remembers about one parameter.</summary>
public abstract class OptimizerState
{
    /// <summary>The parameter.</summary>
    protected Parameter _parameter;

    /// <summary>Creates the state.</summary>
    /// <param name="parameter">The parameter.</param>
    protected OptimizerState(Parameter parameter) => _parameter = parameter;

    /// <summary>Sets the state to that of an optimizer that hasn't made a step.</summary>
    /// <param name="options">The options of the parameter's group.</param>
    public abstract void Initialize(OptimizerOptions options);

    /// <summary>Copies the state of another optimizer.</summary>
    /// <param name="source">State of the same kind, for a parameter of the same shape.</param>
    public abstract void LoadStateDict(OptimizerState source);

    /// <summary>Moves the state.</summary>
    /// <param name="device">Where to.</param>
    public virtual void to(Device device) { }

    /// <summary>Whether another state is the same up to rounding.</summary>
    /// <param name="other">The other state.</param>
    public virtual bool ApproximatelyEquals(OptimizerState other) => false;

    private protected static T Same<T>(OptimizerState source)
        where T : OptimizerState =>
        source as T
        ?? throw new ArgumentException($"The state is of {source?.GetType()}, not of {typeof(T)}.", nameof(source));

    private protected Tensor Zeros() => zeros_like(_parameter).DetachFromDisposeScope();

    // A copy beside the parameter, in place of the old one.
    private protected void Replace(ref Tensor? target, Tensor? source)
    {
        if (ReferenceEquals(target, source))
            return;
        if (source is not null && !source.shape.AsSpan().SequenceEqual(_parameter.shape))
        {
            throw new ArgumentException(
                $"The state to load is [{string.Join(", ", source.shape)}], but its parameter is "
                    + $"[{string.Join(", ", _parameter.shape)}].",
                nameof(source)
            );
        }
        var old = target;
        target = source?.to(_parameter.dtype, _parameter.device, copy: true).DetachFromDisposeScope();
        old?.Dispose();
    }

    private protected static void Move(ref Tensor? target, Device device)
    {
        if (target is null)
            return;
        var moved = target.to(device).DetachFromDisposeScope();
        if (!ReferenceEquals(moved, target))
            target.Dispose();
        target = moved;
    }

    private protected static bool AreClose(Tensor? a, Tensor? b) =>
        a is null || b is null ? a is null && b is null : a.allclose(b);
}
