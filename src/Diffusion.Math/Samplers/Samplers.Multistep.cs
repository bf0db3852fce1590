using System.Collections.Immutable;

namespace Diffusion.Math;

public static partial class Samplers
{
    // Adams and Bashforth's weights for even steps, the newest output first.
    private static readonly ImmutableArray<ImmutableArray<double>> EvenSteps =
    [
        [1],
        [3 / 2.0, -1 / 2.0],
        [23 / 12.0, -16 / 12.0, 5 / 12.0],
        [55 / 24.0, -59 / 24.0, 37 / 24.0, -9 / 24.0],
    ];

    /// <summary>
    /// Adams–Bashforth's methods for dx̃/dσ̃ = ε̂ with x̃ = x/α and σ̃ = σ/α, with weights for the grid's own uneven steps.
    /// Also known as LMS (k-diffusion). One network call a step; order 1 is Euler.
    /// </summary>
    /// <param name="grid">The levels to visit.</param>
    /// <param name="order">
    /// In 1..4; the first steps have as low an order as there are outputs, and so have steps that are more than some
    /// hundred thousand times as long as the ones before.
    /// </param>
    /// <param name="x0Rule">What to do to x̂₀; nothing by default.</param>
    /// <exception cref="ArgumentNullException"><paramref name="grid"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The order is outside its range.</exception>
    /// <exception cref="ArgumentException">The grid starts at pure noise.</exception>
    public static SamplingPlan AdamsBashforth(LevelGrid grid, int order = 4, X0Rule? x0Rule = null)
    {
        RefusePureNoise(Preconditions.NotNull(grid));
        Preconditions.Between(order, 1, 4);
        return new SamplingPlan(
            $"Adams–Bashforth({Preconditions.Text(order)})",
            Prediction.Epsilon,
            x0Rule ?? X0Rule.None,
            Enumerable.Range(0, grid.Count).Select(i => AdamsRow(grid, i, int.Min(order, i + 1))),
            keepsMarginals: true
        );
    }

    /// <summary>
    /// PLMS (Liu, Ren, Lin and Zhao 2022, PNDM, eq. 12): DDIM's step with ε̂ extrapolated by Adams–Bashforth's fourth-order weights
    /// for even steps. The first step is taken twice, averaging the outputs at its two ends: N + 1 network calls for N
    /// steps.
    /// </summary>
    /// <param name="grid">The levels to visit, at least 2 steps; the weights suppose them even in time.</param>
    /// <param name="x0Rule">What to do to x̂₀; nothing by default.</param>
    /// <param name="onV">
    /// Whether v̂ is extrapolated in place of ε̂ (what diffusers does for networks that predict v); it must be for a grid
    /// that starts at pure noise.
    /// </param>
    /// <exception cref="ArgumentNullException"><paramref name="grid"/> is null.</exception>
    /// <exception cref="ArgumentException">The grid starts at pure noise, or is too short.</exception>
    public static SamplingPlan Plms(LevelGrid grid, X0Rule? x0Rule = null, bool onV = false)
    {
        RefuseShort(grid, 2, onV);
        (Evaluation first, Evaluation second) = (grid.Points[0], grid.Points[1]);
        List<SamplingStep> rows =
        [
            Transfer(grid, 0, [1], onV),
            Transfer(first, second.Level, second, [0.5, 0.5], 1, onV),
        ];
        for (int i = 1; i < grid.Count; i++)
        {
            // The outputs at the points i, i−1, …; the one at point 1 was made twice, and the first is skipped.
            List<double> weights = [.. EvenSteps[int.Min(i, 3)]];
            if (weights.Count > i)
            {
                weights.Insert(i, 0);
            }

            rows.Add(Transfer(grid, i, weights, onV));
        }

        return Linear("PLMS", rows, x0Rule, onV);
    }

