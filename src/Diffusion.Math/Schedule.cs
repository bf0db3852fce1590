namespace Diffusion.Math;

/// <summary>
/// A discrete, variance preserving noise schedule: T + 1 noise levels, t = 0 clean data and t = T the noisiest, joined
/// by the kernels q(x_t | x_{t−1}) = N(√(1−β_t)·x_{t−1}, β_t) (Ho et al. 2020, eq. 2). Immutable.
/// </summary>
/// <remarks>
/// ᾱ_t and 1−ᾱ_t are within 1 ulp of the exact product of the given β, SNR within 4: the product is carried in twice
/// the precision of <c>double</c>, so that neither tiny β nor a million steps cost digits. An ᾱ too small for a
/// <c>double</c> is 0; kernels and posteriors there are still right.
/// </remarks>
public sealed class Schedule
{
    private readonly double[] betas;
    private readonly double[] alphaBars;
    private readonly double[] alphaBarTails;
    private readonly double[] variances;
    private readonly NoiseLevel[] levels;

    private Schedule(double[] betas)
    {
        int count = betas.Length + 1;
        this.betas = betas;
        alphaBars = new double[count];
        alphaBarTails = new double[count];
        variances = new double[count];
        levels = new NoiseLevel[count];
        DoubleDouble product = DoubleDouble.One;
        alphaBars[0] = 1;
        levels[0] = NoiseLevel.Clean;
        for (int t = 1; t < count; t++)
        {
            product = product.TimesOneMinus(betas[t - 1]);
            double variance = product.OneMinus;
            alphaBars[t] = product.Value;
            alphaBarTails[t] = product.Tail;
            variances[t] = variance;
            levels[t] = new NoiseLevel(product.Root, double.Sqrt(variance));
        }
    }

    /// <summary>T, the number of noising steps.</summary>
    public int Steps => betas.Length;

    /// <summary>The noise level at a time.</summary>
    /// <param name="t">In 0..T; 0 is clean data.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="t"/> is outside 0..T.</exception>
    public NoiseLevel this[int t] => levels[AnyTime(t)];

    /// <summary>β_t evenly spaced from β₁ to β_T (Ho et al. 2020, section 4: 1e-4 to 0.02 in 1000 steps).</summary>
    /// <param name="betaStart">β₁ in (0, 1).</param>
    /// <param name="betaEnd">β_T in (0, 1]. With T = 1 it is not used.</param>
    /// <param name="steps">T ≥ 1. The usual β range is tuned to 1000: with fewer, x_T is far from pure noise.</param>
    /// <exception cref="ArgumentOutOfRangeException">An argument is outside its range or NaN.</exception>
    public static Schedule Linear(double betaStart, double betaEnd, int steps)
    {
        (betaStart, betaEnd) = Ends(betaStart, betaEnd, steps);
        return new Schedule(Spaced(betaStart, betaEnd, steps));
    }

    /// <summary>√β_t evenly spaced from √β₁ to √β_T, as in latent diffusion (0.00085 to 0.012 in 1000 steps).</summary>
    /// <param name="betaStart">β₁ in (0, 1).</param>
    /// <param name="betaEnd">β_T in (0, 1]. With T = 1 it is not used.</param>
    /// <param name="steps">T ≥ 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">An argument is outside its range or NaN.</exception>
    public static Schedule ScaledLinear(double betaStart, double betaEnd, int steps)
    {
        (betaStart, betaEnd) = Ends(betaStart, betaEnd, steps);
        double[] betas = Spaced(double.Sqrt(betaStart), double.Sqrt(betaEnd), steps);
        for (int i = 0; i < betas.Length; i++)
        {
            betas[i] *= betas[i];
        }

        return new Schedule(betas);
    }

