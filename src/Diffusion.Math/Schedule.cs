namespace Diffusion.Math;

/// <summary>
/// A discrete, variance preserving noise schedule: T + 1 noise levels, t = 0 clean data and t = T the noisiest, joined
/// by the kernels q(x_t | x_{t−1}) = N(√(1−β_t)·x_{t−1}, β_t) (Ho et al. 2020, eq. 2). Immutable.
/// </summary>
/// <remarks>
/// ᾱ_t and 1−ᾱ_t are within 1 ulp of the exact product of the given β (or of the ᾱ given in their place), SNR within 4;
/// where a formula defines ᾱ (<see cref="Cosine"/>, <see cref="Sigmoid"/>,
/// <see cref="ContinuousSchedule.ToSchedule"/>) they are within as much of the formula itself: β and the product are
/// carried in twice the precision of <c>double</c>, so that neither tiny β nor a million steps cost digits. The β of the
/// linear schedules are <c>double</c>s, rounded once. What <see cref="NoiseLevel"/> computes from a level's two rounded
/// factors is within 5 ulp. An ᾱ too small for a <c>double</c> is 0; kernels and posteriors there are still right. For processes in
/// continuous time see <see cref="ContinuousSchedule"/>.
/// </remarks>
public sealed partial class Schedule
{
    // Above this, √ᾱ_T > 0.03 of the data is still visible in x_T; the schedule of latent diffusion is such a one.
    private const double FarFromNoise = 1e-3;

    private readonly double[] betas;
    private readonly double[] alphas;
    private readonly double[] alphaBars;
    private readonly double[] alphaBarTails;
    private readonly double[] variances;
    private readonly NoiseLevel[] levels;

    // The tails are what the rounding of β leaves out, where they come from a formula; empty where they were given.
    private Schedule(double[] betas, ReadOnlySpan<double> tails)
    {
        int count = betas.Length + 1;
        this.betas = betas;
        alphas = new double[betas.Length];
        alphaBars = new double[count];
        alphaBarTails = new double[count];
        variances = new double[count];
        levels = new NoiseLevel[count];
        DoubleDouble product = DoubleDouble.One;
        alphaBars[0] = 1;
        levels[0] = NoiseLevel.Clean;
        for (int t = 1; t < count; t++)
        {
            WideDouble beta = new(betas[t - 1], tails.IsEmpty ? 0 : tails[t - 1]);
            product = product.TimesOneMinus(beta);
            double variance = product.OneMinus;
            alphas[t - 1] = 1 - beta.Head - beta.Tail;
            alphaBars[t] = product.Value;
            alphaBarTails[t] = product.Tail;
            variances[t] = variance;
            levels[t] = new NoiseLevel(product.Root, double.Sqrt(variance));
        }
    }

    // From ᾱ_1 … ᾱ_T, exact as they are given.
    private Schedule(ReadOnlySpan<WideDouble> bars)
    {
        int count = bars.Length + 1;
        betas = new double[bars.Length];
        alphas = new double[bars.Length];
        alphaBars = new double[count];
        alphaBarTails = new double[count];
        variances = new double[count];
        levels = new NoiseLevel[count];
        alphaBars[0] = 1;
        levels[0] = NoiseLevel.Clean;
        WideDouble before = WideDouble.One;
        for (int t = 1; t < count; t++)
        {
            WideDouble bar = bars[t - 1];
            WideDouble alpha = bar / before;
            // From the difference: of a ratio near 1 fewer digits are left.
            betas[t - 1] = ((before - bar) / before).Head;
            alphas[t - 1] = alpha.Head;
            alphaBars[t] = bar.Head;
            alphaBarTails[t] = bar.Tail;
            variances[t] = (WideDouble.One - bar).Head;
            levels[t] = new NoiseLevel(bar.Root().Head, double.Sqrt(variances[t]));
            before = bar;
        }
    }

    // The times of another schedule that a grid keeps; everything about them stays as it is.
    private Schedule(Schedule original, TimeGrid grid)
    {
        int[] times = [.. grid.Times.Reverse()];
        LinearGaussian[] kernels = [.. grid.Reverse().Select(pair => original.Kernel(pair.To, pair.From))];
        betas = [.. kernels.Select(kernel => kernel.Variance)];
        alphas = [.. kernels.Select(kernel => kernel.Scale * kernel.Scale)];
        alphaBars = [.. times.Select(t => original.alphaBars[t])];
        alphaBarTails = [.. times.Select(t => original.alphaBarTails[t])];
        variances = [.. times.Select(t => original.variances[t])];
        levels = [.. times.Select(t => original.levels[t])];
    }

    /// <summary>T, the number of noising steps.</summary>
    public int Steps => betas.Length;

    /// <summary>ᾱ_T: how much of the data's variance is left in x_T, in [0, 1) but for rounding; sampling takes it for 0.</summary>
    public double TerminalAlphaBar => alphaBars[^1];

