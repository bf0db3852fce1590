namespace Diffusion.Math;

/// <content>How schedules are made.</content>
public sealed partial class Schedule
{
    private const double SigmoidReach = 6;
    private const double SigmoidLimit = 350;

    /// <summary>β_t evenly spaced from β₁ to β_T (Ho et al. 2020, section 4: 1e-4 to 0.02 in 1000 steps).</summary>
    /// <param name="betaStart">β₁ in (0, 1).</param>
    /// <param name="betaEnd">β_T in (0, 1]. With T = 1 it is not used.</param>
    /// <param name="steps">T ≥ 1. The usual β range is tuned to 1000: with fewer, x_T is far from pure noise.</param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// An argument is outside its range or NaN, or an inner β rounds to 1.
    /// </exception>
    public static Schedule Linear(double betaStart, double betaEnd, int steps)
    {
        (betaStart, betaEnd) = Ends(betaStart, betaEnd, steps);
        return Given(Spaced(betaStart, betaEnd, steps), betaStart, betaEnd);
    }

    /// <summary>√β_t evenly spaced from √β₁ to √β_T, as in latent diffusion (0.00085 to 0.012 in 1000 steps).</summary>
    /// <param name="betaStart">β₁ in (0, 1).</param>
    /// <param name="betaEnd">β_T in (0, 1]. With T = 1 it is not used.</param>
    /// <param name="steps">T ≥ 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// An argument is outside its range or NaN, or an inner β rounds to 1.
    /// </exception>
    public static Schedule ScaledLinear(double betaStart, double betaEnd, int steps)
    {
        (betaStart, betaEnd) = Ends(betaStart, betaEnd, steps);
        double[] betas = Spaced(double.Sqrt(betaStart), double.Sqrt(betaEnd), steps);
        for (int i = 0; i < betas.Length; i++)
        {
            betas[i] *= betas[i];
        }

        // The squares of the roots would be off by a rounding.
        betas[^1] = betaEnd;
        betas[0] = betaStart;
        return Given(betas, betaStart, betaEnd);
    }

    /// <summary>
    /// β_t = min(1 − f(t)/f(t−1), maxBeta) with f(t) = cos²(π/2·(t/T + offset)/(1 + offset))
    /// (Nichol and Dhariwal 2021, eq. 17): diffusers' <c>squaredcos_cap_v2</c>. Unclipped, the last β would be 1.
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
        // The angle of time t is π/2 − (T−t)·δ, so that ᾱ_t ∝ sin²((T−t)·δ), and sin²b − sin²a = sin(b−a)·sin(b+a): with
        // b = (T−t+1)·δ and a = (T−t)·δ nothing cancels.
        RotationStep step = new(WideFunctions.Pi / (2.0 * steps) / (WideDouble.One + offset));
        Rotation rotation = Rotation.Start;
        double[] betas = new double[steps];
        double[] tails = new double[steps];
        for (int t = steps; t >= 1; t--)
        {
            Rotation before = step.After(rotation);
            WideDouble beta = before.SineOfSum(rotation) / (before.Sine * before.Sine);
            Put(beta, t, maxBeta, betas, tails);
            rotation = before;
        }

        return Formula(betas, tails);
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

        int refused = FirstRefused(betas);
        if (refused >= 0)
        {
            string name = $"betas[{Preconditions.Text(refused)}]";
            _ =
                refused == betas.Length - 1
                    ? Preconditions.OpenClosed(betas[refused], 0, 1, name)
                    : Preconditions.Open(betas[refused], 0, 1, name);
        }

