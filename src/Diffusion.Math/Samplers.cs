namespace Diffusion.Math;

/// <summary>
/// The samplers: pure functions from a grid of noise levels to a <see cref="SamplingPlan"/>. Each is written in the
/// levels of its steps, so that variance preserving, variance exploding and flow levels are the same code.
/// </summary>
public static partial class Samplers
{
    /// <summary>
    /// DDPM's ancestral sampling (Ho et al. 2020, algorithm 2), for any grid: x_s is drawn from q(x_s | x_t, x̂₀) with
    /// the chosen variance, and without noise in the step to clean data.
    /// </summary>
    /// <param name="schedule">The schedule that the network was trained on.</param>
    /// <param name="grid">The times to visit; at most those of the schedule.</param>
    /// <param name="variance">
    /// Variance of the steps; <see cref="ReverseVariance.FixedSmall"/> by default, the only one with which the plan
    /// claims marginal consistency.
    /// </param>
    /// <param name="x0Rule">What to do to x̂₀; nothing by default.</param>
    /// <exception cref="ArgumentNullException">The schedule or the grid is null.</exception>
    /// <exception cref="ArgumentException">The grid starts beyond the schedule.</exception>
    public static SamplingPlan Ddpm(
        Schedule schedule,
        TimeGrid grid,
        ReverseVariance? variance = null,
        X0Rule? x0Rule = null
    ) => Ddpm(LevelGrid.Of(schedule, grid), variance, x0Rule);

    /// <summary>
    /// DDPM's ancestral sampling (Ho et al. 2020, algorithm 2) for levels of any family: x_s is drawn from
    /// q(x_s | x_t, x̂₀) with the chosen variance, and without noise in the step to clean data.
    /// </summary>
    /// <param name="grid">The levels to visit.</param>
    /// <param name="variance">
    /// Variance of the steps; <see cref="ReverseVariance.FixedSmall"/> by default, the only one with which the plan
    /// claims marginal consistency. With a learned one the network answers variances behind its prediction (Nichol and
    /// Dhariwal 2021, section 3.1). <see cref="ReverseVariance.FixedLarge"/> is made for levels that preserve variance.
    /// </param>
    /// <param name="x0Rule">What to do to x̂₀; nothing by default.</param>
    /// <exception cref="ArgumentNullException">The grid is null.</exception>
    public static SamplingPlan Ddpm(LevelGrid grid, ReverseVariance? variance = null, X0Rule? x0Rule = null)
    {
        variance ??= ReverseVariance.FixedSmall;
        return new SamplingPlan(
            $"DDPM({variance})",
            Prediction.X0,
            x0Rule ?? X0Rule.None,
            Rows(grid, (from, to) => Ancestral(from, to, variance)),
            keepsMarginals: variance == ReverseVariance.FixedSmall
        );
    }

    /// <summary>
    /// A single ancestral step from t to s, as a plan of one row: a draw from q(x_s | x_t, x̂₀) with the chosen
    /// variance (Ho et al. 2020, algorithm 2, lines 3 and 4), without noise where s = 0.
    /// </summary>
    /// <param name="schedule">The schedule that the network was trained on.</param>
    /// <param name="t">The time to leave, in 1 … T.</param>
    /// <param name="s">The time to reach, in 0 … t − 1.</param>
    /// <param name="variance">Variance of the step; <see cref="ReverseVariance.FixedSmall"/> by default.</param>
    /// <param name="x0Rule">What to do to x̂₀; nothing by default.</param>
    /// <exception cref="ArgumentNullException">The schedule is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A time is outside its range.</exception>
    public static SamplingPlan DdpmStep(
        Schedule schedule,
        int t,
        int s,
        ReverseVariance? variance = null,
        X0Rule? x0Rule = null
    )
    {
        Posterior posterior = Preconditions.NotNull(schedule).Posterior(t, s);
        variance ??= ReverseVariance.FixedSmall;
        return new SamplingPlan(
            $"DDPM({variance}), {Preconditions.Text(t)} to {Preconditions.Text(s)}",
            Prediction.X0,
            x0Rule ?? X0Rule.None,
            [Ancestral(new Evaluation(posterior.From, t), posterior.To, variance)],
            keepsMarginals: variance == ReverseVariance.FixedSmall
        );
    }

