namespace Diffusion.Math;

/// <summary>
/// What a sampler does to the estimate x̂₀ before it uses it: nothing, or clipping. Immutable, compared by value.
/// </summary>
public abstract record X0Rule
{
    private X0Rule() { }

    /// <summary>Leaves x̂₀ as it is.</summary>
    public static X0Rule None { get; } = new NoRule();

    /// <summary>Clips x̂₀ into [−range, range], the range of the data (Ho et al. 2020's samplers do).</summary>
    /// <param name="range">Greatest absolute value allowed, &gt; 0; 1 for images scaled to [−1, 1].</param>
    /// <exception cref="ArgumentOutOfRangeException">It is not a finite number greater than 0.</exception>
    public static X0Rule Clip(double range = 1) => new ClipRule(Preconditions.Positive(range));

    /// <summary>The rule applied to one number.</summary>
    /// <param name="x0">x̂₀.</param>
    public abstract double Apply(double x0);

    /// <summary>
    /// Calls the function of the case that this rule is; code that handles rules this way stops compiling when a case
    /// is added.
    /// </summary>
    /// <typeparam name="TResult">What the functions return.</typeparam>
    /// <param name="none">For <see cref="None"/>.</param>
    /// <param name="clip">For <see cref="Clip"/>, with its range.</param>
    public abstract TResult Match<TResult>(Func<TResult> none, Func<double, TResult> clip);

    private sealed record NoRule : X0Rule
    {
        public override double Apply(double x0) => x0;

        public override TResult Match<TResult>(Func<TResult> none, Func<double, TResult> clip) =>
            Preconditions.NotNull(none)();

        public override string ToString() => "none";
    }

    private sealed record ClipRule(double Range) : X0Rule
    {
        public override double Apply(double x0) => double.Clamp(x0, -Range, Range);

        public override TResult Match<TResult>(Func<TResult> none, Func<double, TResult> clip) =>
            Preconditions.NotNull(clip)(Range);

        public override string ToString() => $"clip({Preconditions.Text(Range)})";
    }
}
