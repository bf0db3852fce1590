namespace Diffusion.Math;

public static partial class Samplers
{
    private static readonly double MostChurn = double.Sqrt(2) - 1;

    /// <summary>
    /// Euler's method for dx̃/dσ̃ = ε̂ with x̃ = x/α and σ̃ = σ/α (Karras et al. 2022, algorithm 1 without its
    /// correction). That is DDIM with η = 0, in every family of levels; for a rectified flow also Euler's method in t.
    /// One network call a step.
    /// </summary>
    /// <param name="grid">The levels to visit.</param>
    /// <param name="x0Rule">What to do to x̂₀; nothing by default.</param>
    /// <exception cref="ArgumentNullException"><paramref name="grid"/> is null.</exception>
    public static SamplingPlan Euler(LevelGrid grid, X0Rule? x0Rule = null) => Renamed("Euler", Ddim(grid, 0, x0Rule));

    /// <summary>
    /// Euler's method to a lower level than wanted, then noise up to it (k-diffusion's "Euler a"). With η = 1 that is
    /// DDPM's ancestral sampling with the fixed small variance, in every family of levels.
    /// </summary>
    /// <param name="grid">The levels to visit.</param>
    /// <param name="eta">η in [0, 1], as for <see cref="Ddim(LevelGrid, double, X0Rule?, bool)"/>.</param>
    /// <param name="x0Rule">What to do to x̂₀; nothing by default.</param>
    /// <exception cref="ArgumentNullException"><paramref name="grid"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">η is outside [0, 1] or NaN.</exception>
    public static SamplingPlan EulerAncestral(LevelGrid grid, double eta = 1, X0Rule? x0Rule = null) =>
        Renamed($"Euler ancestral(η = {Preconditions.Text(eta)})", Ddim(grid, eta, x0Rule));

    /// <summary>
    /// Heun's method for dx̃/dσ̃ = ε̂ with x̃ = x/α and σ̃ = σ/α (Karras et al. 2022, algorithm 1). Two network calls a
    /// step, one in a step to clean data, which is Euler's.
    /// </summary>
    /// <param name="grid">The levels to visit.</param>
    /// <param name="x0Rule">What to do to x̂₀; nothing by default.</param>
    /// <exception cref="ArgumentNullException"><paramref name="grid"/> is null.</exception>
    /// <exception cref="ArgumentException">The grid starts at pure noise.</exception>
    public static SamplingPlan Heun(LevelGrid grid, X0Rule? x0Rule = null) =>
        Renamed("Heun", EdmStochastic(grid, 0, x0Rule: x0Rule));

    /// <summary>
    /// EDM's stochastic sampler (Karras et al. 2022, algorithm 2): before each step noise is added up to the level
    /// σ̃·(1 + γ), γ = min(S_churn/N, √2 − 1), then Heun's step is taken from there. With S_churn = 0 that is
    /// <see cref="Heun"/>.
    /// </summary>
    /// <param name="grid">The levels to visit; those that churn reaches are taken from its curve.</param>
    /// <param name="churn">S_churn, finite and ≥ 0.</param>
    /// <param name="smallest">S_min ≥ 0: no noise below this σ/α. 0 by default.</param>
    /// <param name="largest">S_max ≥ S_min: no noise above this σ/α. +∞ by default.</param>
    /// <param name="noise">
    /// S_noise &gt; 0, the deviation of the noise; the plan keeps the marginals at 1, the default.
    /// </param>
    /// <param name="x0Rule">What to do to x̂₀; nothing by default.</param>
    /// <exception cref="ArgumentNullException"><paramref name="grid"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// A number is outside its range or NaN, or churn leads beyond the end of a continuous schedule.
    /// </exception>
    /// <exception cref="ArgumentException">The grid starts at pure noise.</exception>
    public static SamplingPlan EdmStochastic(
        LevelGrid grid,
        double churn,
        double smallest = 0,
        double largest = double.PositiveInfinity,
        double noise = 1,
        X0Rule? x0Rule = null
    )
    {
        RefusePureNoise(Preconditions.NotNull(grid));
        Preconditions.NonNegative(churn);
        Preconditions.NonNegative(smallest);
        Preconditions.Closed(largest, smallest, double.PositiveInfinity);
        Preconditions.Positive(noise);
        double gamma = double.Min(churn / grid.Count, MostChurn);
        List<SamplingStep> rows = [];
        for (int i = 0; i < grid.Count; i++)
        {
            Evaluation from = grid.Points[i];
            double ratio = from.Level.Ratio;
            if (gamma > 0 && ratio >= smallest && ratio <= largest)
            {
                Evaluation raised = Raised(grid.Curve, ratio, gamma, churn);
                double added = ratio * double.Sqrt(gamma * (2 + gamma));
                double alpha = raised.Level.Alpha;
                double state = alpha / from.Level.Alpha;
                rows.Add(new SamplingStep(from.Level, raised.Level, null, [state], [], alpha * added * noise));
                from = raised;
            }

            rows.AddRange(HeunRows(from, grid.Points[i + 1]));
        }

        return new SamplingPlan(
            $"EDM(S_churn = {Preconditions.Text(churn)})",
            Prediction.Epsilon,
            x0Rule ?? X0Rule.None,
            rows,
            keepsMarginals: noise == 1
        );
    }

