using System.Collections.Immutable;

namespace Diffusion.Math;

/// <summary>
/// One row of a <see cref="SamplingPlan"/>:
/// <c>x′ = Σ_k States[k]·X[−k] + Σ_k Outputs[k]·F[−k] + Σ_k RawOutputs[k]·R[−k] + Noise·z</c>. Immutable, compared by
/// value.
/// </summary>
/// <remarks>
/// X[0] is the current state, X[−1] the one before it. F[0] is the newest network output, converted to the plan's
/// quantity; where <see cref="Evaluate"/> is set, that is this very step's. R is the same without the plan's rule on
/// x̂₀. z is a fresh draw from N(0, 1).
/// </remarks>
public sealed record SamplingStep
{
    /// <summary>A step from one level to another.</summary>
    /// <param name="from">The level of the current state.</param>
    /// <param name="to">The level of the next state.</param>
    /// <param name="evaluate">Where to call the network first; null for no call.</param>
    /// <param name="states">Factors on the states, the newest first; finite, at least one.</param>
    /// <param name="outputs">Factors on the network outputs, the newest first; finite.</param>
    /// <param name="noise">Factor on fresh noise (a standard deviation), finite and ≥ 0.</param>
    /// <param name="rawOutputs">
    /// Factors on the outputs without the rule on x̂₀, the newest first; none by default.
    /// </param>
    /// <param name="learned">
    /// For networks that learn their variance: how their second output gives the noise a further factor.
    /// </param>
    /// <exception cref="ArgumentNullException">A list is null.</exception>
    /// <exception cref="ArgumentException">
    /// <paramref name="states"/> is empty, or <paramref name="learned"/> is not a learned variance.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">A factor is outside its range or NaN.</exception>
    public SamplingStep(
        NoiseLevel from,
        NoiseLevel to,
        Evaluation? evaluate,
        IEnumerable<double> states,
        IEnumerable<double> outputs,
        double noise,
        IEnumerable<double>? rawOutputs = null,
        ReverseVariance? learned = null
    )
    {
        From = from;
        To = to;
        Evaluate = evaluate;
        States = Coefficients(states, nameof(states));
        Outputs = Coefficients(outputs, nameof(outputs));
        RawOutputs = Coefficients(rawOutputs ?? [], nameof(rawOutputs));
        Noise = Preconditions.NonNegative(noise);
        Learned = learned;
        if (States.IsEmpty)
        {
            throw new ArgumentException("states is empty; a step needs the current state's factor.", nameof(states));
        }

        if (learned is { IsLearned: false })
        {
            throw new ArgumentException(
                $"learned must be a variance that the network answers, but is {learned}; write a fixed one into noise.",
                nameof(learned)
            );
        }
    }

    /// <summary>The level of the current state.</summary>
    public NoiseLevel From { get; }

    /// <summary>The level of the next state.</summary>
    public NoiseLevel To { get; }

    /// <summary>Where the network is called first; null for no call.</summary>
    public Evaluation? Evaluate { get; }

    /// <summary>Factors on the states, the newest first.</summary>
    public ImmutableArray<double> States { get; }

    /// <summary>Factors on the network outputs in the plan's quantity, the newest first.</summary>
    public ImmutableArray<double> Outputs { get; }

    /// <summary>Factors on the network outputs without the plan's rule on x̂₀, the newest first; mostly none.</summary>
    public ImmutableArray<double> RawOutputs { get; }

    /// <summary>Factor on fresh noise, a standard deviation ≥ 0.</summary>
    public double Noise { get; }

    /// <summary>
    /// Where set, the noise is also multiplied by the deviation that the network's second output means; its answer
    /// then has twice the state's length, the second output behind the first. Null for every other step.
    /// </summary>
    public ReverseVariance? Learned { get; }

    /// <summary>Whether all numbers of both steps are equal.</summary>
    /// <param name="other">The step to compare with.</param>
    public bool Equals(SamplingStep? other) =>
        other is not null
        && From == other.From
        && To == other.To
        && Evaluate == other.Evaluate
        && States.AsSpan().SequenceEqual(other.States.AsSpan())
        && Outputs.AsSpan().SequenceEqual(other.Outputs.AsSpan())
        && RawOutputs.AsSpan().SequenceEqual(other.RawOutputs.AsSpan())
        && Noise.Equals(other.Noise)
        && Learned == other.Learned;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(From, To, Evaluate, States[0], Outputs.Length, Noise);

    /// <summary>The same step whose network is told another time; it must call it.</summary>
    internal SamplingStep At(double time) =>
        new(From, To, new Evaluation(Evaluate!.Value.Level, time), States, Outputs, Noise, RawOutputs, Learned);

    private static ImmutableArray<double> Coefficients(IEnumerable<double> values, string name)
    {
        ImmutableArray<double> list = [.. Preconditions.NotNull(values, name)];
        for (int i = 0; i < list.Length; i++)
        {
            Preconditions.Finite(list[i], $"{name}[{Preconditions.Text(i)}]");
        }

        return list;
    }
}
