using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Nn;

/// <summary>
/// Exponential moving average of a network's parameters: s ← d·s + (1 − d)·θ, where d warms up with n, the number of
/// updates before this one (<see cref="EmaRule"/>).
/// </summary>
/// <remarks>
/// The warm-up of d keeps the random start out of short runs. Buffers and frozen parameters are copied, not averaged.
/// Not thread-safe.
/// </remarks>
public sealed class Ema : IDisposable
{
    private readonly Dictionary<string, Tensor> _shadow = [];

    /// <summary>Starts from the network's present values; d = min(decay, (1 + n)/(10 + n)).</summary>
    /// <param name="model">The network.</param>
    /// <param name="decay">The final d, in [0, 1).</param>
    /// <exception cref="ArgumentOutOfRangeException">The decay is out of range.</exception>
    public Ema(nn.Module model, double decay = 0.9999)
        : this(model, new EmaRule(decay)) { }

    /// <summary>Starts from the network's present values.</summary>
    /// <param name="model">The network.</param>
    /// <param name="rule">d, update by update.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number of it is out of range.</exception>
    public Ema(nn.Module model, EmaRule rule)
    {
        ArgumentNullException.ThrowIfNull(model);
        rule.Check();
        Rule = rule;
        foreach (var (name, value) in model.state_dict())
            _shadow.Add(name, Copy(value));
    }

    /// <summary>d, update by update.</summary>
    public EmaRule Rule { get; }

    /// <summary>The final d.</summary>
    public double Decay => Rule.Final;

    /// <summary>Updates so far, n.</summary>
    public long Updates { get; private set; }

    /// <summary>The averages by tensor name; they belong to this object.</summary>
    public IReadOnlyDictionary<string, Tensor> State => _shadow;

    /// <summary>d of the update after <paramref name="updates"/> others: min(decay, (1 + n)/(10 + n)).</summary>
    /// <param name="decay">The final d.</param>
    /// <param name="updates">n, at least 0.</param>
    /// <returns>d.</returns>
    public static double DecayAt(double decay, long updates) => new EmaRule(decay).At(updates);

    /// <summary>Takes the network's present values into the average.</summary>
    /// <param name="model">The network; its tensors must be those it had at the start.</param>
    /// <exception cref="ArgumentException">The network has other tensors.</exception>
    public void Update(nn.Module model)
    {
        var decay = Rule.At(Updates);
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var pairs = Pairs(model).ToLookup(pair => pair.Value.requires_grad);
        foreach (var (shadow, value) in pairs[false])
            shadow.copy_(value);
        Average([.. pairs[true]], decay);
        Updates++;
    }

    /// <summary>Writes the averages into the network.</summary>
    /// <param name="model">The network.</param>
    /// <exception cref="ArgumentException">The network has other tensors.</exception>
    public void CopyTo(nn.Module model)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        foreach (var (shadow, value) in Pairs(model))
            value.copy_(shadow);
    }

    /// <summary>Writes the averages into the network until the result is disposed; then its own values come
    /// back.</summary>
    /// <param name="model">The network.</param>
    /// <returns>Restores on dispose.</returns>
    /// <exception cref="ArgumentException">The network has other tensors.</exception>
    public IDisposable Apply(nn.Module model)
    {
        var kept = Pairs(model).Select(pair => (pair.Value, Copy(pair.Value))).ToList();
        CopyTo(model);
        return new Restorer(kept);
    }

    /// <summary>Replaces the averages, to resume.</summary>
    /// <param name="state">As <see cref="State"/> was; copied.</param>
    /// <param name="updates">As <see cref="Updates"/> was, at least 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">The count is negative.</exception>
    /// <exception cref="InvalidDataException">Tensors are missing, left over or of another shape; nothing is
    /// changed.</exception>
    public void Load(IReadOnlyDictionary<string, Tensor> state, long updates)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentOutOfRangeException.ThrowIfNegative(updates);
        Weights.Copy(state, _shadow, "the moving average's state");
        Updates = updates;
    }

    /// <summary>Frees the averages.</summary>
    public void Dispose()
    {
        foreach (var tensor in _shadow.Values)
            tensor.Dispose();
        _shadow.Clear();
    }

    private static void Average(List<(Tensor Shadow, Tensor Value)> pairs, double decay)
    {
#if SYSTEM_ENGINE
        if (Engine.Kernels.TryAverage(pairs, decay))
            return;
#endif
        foreach (var (shadow, value) in pairs)
        {
            shadow.mul_(decay);
            shadow.add_(value, 1 - decay);
        }
    }

    private static Tensor Copy(Tensor value)
    {
        using var detached = value.detach();
        return detached.clone().DetachFromDisposeScope();
    }

    private List<(Tensor Shadow, Tensor Value)> Pairs(nn.Module model)
    {
        ArgumentNullException.ThrowIfNull(model);
        var values = model.state_dict();
        var odd = values.Keys.Except(_shadow.Keys).Concat(_shadow.Keys.Except(values.Keys)).FirstOrDefault();
        if (odd is not null)
            throw new ArgumentException(
                $"The network isn't the one this average was made for: only one of them has the tensor '{odd}'.",
                nameof(model)
            );
        return [.. values.Select(pair => (_shadow[pair.Key], pair.Value))];
    }

    private sealed class Restorer(List<(Tensor Value, Tensor Kept)> pairs) : IDisposable
    {
        public void Dispose()
        {
            using var scope = NewDisposeScope();
            using var frozen = no_grad();
            foreach (var (value, kept) in pairs)
            {
                value.copy_(kept);
                kept.Dispose();
            }
            pairs.Clear();
        }
    }
}