        return new Schedule(betas.ToArray(), []);
    }

    /// <inheritdoc cref="FromBetas(ReadOnlySpan{double})"/>
    /// <exception cref="ArgumentNullException"><paramref name="betas"/> is null.</exception>
    public static Schedule FromBetas(IEnumerable<double> betas) =>
        FromBetas(Preconditions.NotNull(betas).ToArray().AsSpan());

    /// <summary>
    /// β_t = betaStart + (betaEnd − betaStart)·sigmoid(x) with x evenly spaced from −6 to 6 (Xu et al. 2022, GeoDiff):
    /// the "sigmoid" β schedule of the field. Not to be confused with <see cref="Sigmoid"/>, whose ᾱ is a sigmoid.
    /// </summary>
    /// <param name="betaStart">Lower end of β in (0, 1).</param>
    /// <param name="betaEnd">Upper end of β in (0, 1].</param>
    /// <param name="steps">T ≥ 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// An argument is outside its range or NaN, or an inner β rounds to 1.
    /// </exception>
    public static Schedule SigmoidBeta(double betaStart, double betaEnd, int steps)
    {
        (betaStart, betaEnd) = Ends(betaStart, betaEnd, steps);
        double[] betas = Spaced(-SigmoidReach, SigmoidReach, steps);
        for (int i = 0; i < betas.Length; i++)
        {
            betas[i] = double.Lerp(betaStart, betaEnd, 1 / (1 + double.Exp(-betas[i])));
        }

        return Given(betas, betaStart, betaEnd);
    }

    /// <summary>
    /// ᾱ_t = (S(end) − S(x_t))/(S(end) − S(start)) with S(x) = sigmoid(x/tau) and x_t = start + (end − start)·t/T
    /// (Jabri et al. 2022; Chen 2023, algorithm 1), each β at most <paramref name="maxBeta"/>. Unclipped,
    /// the last β would be 1.
    /// </summary>
    /// <param name="steps">T ≥ 1.</param>
    /// <param name="start">Where the sigmoid is entered, finite; −3 by default.</param>
    /// <param name="end">Where it is left, greater than <paramref name="start"/>; 3 by default.</param>
    /// <param name="tau">Temperature τ &gt; 0, 1 by default; start/τ and end/τ must be in [−350, 350].</param>
    /// <param name="maxBeta">Greatest β, in (0, 1]; 0.999 by default. With 1 the last level is pure noise.</param>
    /// <exception cref="ArgumentOutOfRangeException">An argument is outside its range or NaN.</exception>
    public static Schedule Sigmoid(int steps, double start = -3, double end = 3, double tau = 1, double maxBeta = 0.999)
    {
        Preconditions.AtLeast(steps, 1);
        Preconditions.Positive(tau);
        Preconditions.Closed(start, -SigmoidLimit * tau, SigmoidLimit * tau);
        Preconditions.OpenClosed(end, start, SigmoidLimit * tau);
        Preconditions.OpenClosed(maxBeta, 0, 1);
        // With p = e^((end−start)/(τT)), c = e^(−end/τ) and k = T − t steps left, S(end) − S(x_t) ∝ (p^k − 1)/(1 + c·p^k).
        // So β_t = (p^k/F_{k+1})·(1 + c)/(1 + c·p^k) with F_k = (p^k − 1)/(p − 1) = 1 + p + … + p^(k−1), in which nothing
        // cancels.
        WideDouble excess = WideFunctions.ExpMinusOne(((WideDouble)end - start) / tau / steps);
        WideDouble growth = WideDouble.One + excess;
        WideDouble tail = WideFunctions.Exp(-((WideDouble)end / tau));
        WideDouble numerator = WideDouble.One + tail;
        WideDouble sum = 0;
        double[] betas = new double[steps];
        double[] tails = new double[steps];
        for (int t = steps; t >= 1; t--)
        {
            WideDouble power = WideDouble.One + (sum * excess);
            sum = (sum * growth) + WideDouble.One;
            Put(power / sum * (numerator / (WideDouble.One + (tail * power))), t, maxBeta, betas, tails);
        }

        return Formula(betas, tails);
    }

    /// <summary>The schedule with these ᾱ, kept exactly as they are.</summary>
    /// <param name="alphaBars">
    /// ᾱ₁ … ᾱ_T, strictly decreasing in (0, 1); the last may be 0, which makes x_T pure noise.
    /// </param>
    /// <exception cref="ArgumentException">There are none, or they don't decrease strictly.</exception>
    /// <exception cref="ArgumentOutOfRangeException">One is outside its range or NaN.</exception>
    public static Schedule FromAlphaBars(ReadOnlySpan<double> alphaBars)
    {
        if (alphaBars.IsEmpty)
        {
            throw new ArgumentException("alphaBars is empty; a schedule needs at least one step.", nameof(alphaBars));
        }

        WideDouble[] bars = new WideDouble[alphaBars.Length];
        for (int i = 0; i < bars.Length; i++)
        {
            string name = $"alphaBars[{Preconditions.Text(i)}]";
            bars[i] =
                i == bars.Length - 1
                    ? Preconditions.ClosedOpen(alphaBars[i], 0, 1, name)
                    : Preconditions.Open(alphaBars[i], 0, 1, name);
            if (i > 0 && alphaBars[i] >= alphaBars[i - 1])
            {
                throw new ArgumentException(
                    $"alphaBars must decrease strictly, but {name} = {Preconditions.Text(alphaBars[i])} follows"
                        + $" {Preconditions.Text(alphaBars[i - 1])}.",
                    nameof(alphaBars)
                );
            }
        }

        return new Schedule(bars);
    }

    /// <inheritdoc cref="FromAlphaBars(ReadOnlySpan{double})"/>
    /// <exception cref="ArgumentNullException"><paramref name="alphaBars"/> is null.</exception>
    public static Schedule FromAlphaBars(IEnumerable<double> alphaBars) =>
        FromAlphaBars(Preconditions.NotNull(alphaBars).ToArray().AsSpan());

    /// <summary>
    /// This schedule shifted and scaled so that x_T is pure noise: √ᾱ′_t = (√ᾱ_t − √ᾱ_T)·√ᾱ₁/(√ᾱ₁ − √ᾱ_T), which
    /// keeps ᾱ₁ (Lin et al. 2023, algorithm 1). ε says nothing at its last level: use v.
    /// </summary>
    /// <exception cref="InvalidOperationException">
    /// T = 1: the only ᾱ can't be both kept and 0. Or an ᾱ is the one before it even in 106 bits, so that nothing of their
    /// difference is known.
    /// </exception>
    public Schedule WithZeroTerminalSnr()
    {
        if (Steps == 1)
        {
            throw new InvalidOperationException(
                "A schedule of one step can't be rescaled to zero terminal SNR, since its first and last ᾱ are the"
                    + " same; it needs at least 2 steps."
            );
        }

        if (HasZeroTerminalSnr)
        {
            return this;
        }

        WideDouble first = Bar(1).Root();
        WideDouble last = Bar(Steps).Root();
        WideDouble scale = first / FromLast(1, first);
        WideDouble[] bars = new WideDouble[Steps];
        bars[0] = Bar(1);
        for (int t = 2; t < Steps; t++)
        {
            WideDouble root = FromLast(t, Bar(t).Root()) * scale;
            bars[t - 1] = root * root;
        }

        for (int t = 1; t <= Steps; t++)
        {
            WideDouble before = t == 1 ? WideDouble.One : bars[t - 2];
            if (!((before - bars[t - 1]).Head > 0))
            {
                throw new InvalidOperationException(
                    $"β_{Preconditions.Text(t)} = {Preconditions.Text(betas[t - 1])} leaves ᾱ ="
                        + $" {Preconditions.Text(alphaBars[t])} as it is even in 106 bits, so that the schedule can't be"
                        + " rescaled to zero terminal SNR; it needs greater β."
                );
            }
        }

        return new Schedule(bars);

        WideDouble Bar(int t) => new(alphaBars[t], alphaBarTails[t]);

        // √ᾱ_t − √ᾱ_T from the difference of ᾱ: of roots that are nearly equal the last digits are lost.
        WideDouble FromLast(int t, WideDouble root) => (Bar(t) - Bar(Steps)) / (root + last);
    }

    /// <summary>
    /// The schedule of the kept times alone (Nichol and Dhariwal 2021, section 4): its level i is this one's at the
    /// i-th time of the grid, to the last bit, and its β_i is that of the kernel between two of them.
    /// </summary>
    /// <param name="grid">The times to keep; at most this schedule's.</param>
    /// <exception cref="ArgumentNullException"><paramref name="grid"/> is null.</exception>
    /// <exception cref="ArgumentException">The grid starts beyond the schedule.</exception>
    public Schedule Respaced(TimeGrid grid)
    {
        if (Preconditions.NotNull(grid).Start > Steps)
        {
            throw new ArgumentException(
                $"The grid starts at time {Preconditions.Text(grid.Start)}, but the schedule has only"
                    + $" {Preconditions.Text(Steps)} steps; it must start at one of them.",
                nameof(grid)
            );
        }

        return new Schedule(this, grid);
    }

    /// <summary>
    /// β_t of ᾱ_t = e^(−B_t) with B_t = first·t + second·t² (the VP-SDE's): β_t is one minus e to a linear function of t,
    /// and so β_{t+1} = β_t·κ + (1 − κ) with κ = e^(−2·second).
    /// </summary>
    internal static Schedule? Exponential(WideDouble first, WideDouble second, int steps)
    {
        WideDouble rise = -WideFunctions.ExpMinusOne(-(second + second));
        WideDouble kept = WideDouble.One - rise;
        WideDouble beta = -WideFunctions.ExpMinusOne(-(first + second));
        double[] betas = new double[steps];
        double[] tails = new double[steps];
        for (int t = 1; t <= steps; t++)
        {
            Put(beta, t, 1, betas, tails);
            beta = (beta * kept) + rise;
        }

        return FirstRefused(betas) < 0 ? new Schedule(betas, tails) : null;
    }

    /// <summary>
    /// β_t of ᾱ_t = cos²a/(cos²a + shift·sin²a) with a = π/2·t/T: shift·sin(a_t − a_{t−1})·sin(a_t + a_{t−1}), over
    /// cos²a_{t−1}·(cos²a_t + shift·sin²a_t).
    /// </summary>
    internal static Schedule? ShiftedCosine(WideDouble shift, int steps)
    {
        RotationStep step = new(WideFunctions.Pi / (2.0 * steps));
        Rotation rotation = Rotation.Start;
        WideDouble factor = shift * step.SquaredSine;
        double[] betas = new double[steps];
        double[] tails = new double[steps];
        for (int t = 1; t < steps; t++)
        {
            Rotation next = step.After(rotation);
            WideDouble size = (next.Cosine * next.Cosine) + (factor * (next.Sine * next.Sine));
            WideDouble beta = factor * next.SineOfSum(rotation) / (rotation.Cosine * rotation.Cosine * size);
            Put(beta, t, 1, betas, tails);
            rotation = next;
        }

        // Pure noise, where a cosine of about 1e-32 would stand for 0.
        betas[^1] = 1;
        return FirstRefused(betas) < 0 ? new Schedule(betas, tails) : null;
    }

    private static (double Start, double End) Ends(double betaStart, double betaEnd, int steps)
    {
        Preconditions.Open(betaStart, 0, 1);
        Preconditions.OpenClosed(betaEnd, 0, 1);
        Preconditions.AtLeast(steps, 1);
        return (betaStart, betaEnd);
    }

    // What a formula gives, at most the cap, at time t.
    private static void Put(WideDouble beta, int t, double maxBeta, double[] betas, double[] tails)
    {
        bool capped = beta.Head >= maxBeta;
        betas[t - 1] = capped ? maxBeta : beta.Head;
        tails[t - 1] = capped ? 0 : beta.Tail;
    }

    // Arguments within their ranges don't lead here, but for extremes that no double can tell apart.
    private static Schedule Formula(double[] betas, double[] tails)
    {
        int refused = FirstRefused(betas);
        return refused < 0
            ? new Schedule(betas, tails)
            : throw new ArgumentOutOfRangeException(
                "steps",
                betas.Length,
                $"steps is {Preconditions.Text(betas.Length)}, but with these parameters β_{Preconditions.Text(refused + 1)}"
                    + $" is {Preconditions.Text(betas[refused])} as a double, outside (0, 1); take other ones."
            );
    }

    private static Schedule Given(double[] betas, double betaStart, double betaEnd)
    {
        int refused = FirstRefused(betas);
        return refused < 0
            ? new Schedule(betas, [])
            : throw new ArgumentOutOfRangeException(
                nameof(betaEnd),
                betaEnd,
                $"betaEnd = {Preconditions.Text(betaEnd)} and betaStart = {Preconditions.Text(betaStart)} round"
                    + $" β_{Preconditions.Text(refused + 1)} to {Preconditions.Text(betas[refused])}, but only the last may"
                    + " be 1, and none 0; take ends that are further from 1, or further from 0."
            );
    }

    // The index of the first β outside (0, 1), or (0, 1] for the last; −1 if all are inside.
    private static int FirstRefused(ReadOnlySpan<double> betas)
    {
        for (int i = 0; i < betas.Length - 1; i++)
        {
            if (!(betas[i] > 0 && betas[i] < 1))
            {
                return i;
            }
        }

        return betas[^1] > 0 && betas[^1] <= 1 ? -1 : betas.Length - 1;
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
}
