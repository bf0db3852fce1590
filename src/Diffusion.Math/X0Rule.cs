namespace Diffusion.Math;

/// <summary>
/// What a sampler does to the estimate x̂₀ before it uses it: nothing, clipping, or dynamic thresholding. Immutable,
/// compared by value.
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

    /// <summary>
    /// Clips each sample's x̂₀ into [−s, s] and divides it by s, where s is the quantile of its |x̂₀|, but at least 1
    /// and at most <paramref name="maximum"/> (Saharia et al. 2022, section 2.3).
    /// </summary>
    /// <param name="quantile">Which quantile, in [0, 1]; the paper takes 0.995. Interpolated linearly.</param>
    /// <param name="maximum">
    /// Greatest s, finite and ≥ 1; at 1, the field's default, the rule is that of <see cref="Clip"/> at range 1. The paper has
    /// none: any large number.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range or NaN.</exception>
    public static X0Rule DynamicThreshold(double quantile = 0.995, double maximum = 1)
    {
        Preconditions.Closed(quantile, 0, 1);
        Preconditions.Closed(maximum, 1, double.MaxValue);
        return new ThresholdRule(quantile, maximum);
    }

    /// <summary>The rule applied to a sample of one number.</summary>
    /// <param name="x0">x̂₀, finite.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is not finite.</exception>
    public double Apply(double x0)
    {
        Preconditions.Finite(x0);
        ApplyToFinite(new Span<double>(ref x0));
        return x0;
    }

    /// <summary>The rule applied to all numbers of one sample, in place.</summary>
    /// <param name="x0">x̂₀ of one sample, finite.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is not finite; then nothing is changed.</exception>
    public void Apply(Span<double> x0)
    {
        Preconditions.AllFinite(x0);
        ApplyToFinite(x0);
    }

    /// <summary>
    /// Calls the function of the case that this rule is; code that handles rules this way stops compiling when a case
    /// is added.
    /// </summary>
    /// <typeparam name="TResult">What the functions return.</typeparam>
    /// <param name="none">For <see cref="None"/>.</param>
    /// <param name="clip">For <see cref="Clip"/>, with its range.</param>
    /// <param name="dynamicThreshold">For <see cref="DynamicThreshold"/>, with its quantile and maximum.</param>
    public abstract TResult Match<TResult>(
        Func<TResult> none,
        Func<double, TResult> clip,
        Func<double, double, TResult> dynamicThreshold
    );

    /// <summary>The rule for numbers that are known to be finite.</summary>
    internal abstract void ApplyToFinite(Span<double> x0);

    private sealed record NoRule : X0Rule
    {
        internal override void ApplyToFinite(Span<double> x0) { }

        public override TResult Match<TResult>(
            Func<TResult> none,
            Func<double, TResult> clip,
            Func<double, double, TResult> dynamicThreshold
        ) => Preconditions.NotNull(none)();

        public override string ToString() => "none";
    }

    private sealed record ClipRule(double Range) : X0Rule
    {
        internal override void ApplyToFinite(Span<double> x0)
        {
            foreach (ref double value in x0)
            {
                value = double.Clamp(value, -Range, Range);
            }
        }

        public override TResult Match<TResult>(
            Func<TResult> none,
            Func<double, TResult> clip,
            Func<double, double, TResult> dynamicThreshold
        ) => Preconditions.NotNull(clip)(Range);

        public override string ToString() => $"clip({Preconditions.Text(Range)})";
    }

    private sealed record ThresholdRule(double Quantile, double Maximum) : X0Rule
    {
        internal override void ApplyToFinite(Span<double> x0)
        {
            if (x0.IsEmpty)
            {
                return;
            }

            double[] sizes = new double[x0.Length];
            for (int i = 0; i < sizes.Length; i++)
            {
                sizes[i] = double.Abs(x0[i]);
            }

            Array.Sort(sizes);
            double position = Quantile * (sizes.Length - 1);
            int below = (int)position;
            double quantile = double.Lerp(sizes[below], sizes[int.Min(below + 1, sizes.Length - 1)], position - below);
            double bound = double.Clamp(quantile, 1, Maximum);
            foreach (ref double value in x0)
            {
                value = double.Clamp(value, -bound, bound) / bound;
            }
        }

        public override TResult Match<TResult>(
            Func<TResult> none,
            Func<double, TResult> clip,
            Func<double, double, TResult> dynamicThreshold
        ) => Preconditions.NotNull(dynamicThreshold)(Quantile, Maximum);

        public override string ToString() =>
            $"dynamic threshold({Preconditions.Text(Quantile)}, {Preconditions.Text(Maximum)})";
    }
}
