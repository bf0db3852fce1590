using System.Collections.Immutable;

namespace Diffusion.Math;

public static partial class Samplers
{
    /// <summary>
    /// The single-step DPM solvers: DPM-Solver-1, -2, -3 (Lu et al. 2022a, algorithms 1 and 2, with r₁ = ½ and
    /// r₁ = 1/3, r₂ = 2/3) and DPM-Solver++ 1, 2S (Lu et al. 2022b, algorithm 1), 3S (the authors' code). A step of order k calls the
    /// network k times; a step to clean data is of first order.
    /// </summary>
    /// <param name="grid">The levels to visit; those between are taken from its curve.</param>
    /// <param name="orders">
    /// The order of each step, 1, 2 or 3, as many as the grid has steps; see <see cref="SinglestepOrders"/>.
    /// </param>
    /// <param name="kind">
    /// <see cref="DpmSolverKind.PlusPlus"/> (the default) or <see cref="DpmSolverKind.Epsilon"/>.
    /// </param>
    /// <param name="x0Rule">What to do to x̂₀; nothing by default.</param>
    /// <exception cref="ArgumentNullException">The grid or the orders are null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// An order is outside its range, or the kind is stochastic.
    /// </exception>
    /// <exception cref="ArgumentException">
    /// There are not as many orders as steps, or a step from pure noise or to clean data has an order above 1.
    /// </exception>
    public static SamplingPlan DpmSolverSinglestep(
        LevelGrid grid,
        IEnumerable<int> orders,
        DpmSolverKind kind = DpmSolverKind.PlusPlus,
        X0Rule? x0Rule = null
    )
    {
        Preconditions.NotNull(grid);
        ImmutableArray<int> list = [.. Preconditions.NotNull(orders)];
        if (kind is not (DpmSolverKind.PlusPlus or DpmSolverKind.Epsilon))
        {
            throw new ArgumentOutOfRangeException(
                nameof(kind),
                kind,
                $"kind must be PlusPlus or Epsilon, but is {kind}: single-step solvers have no noise."
            );
        }

        if (list.Length != grid.Count)
        {
            throw new ArgumentException(
                $"orders must hold one number for each of the grid's {Preconditions.Text(grid.Count)} steps, but holds"
                    + $" {Preconditions.Text(list.Length)}.",
                nameof(orders)
            );
        }

        if (kind == DpmSolverKind.Epsilon)
        {
            RefusePureNoise(grid);
        }

        return new SamplingPlan(
            $"{NameOf(kind)}({Preconditions.Text(list.Max())}S)",
            kind == DpmSolverKind.PlusPlus ? Prediction.X0 : Prediction.Epsilon,
            x0Rule ?? X0Rule.None,
            list.SelectMany(
                (order, i) => Singlestep(grid, i, Preconditions.Between(order, 1, 3, nameof(orders)), kind)
            ),
            keepsMarginals: true
        );
    }

    /// <summary>
    /// Orders of single steps that together call the network exactly so many times: as many steps of the full order as
    /// fit, a lower one for what is left, and a last one of first order for the step to clean data.
    /// </summary>
    /// <param name="networkCalls">The number of calls, at least 1.</param>
    /// <param name="order">The full order, 1, 2 or 3.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    public static ImmutableArray<int> SinglestepOrders(int networkCalls, int order)
    {
        Preconditions.AtLeast(networkCalls, 1);
        Preconditions.Between(order, 1, 3);
        (int full, int rest) = int.DivRem(networkCalls - 1, order);
        return [.. Enumerable.Repeat(order, full), .. rest == 0 ? (int[])[] : [rest], 1];
    }

    /// <summary>
    /// DPM2 (Karras et al. 2022, appendix; KDPM2): the midpoint method in σ/α, the midpoint taken evenly in log σ/α.
    /// That is DPM-Solver-2. Two network calls a step, one in a step to clean data.
    /// </summary>
    /// <param name="grid">The levels to visit.</param>
    /// <param name="x0Rule">What to do to x̂₀; nothing by default.</param>
    /// <exception cref="ArgumentNullException"><paramref name="grid"/> is null.</exception>
    /// <exception cref="ArgumentException">The grid starts at pure noise.</exception>
    public static SamplingPlan Dpm2(LevelGrid grid, X0Rule? x0Rule = null)
    {
        Preconditions.NotNull(grid);
        int last = grid.End.Sigma == 0 ? 1 : 2;
        SamplingPlan plan = DpmSolverSinglestep(
            grid,
            Enumerable.Range(1, grid.Count).Select(i => i == grid.Count ? last : 2),
            DpmSolverKind.Epsilon,
            x0Rule
        );
        return new SamplingPlan("DPM2", plan.Quantity, plan.X0Rule, plan.Steps, plan.KeepsMarginals);
    }

    private static IEnumerable<SamplingStep> Singlestep(LevelGrid grid, int i, int order, DpmSolverKind kind)
    {
        (Evaluation from, NoiseLevel to) = (grid.Points[i], grid.Points[i + 1].Level);
        ExponentialStep whole = ExponentialStep.Between(kind, from.Level, to);
        if (order > 1 && whole.IsInfinite)
        {
            throw new ArgumentException(
                $"Step {Preconditions.Text(i + 1)}, from {from.Level} to {to}, has an infinite log-SNR at one end and"
                    + $" so no midpoint, but its order is {Preconditions.Text(order)}; it must be 1.",
                "orders"
            );
        }

        if (order == 1)
        {
            yield return new SamplingStep(from.Level, to, from, [whole.State], [whole.First], 0);
            yield break;
        }

        Evaluation first = Between(grid.Curve, from.Level, to, 1.0 / order);
        ExponentialStep start = ExponentialStep.Between(kind, from.Level, first.Level);
        yield return new SamplingStep(from.Level, first.Level, from, [start.State], [start.First], 0);
        if (order == 2)
        {
            // Everything at the middle: First·f₀ + First/(2r₁)·(f₁ − f₀) with r₁ = ½.
            yield return new SamplingStep(first.Level, to, first, [0, whole.State], [whole.First], 0);
            yield break;
        }

        Evaluation second = Between(grid.Curve, from.Level, to, 2.0 / 3);
        ExponentialStep middle = ExponentialStep.Between(kind, from.Level, second.Level);
        double[] weights = middle.Weights([0.5, 0]);
        yield return new SamplingStep(first.Level, second.Level, first, [0, middle.State], weights, 0);
        double slope = whole.Weight(2) * 1.5;
        double[] last = [slope, 0, whole.First - slope];
        yield return new SamplingStep(second.Level, to, second, [0, 0, whole.State], last, 0);
    }

    // The level a share of the way in log-SNR.
    private static Evaluation Between(NoiseCurve curve, NoiseLevel from, NoiseLevel to, double share)
    {
        double before = double.Log(from.Ratio);
        double after = double.Log(to.Ratio);
        double ratio = double.Exp(before + (share * (after - before)));
        return ratio < from.Ratio && ratio > to.Ratio
            ? curve.EvaluationAt(ratio)
            : throw new ArgumentException(
                $"grid has levels with σ/α = {Preconditions.Text(from.Ratio)} and {Preconditions.Text(to.Ratio)}, which leave"
                    + " no level between for a step of order 2 or 3; they must be further apart, or the step's order 1.",
                "grid"
            );
    }
}
