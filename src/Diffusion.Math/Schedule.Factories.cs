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

    /// <summary>
    /// β_t = betaStart + (betaEnd − betaStart)·sigmoid(x) with x evenly spaced from −6 to 6 (Xu et al. 2022, GeoDiff):
    /// the "sigmoid" β schedule of the field. Not to be confused with <see cref="Sigmoid"/>, whose ᾱ is a sigmoid.
    /// </summary>
    /// <param name="betaStart">Lower end of β in (0, 1).</param>
    /// <param name="betaEnd">Upper end of β in (0, 1].</param>
    /// <param name="steps">T ≥ 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">An argument is outside its range or NaN.</exception>
    public static Schedule SigmoidBeta(double betaStart, double betaEnd, int steps)
    {
        (betaStart, betaEnd) = Ends(betaStart, betaEnd, steps);
        double[] betas = Spaced(-SigmoidReach, SigmoidReach, steps);
        for (int i = 0; i < betas.Length; i++)
        {
            betas[i] = double.Lerp(betaStart, betaEnd, 1 / (1 + double.Exp(-betas[i])));
        }

        return new Schedule(betas);
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
        // Differences of sigmoids as S(a) − S(b) = sinh((a−b)/2)/(2·cosh(a/2)·cosh(b/2)), so that nothing cancels.
        double step = (end - start) / tau / (2 * (double)steps);
        double numerator = double.Sinh(step) * double.Cosh(end / tau / 2);
        double[] betas = new double[steps];
        for (int t = 1; t <= steps; t++)
        {
            int left = steps - t;
            double x = (end / tau / 2) - (left * step);
            double beta = left == 0 ? 1 : numerator / (double.Cosh(x) * double.Sinh((left + 1) * step));
            betas[t - 1] = double.Min(beta, maxBeta);
        }

        return FromBetas(betas);
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
    /// <exception cref="InvalidOperationException">T = 1: the only ᾱ can't be both kept and 0.</exception>
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
        WideDouble scale = first / (first - last);
        WideDouble[] bars = new WideDouble[Steps];
        for (int t = 1; t < Steps; t++)
        {
            WideDouble root = (Bar(t).Root() - last) * scale;
            bars[t - 1] = root * root;
        }

        return new Schedule(bars);

        WideDouble Bar(int t) => new(alphaBars[t], alphaBarTails[t]);
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
}