    /// <summary>
    /// PNDM (Liu, Ren, Lin and Zhao 2022, algorithm 2): three steps of the pseudo Runge–Kutta method, four network calls each, then
    /// as <see cref="Plms"/>. N + 9 network calls for N steps.
    /// </summary>
    /// <param name="grid">
    /// The levels to visit, even in time; at least 4 steps. Those half way are from its curve.
    /// </param>
    /// <param name="x0Rule">What to do to x̂₀; nothing by default.</param>
    /// <param name="onV">Whether v̂ is averaged in place of ε̂, as for <see cref="Plms"/>.</param>
    /// <exception cref="ArgumentNullException"><paramref name="grid"/> is null.</exception>
    /// <exception cref="ArgumentException">The grid starts at pure noise, or has less than 4 steps.</exception>
    public static SamplingPlan Pndm(LevelGrid grid, X0Rule? x0Rule = null, bool onV = false)
    {
        RefuseShort(grid, 4, onV);
        List<SamplingStep> rows = [];
        for (int i = 0; i < 3; i++)
        {
            (Evaluation from, Evaluation to) = (grid.Points[i], grid.Points[i + 1]);
            Evaluation half = grid.Curve.AtTime(grid.Curve.Halfway(from.Time, to.Time));
            rows.Add(Transfer(from, half.Level, from, [1], 0, onV));
            rows.Add(Transfer(from, half.Level, half, [1], 1, onV));
            rows.Add(Transfer(from, to.Level, half, [1], 2, onV));
            rows.Add(Transfer(from, to.Level, to, [1 / 6.0, 1 / 3.0, 1 / 3.0, 1 / 6.0], 3, onV));
        }

        for (int i = 3; i < grid.Count; i++)
        {
            // Of each Runge–Kutta step only the first output is an ε̂ at a point of the grid.
            double[] weights = new double[
                int.Min(i, 6) switch
                {
                    3 => 13,
                    4 => 10,
                    5 => 7,
                    _ => 4,
                }
            ];
            for (int k = 0; k < 4; k++)
            {
                int runge = int.Max(0, k - (i - 3));
                weights[k + (3 * runge)] = EvenSteps[3][k];
            }

            rows.Add(Transfer(grid, i, weights, onV));
        }

        return Linear("PNDM", rows, x0Rule, onV);
    }

    private static SamplingStep AdamsRow(LevelGrid grid, int i, int order)
    {
        (Evaluation at, NoiseLevel to) = (grid.Points[i], grid.Points[i + 1].Level);
        double start = at.Level.Ratio;
        double step = to.Ratio - start;
        double[] points =
        [
            0,
            .. Enumerable
                .Range(1, order - 1)
                .Select(k => (grid.Points[i - k].Level.Ratio - start) / step)
                .TakeWhile(double.IsFinite),
        ];
        double state = to.Alpha / at.Level.Alpha;
        double gain = to.Sigma - (state * at.Level.Sigma);
        double[] weights = Bounded(
            points,
            1,
            1,
            nodes => InterpolationWeights.Of(nodes, [.. nodes.Select((_, k) => 1.0 / (k + 1))])
        );
        return new SamplingStep(at.Level, to, at, [state], weights.Select(weight => gain * weight), 0);
    }

    private static SamplingPlan Linear(string name, List<SamplingStep> rows, X0Rule? x0Rule, bool onV) =>
        new(
            onV ? $"{name}(v)" : name,
            onV ? Prediction.V : Prediction.Epsilon,
            x0Rule ?? X0Rule.None,
            rows,
            // A v̂ of one level is no constant at another.
            keepsMarginals: !onV
        );

    private static SamplingStep Transfer(LevelGrid grid, int i, IEnumerable<double> weights, bool onV) =>
        Transfer(grid.Points[i], grid.Points[i + 1].Level, grid.Points[i], weights, 0, onV);

    // DDIM's step from the state of so many steps ago, with ε̂ or v̂ a mean of outputs.
    private static SamplingStep Transfer(
        Evaluation origin,
        NoiseLevel to,
        Evaluation at,
        IEnumerable<double> weights,
        int age,
        bool onV
    )
    {
        double state;
        double gain;
        if (onV)
        {
            // x̂₀ and ε̂ out of x and v, then mixed anew.
            PredictionMap toX0 = Prediction.V.To(Prediction.X0, origin.Level);
            PredictionMap toNoise = Prediction.V.To(Prediction.Epsilon, origin.Level);
            state = to.Mix(toX0.XtCoefficient, toNoise.XtCoefficient);
            gain = to.Mix(toX0.ModelCoefficient, toNoise.ModelCoefficient);
        }
        else
        {
            state = to.Alpha / origin.Level.Alpha;
            gain = to.Sigma - (state * origin.Level.Sigma);
        }

        return new SamplingStep(
            at.Level,
            to,
            at,
            [.. Enumerable.Repeat(0.0, age), state],
            weights.Select(weight => gain * weight),
            0
        );
    }

    private static void RefuseShort(LevelGrid grid, int steps, bool onV)
    {
        Preconditions.NotNull(grid);
        if (!onV)
        {
            RefusePureNoise(grid);
        }

        if (grid.Count < steps)
        {
            throw new ArgumentException(
                $"The sampler needs a grid of at least {Preconditions.Text(steps)} steps to start up, but it has"
                    + $" {Preconditions.Text(grid.Count)}.",
                nameof(grid)
            );
        }
    }
}