    /// <summary>
    /// DDIM (Song et al. 2021, DDIM paper, eq. 12), for any grid: deterministic at η = 0, equal to DDPM's ancestral sampling with
    /// the fixed small variance at η = 1.
    /// </summary>
    /// <param name="schedule">The schedule that the network was trained on.</param>
    /// <param name="grid">The times to visit; at most those of the schedule.</param>
    /// <param name="eta">η in [0, 1]: the share of the posterior's standard deviation that is drawn afresh.</param>
    /// <param name="x0Rule">What to do to x̂₀; nothing by default.</param>
    /// <exception cref="ArgumentNullException">The schedule or the grid is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">η is outside [0, 1] or NaN.</exception>
    /// <exception cref="ArgumentException">The grid starts beyond the schedule.</exception>
    public static SamplingPlan Ddim(Schedule schedule, TimeGrid grid, double eta = 0, X0Rule? x0Rule = null) =>
        Ddim(LevelGrid.Of(schedule, grid), eta, x0Rule);

    /// <summary>
    /// DDIM (Song et al. 2021, DDIM paper, eq. 12) for levels of any family: deterministic at η = 0, equal to DDPM's ancestral
    /// sampling with the fixed small variance at η = 1.
    /// </summary>
    /// <param name="grid">The levels to visit.</param>
    /// <param name="eta">η in [0, 1]: the share of the posterior's standard deviation that is drawn afresh.</param>
    /// <param name="x0Rule">What to do to x̂₀; nothing by default.</param>
    /// <param name="keepNoise">
    /// Whether ε̂ is left as the network says where the rule changes x̂₀ (what diffusers does by default). Otherwise,
    /// and by default here, it is computed from the changed x̂₀, so that α·x̂₀ + σ·ε̂ is still the state.
    /// </param>
    /// <exception cref="ArgumentNullException">The grid is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">η is outside [0, 1] or NaN.</exception>
    public static SamplingPlan Ddim(LevelGrid grid, double eta = 0, X0Rule? x0Rule = null, bool keepNoise = false)
    {
        Preconditions.Closed(eta, 0, 1);
        bool kept = keepNoise && x0Rule is not null && x0Rule != X0Rule.None;
        return new SamplingPlan(
            $"DDIM(η = {Preconditions.Text(eta)}{(kept ? ", noise kept" : "")})",
            Prediction.X0,
            x0Rule ?? X0Rule.None,
            Rows(grid, (from, to) => Implicit(from, to, eta, kept)),
            keepsMarginals: true
        );
    }

    private static IEnumerable<SamplingStep> Rows(LevelGrid grid, Func<Evaluation, NoiseLevel, SamplingStep> row) =>
        Preconditions.NotNull(grid).Points.Zip(grid.Points.Skip(1), (from, to) => row(from, to.Level));

    private static SamplingStep Ancestral(Evaluation from, NoiseLevel to, ReverseVariance variance)
    {
        Posterior posterior = Posterior.Between(from.Level, to);
        double[] states = [posterior.XtCoefficient];
        double[] outputs = [posterior.X0Coefficient];
        if (variance.IsLearned && to.Sigma > 0)
        {
            return new SamplingStep(from.Level, to, from, states, outputs, 1, learned: variance);
        }

        double noise = to.Sigma == 0 ? 0 : double.Sqrt(variance.Of(from.Level, to));
        return new SamplingStep(from.Level, to, from, states, outputs, noise);
    }

    private static SamplingStep Implicit(Evaluation from, NoiseLevel to, double eta, bool keepNoise)
    {
        // The shares of σ_t² that the forward kernel added and carried over, together 1. What isn't drawn afresh,
        // 1 − η²·added, is written without the difference.
        LinearGaussian kernel = Transition.Undone(from.Level, to);
        double added = kernel.Variance / from.Level.Variance;
        double carried = kernel.Scale * to.Sigma / from.Level.Sigma;
        double noise = eta * to.Sigma * double.Sqrt(added);
        double kept = double.Sqrt(((1 - eta) * (1 + eta) * added) + (carried * carried));
        double state = to.Sigma * kept / from.Level.Sigma;
        double share = state * from.Level.Alpha;
        return keepNoise
            ? new SamplingStep(from.Level, to, from, [state], [to.Alpha], noise, [-share])
            : new SamplingStep(from.Level, to, from, [state], [to.Alpha - share], noise);
    }
}