    /// <summary>Whether ᾱ_T = 0, so that x_T is nothing but noise (Lin et al. 2023, section 3.1).</summary>
    public bool HasZeroTerminalSnr => TerminalAlphaBar == 0;

    /// <summary>
    /// What is wrong with starting to sample at N(0, 1), in a sentence for people; null if nothing is: when ᾱ_T &gt;
    /// 0.001, x_T still shows the data, and samples come out of medium brightness (Lin et al. 2023, section 3.1). So
    /// it goes when β tuned to T = 1000 are used with a smaller T.
    /// </summary>
    public string? Warning =>
        TerminalAlphaBar > FarFromNoise
            ? $"x_T is far from pure noise: ᾱ_T = {Preconditions.Text(TerminalAlphaBar)} with T ="
                + $" {Preconditions.Text(Steps)}, more than {Preconditions.Text(FarFromNoise)}. Use greater β, more"
                + $" steps or {nameof(WithZeroTerminalSnr)}."
            : null;

    /// <summary>The noise level at a time.</summary>
    /// <param name="t">In 0..T; 0 is clean data.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="t"/> is outside 0..T.</exception>
    public NoiseLevel this[int t] => levels[AnyTime(t)];

    /// <summary>β_t, the variance that step t adds, in (0, 1].</summary>
    /// <param name="t">In 1..T.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="t"/> is outside 1..T.</exception>
    public double Beta(int t) => betas[NoisyTime(t) - 1];

    /// <summary>1 − β_t, the α_t of Ho et al. 2020: the squared scale of one step, in [0, 1) but for rounding.</summary>
    /// <param name="t">In 1..T.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="t"/> is outside 1..T.</exception>
    public double Alpha(int t) => alphas[NoisyTime(t) - 1];

    /// <summary>ᾱ_t = ∏(1−β), the squared scale of all steps so far, in [0, 1] (Ho et al. 2020, eq. 4).</summary>
    /// <param name="t">In 0..T; ᾱ₀ = 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="t"/> is outside 0..T.</exception>
    public double AlphaBar(int t) => alphaBars[AnyTime(t)];

    /// <summary>
    /// SNR_t = ᾱ_t/(1−ᾱ_t), decreasing; +∞ at t = 0, and where 1−ᾱ_t is below 1e-308. Strictly as a number of exact
    /// arithmetic, as a <c>double</c> where β_t is not below a rounding of 1−ᾱ_t.
    /// </summary>
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
        return new LinearGaussian(double.Sqrt(alphas[t - 1]), beta);
    }

    /// <summary>q(x_t | x_s), all steps after s up to t as one.</summary>
    /// <param name="s">The earlier time, in 0..t−1.</param>
    /// <param name="t">The later time, in 1..T.</param>
    /// <exception cref="ArgumentOutOfRangeException">A time is outside its range.</exception>
    public LinearGaussian Kernel(int s, int t)
    {
        Pair(t, s);
        if (s == 0)
        {
            return Marginal(t);
        }

        double before = alphaBars[s];
        if (before < double.ScaleB(1, -900))
        {
            // Too little is left of ᾱ to divide by.
            return Folded(s, t);
        }

        double lost = before - alphaBars[t] + (alphaBarTails[s] - alphaBarTails[t]);
        if (lost < double.ScaleB(before, -50))
        {
            // Both ᾱ are nearly equal even in 106 bits.
            return Folded(s, t);
        }

        return new LinearGaussian(levels[t].Alpha / levels[s].Alpha, lost / before);
    }

    /// <summary>q(x_{t−1} | x_t, x₀) (Ho et al. 2020, eq. 6 and 7). At t = 1 exactly the point mass at x₀.</summary>
    /// <param name="t">In 1..T.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="t"/> is outside 1..T.</exception>
    public Posterior Posterior(int t)
    {
        double beta = Beta(t);
        return new Posterior(
            levels[t],
            levels[t - 1],
            double.Sqrt(alphas[t - 1]),
            beta,
            variances[t],
            variances[t - 1]
        );
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

    private LinearGaussian Folded(int s, int t)
    {
        DoubleDouble product = DoubleDouble.One;
        for (int i = s; i < t; i++)
        {
            product = product.Times(alphas[i], 1 - alphas[i] - betas[i]);
        }

        return new LinearGaussian(product.Root, product.OneMinus);
    }

    /// <summary>The time of a level of this schedule, or −1.</summary>
    internal int TimeOf(NoiseLevel level)
    {
        int low = 0;
        int high = Steps;
        while (low < high)
        {
            int middle = (low + high) / 2;
            bool noisier = levels[middle].LogSnr <= level.LogSnr;
            (low, high) = noisier ? (low, middle) : (middle + 1, high);
        }

        return levels[low] == level ? low : -1;
    }

    private int NoisyTime(int t) => Preconditions.Between(t, 1, Steps);

    private int AnyTime(int t) => Preconditions.Between(t, 0, Steps);

    private void Pair(int t, int s)
    {
        Preconditions.Between(t, 1, Steps);
        Preconditions.Between(s, 0, t - 1);
    }
}