    /// <summary>
    /// β_t = min(1 − f(t)/f(t−1), maxBeta) with f(t) = cos²(π/2·(t/T + offset)/(1 + offset))
    /// (Nichol and Dhariwal 2021, eq. 17). Unclipped, the last β would be 1.
    /// </summary>
    /// <param name="steps">T ≥ 1.</param>
    /// <param name="offset">Keeps β₁ from vanishing; finite and ≥ 0, 0.008 by default.</param>
    /// <param name="maxBeta">Greatest β, in (0, 1]; 0.999 by default. With 1 the last level is pure noise.</param>
    /// <exception cref="ArgumentOutOfRangeException">An argument is outside its range or NaN.</exception>
    public static Schedule Cosine(int steps, double offset = 0.008, double maxBeta = 0.999)
    {
        Preconditions.AtLeast(steps, 1);
        Preconditions.NonNegative(offset);
        Preconditions.OpenClosed(maxBeta, 0, 1);
        // The angle of time t is π/2 − (T−t)·δ = (t + offset·T)·δ, and cos²a − cos²b = sin(b−a)·sin(b+a). Nothing
        // cancels, given the smaller of the two angles that share the last sine.
        double delta = double.Pi / (2 * (1 + offset) * steps);
        double step = double.Sin(delta);
        double[] betas = new double[steps];
        for (int t = 1; t <= steps; t++)
        {
            double left = steps - t;
            double sum = double.Min((2 * left) + 1, (2 * (double)t) - 1 + (2 * offset * steps));
            double root = double.Sin(delta * (left + 1));
            double beta = step * double.Sin(delta * sum) / (root * root);
            betas[t - 1] = double.Min(beta, maxBeta);
        }

        return new Schedule(betas);
    }

    /// <summary>The schedule with these β.</summary>
    /// <param name="betas">β₁ … β_T, each in (0, 1); the last may be 1, which makes x_T pure noise.</param>
    /// <exception cref="ArgumentException">There are none.</exception>
    /// <exception cref="ArgumentOutOfRangeException">One is outside its range or NaN.</exception>
    public static Schedule FromBetas(ReadOnlySpan<double> betas)
    {
        if (betas.IsEmpty)
        {
            throw new ArgumentException("betas is empty; a schedule needs at least one step.", nameof(betas));
        }

        for (int i = 0; i < betas.Length - 1; i++)
        {
            Preconditions.Open(betas[i], 0, 1, $"betas[{Preconditions.Text(i)}]");
        }

        Preconditions.OpenClosed(betas[^1], 0, 1, $"betas[{Preconditions.Text(betas.Length - 1)}]");
        return new Schedule(betas.ToArray());
    }

    /// <inheritdoc cref="FromBetas(ReadOnlySpan{double})"/>
    /// <exception cref="ArgumentNullException"><paramref name="betas"/> is null.</exception>
    public static Schedule FromBetas(IEnumerable<double> betas) =>
        FromBetas(Preconditions.NotNull(betas).ToArray().AsSpan());

    /// <summary>β_t, the variance that step t adds, in (0, 1].</summary>
    /// <param name="t">In 1..T.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="t"/> is outside 1..T.</exception>
    public double Beta(int t) => betas[NoisyTime(t) - 1];

    /// <summary>1 − β_t, the α_t of Ho et al. 2020: the squared scale of one step, in [0, 1).</summary>
    /// <param name="t">In 1..T.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="t"/> is outside 1..T.</exception>
    public double Alpha(int t) => 1 - Beta(t);

    /// <summary>ᾱ_t = ∏(1−β), the squared scale of all steps so far, in [0, 1] (Ho et al. 2020, eq. 4).</summary>
    /// <param name="t">In 0..T; ᾱ₀ = 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="t"/> is outside 0..T.</exception>
    public double AlphaBar(int t) => alphaBars[AnyTime(t)];

    /// <summary>SNR_t = ᾱ_t/(1−ᾱ_t), strictly decreasing; +∞ at t = 0.</summary>
    /// <param name="t">In 0..T.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="t"/> is outside 0..T.</exception>
    public double Snr(int t) => alphaBars[AnyTime(t)] / variances[t];

    /// <summary>λ_t = ln SNR_t in nats; +∞ at t = 0, −∞ at zero terminal SNR.</summary>
    /// <param name="t">In 0..T.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="t"/> is outside 0..T.</exception>
    public double LogSnr(int t) => this[t].LogSnr;