    /// <summary>
    /// Heun's method in t for a rectified flow, dx/dt = u with u = ε − x₀ (Liu, Gong and Liu 2022). Two network calls a step,
    /// one in a step to clean data, which is Euler's. <see cref="Euler"/> is its first-order companion.
    /// </summary>
    /// <param name="grid">Levels of a rectified flow: α + σ = 1.</param>
    /// <param name="x0Rule">What to do to x̂₀; nothing by default.</param>
    /// <exception cref="ArgumentNullException"><paramref name="grid"/> is null.</exception>
    /// <exception cref="ArgumentException">A level is not one of a rectified flow.</exception>
    public static SamplingPlan FlowHeun(LevelGrid grid, X0Rule? x0Rule = null)
    {
        Preconditions.NotNull(grid);
        foreach (Evaluation at in grid.Points)
        {
            if (!(double.Abs(at.Level.Alpha + at.Level.Sigma - 1) <= 1e-12))
            {
                throw new ArgumentException(
                    $"A rectified flow has α + σ = 1, but the grid holds {at.Level}; make it on"
                        + " NoiseCurve.RectifiedFlow, or use Heun.",
                    nameof(grid)
                );
            }
        }

        List<SamplingStep> rows = [];
        for (int i = 0; i < grid.Count; i++)
        {
            (Evaluation from, Evaluation to) = (grid.Points[i], grid.Points[i + 1]);
            double step = to.Level.Sigma - from.Level.Sigma;
            rows.Add(new SamplingStep(from.Level, to.Level, from, [1], [step], 0));
            if (to.Level.Sigma > 0)
            {
                rows.Add(new SamplingStep(to.Level, to.Level, to, [0, 1], [step / 2, step / 2], 0));
            }
        }

        return new SamplingPlan(
            "flow Heun",
            Prediction.FlowVelocity,
            x0Rule ?? X0Rule.None,
            rows,
            keepsMarginals: true
        );
    }

    private static Evaluation Raised(NoiseCurve curve, double ratio, double gamma, double churn)
    {
        try
        {
            return curve.EvaluationAt(curve.Reached(ratio * (1 + gamma), nameof(churn)));
        }
        catch (ArgumentOutOfRangeException beyond)
        {
            throw new ArgumentOutOfRangeException(
                nameof(churn),
                churn,
                $"churn = {Preconditions.Text(churn)} raises the level with σ/α = {Preconditions.Text(ratio)} to"
                    + $" {Preconditions.Text(ratio * (1 + gamma))}, which {curve} does not reach ({beyond.Message}); take"
                    + " less churn, a grid that starts lower, or a smaller largest."
            );
        }
    }

    private static IEnumerable<SamplingStep> HeunRows(Evaluation from, Evaluation to)
    {
        double state = to.Level.Alpha / from.Level.Alpha;
        double step = to.Level.Sigma - (state * from.Level.Sigma);
        yield return new SamplingStep(from.Level, to.Level, from, [state], [step], 0);
        if (to.Level.Sigma > 0)
        {
            yield return new SamplingStep(to.Level, to.Level, to, [0, state], [step / 2, step / 2], 0);
        }
    }

    private static SamplingPlan Renamed(string name, SamplingPlan plan) =>
        new(name, plan.Quantity, plan.X0Rule, plan.Steps, plan.KeepsMarginals);
}