    /// <summary>q(x_t | x₀) = N(√ᾱ_t·x₀, 1−ᾱ_t) (Ho et al. 2020, eq. 4).</summary>
    /// <param name="t">In 0..T.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="t"/> is outside 0..T.</exception>
    public LinearGaussian Marginal(int t) => new(levels[AnyTime(t)].Alpha, variances[t]);

    /// <summary>q(x_t | x_{t−1}) = N(√(1−β_t)·x_{t−1}, β_t) (Ho et al. 2020, eq. 2).</summary>
    /// <param name="t">In 1..T.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="t"/> is outside 1..T.</exception>
    public LinearGaussian Kernel(int t)
    {
        double beta = Beta(t);
        return new LinearGaussian(double.Sqrt(1 - beta), beta);
    }

    /// <summary>q(x_t | x_s), all steps after s up to t as one.</summary>
    /// <param name="s">The earlier time, in 0..t−1.</param>
    /// <param name="t">The later time, in 1..T.</param>
    /// <exception cref="ArgumentOutOfRangeException">A time is outside its range.</exception>
    public LinearGaussian Kernel(int s, int t)
    {
        Pair(t, s);
        double before = alphaBars[s];
        if (before < double.ScaleB(1, -900))
        {
            // Too little is left of ᾱ to divide by.
            return Folded(s, t);
        }

        double lost = before - alphaBars[t] + (alphaBarTails[s] - alphaBarTails[t]);
        return new LinearGaussian(levels[t].Alpha / levels[s].Alpha, lost / before);
    }

    /// <summary>q(x_{t−1} | x_t, x₀) (Ho et al. 2020, eq. 6 and 7). At t = 1 exactly the point mass at x₀.</summary>
    /// <param name="t">In 1..T.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="t"/> is outside 1..T.</exception>
    public Posterior Posterior(int t)
    {
        double beta = Beta(t);
        return new Posterior(levels[t], levels[t - 1], double.Sqrt(1 - beta), beta, variances[t], variances[t - 1]);
    }

    /// <summary>q(x_s | x_t, x₀) for any earlier time s. At s = 0 exactly the point mass at x₀.</summary>
    /// <param name="t">The later time, in 1..T.</param>
    /// <param name="s">The earlier time, in 0..t−1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A time is outside its range.</exception>
    public Posterior Posterior(int t, int s)
    {
        Pair(t, s);
        LinearGaussian kernel = Kernel(s, t);
        return new Posterior(levels[t], levels[s], kernel.Scale, kernel.Variance, variances[t], variances[s]);
    }

    /// <summary>T and ᾱ_T.</summary>
    public override string ToString() =>
        $"Schedule(T = {Preconditions.Text(Steps)}, ᾱ_T = {Preconditions.Text(alphaBars[^1])})";

    private static (double Start, double End) Ends(double betaStart, double betaEnd, int steps)
    {
        Preconditions.Open(betaStart, 0, 1);
        Preconditions.OpenClosed(betaEnd, 0, 1);
        Preconditions.AtLeast(steps, 1);
        return (betaStart, betaEnd);
    }

    private static double[] Spaced(double start, double end, int count)
    {
        double[] values = new double[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = count == 1 ? start : double.Lerp(start, end, i / (double)(count - 1));
        }

        return values;
    }

    private LinearGaussian Folded(int s, int t)
    {
        DoubleDouble product = DoubleDouble.One;
        for (int i = s; i < t; i++)
        {
            product = product.TimesOneMinus(betas[i]);
        }

        return new LinearGaussian(product.Root, product.OneMinus);
    }

    private int NoisyTime(int t) => Preconditions.Between(t, 1, Steps);

    private int AnyTime(int t) => Preconditions.Between(t, 0, Steps);

    private void Pair(int t, int s)
    {
        Preconditions.Between(t, 1, Steps);
        Preconditions.Between(s, 0, t - 1);
    }
}
