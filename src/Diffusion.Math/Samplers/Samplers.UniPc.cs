namespace Diffusion.Math;

public static partial class Samplers
{
    /// <summary>
    /// UniPC (Zhao et al. 2023, algorithms 1 and 2): each step predicts as an exponential Adams–Bashforth method, and
    /// the next call of the network also corrects the state that it was shown. One network call a step; the last state
    /// is not corrected. UniP-1 is DDIM, UniP-2 with B₂ is DPM-Solver++ 2M.
    /// </summary>
    /// <param name="grid">The levels to visit.</param>
    /// <param name="order">
    /// p in 1..3; the corrected run is of order p + 1. The first steps have as low an order as there are outputs, and so
    /// have steps that are more than some hundred thousand times as long as the ones before.
    /// </param>
    /// <param name="variant">B(h); <see cref="UniPcVariant.Bh2"/> by default.</param>
    /// <param name="corrector">Whether states are corrected; without, it is UniP of order p.</param>
    /// <param name="kind">
    /// <see cref="DpmSolverKind.PlusPlus"/> (the default) or <see cref="DpmSolverKind.Epsilon"/>.
    /// </param>
    /// <param name="ending">How it ends; at full order by default.</param>
    /// <param name="x0Rule">What to do to x̂₀; nothing by default.</param>
    /// <param name="uncorrected">
    /// Steps, counted from 0, whose end is not corrected: with strong guidance the first few are better left alone.
    /// None by default; numbers of steps that there aren't have no effect.
    /// </param>
    /// <exception cref="ArgumentNullException"><paramref name="grid"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The order is outside its range, the kind is stochastic, or a choice is not a named one.
    /// </exception>
    /// <exception cref="ArgumentException">The grid starts at pure noise, and the kind works on ε̂.</exception>
    public static SamplingPlan UniPc(
        LevelGrid grid,
        int order = 2,
        UniPcVariant variant = UniPcVariant.Bh2,
        bool corrector = true,
        DpmSolverKind kind = DpmSolverKind.PlusPlus,
        MultistepEnding ending = MultistepEnding.FullOrder,
        X0Rule? x0Rule = null,
        IEnumerable<int>? uncorrected = null
    )
    {
        Preconditions.NotNull(grid);
        Preconditions.Between(order, 1, 3);
        Preconditions.Defined(variant);
        Preconditions.Defined(ending);
        if (kind is not (DpmSolverKind.PlusPlus or DpmSolverKind.Epsilon))
        {
            throw new ArgumentOutOfRangeException(
                nameof(kind),
                kind,
                $"kind must be PlusPlus or Epsilon, but is {kind}: UniPC has no noise."
            );
        }

        if (kind == DpmSolverKind.Epsilon)
        {
            RefusePureNoise(grid);
        }

        int[] left = [.. uncorrected ?? []];
        List<SamplingStep> rows = [];
        for (int i = 0; i < grid.Count; i++)
        {
            SamplingStep predictor = Predictor(grid, i, OrderAt(grid, i, order, ending), variant, kind);
            if (corrector && i > 0 && !left.Contains(i - 1))
            {
                rows.Add(Corrector(grid, i - 1, OrderAt(grid, i - 1, order, ending), variant, kind));
                predictor = new SamplingStep(
                    predictor.From,
                    predictor.To,
                    null,
                    predictor.States,
                    predictor.Outputs,
                    predictor.Noise
                );
            }

            rows.Add(predictor);
        }

        return new SamplingPlan(
            $"{(corrector ? "UniPC" : "UniP")}({Preconditions.Text(order)}, {variant})",
            kind == DpmSolverKind.PlusPlus ? Prediction.X0 : Prediction.Epsilon,
            x0Rule ?? X0Rule.None,
            rows,
            keepsMarginals: true
        );
    }

    private static SamplingStep Predictor(LevelGrid grid, int i, int order, UniPcVariant variant, DpmSolverKind kind)
    {
        (Evaluation at, NoiseLevel to) = (grid.Points[i], grid.Points[i + 1].Level);
        ExponentialStep step = ExponentialStep.Between(kind, at.Level, to);
        double[] outputs = Bounded(
            step.IsInfinite ? [0] : Nodes(grid, i, order),
            1,
            step.First,
            nodes =>
                nodes.Length switch
                {
                    1 => [step.First],
                    2 => Halved(step, nodes[1], variant),
                    _ => step.Weights(nodes),
                }
        );
        return new SamplingStep(at.Level, to, at, [step.State], outputs, 0);
    }

    // Takes step i again, now that the network has been called at its end.
    private static SamplingStep Corrector(LevelGrid grid, int i, int order, UniPcVariant variant, DpmSolverKind kind)
    {
        (NoiseLevel from, Evaluation end) = (grid.Points[i].Level, grid.Points[i + 1]);
        ExponentialStep step = ExponentialStep.Between(kind, from, end.Level);
        if (step.IsInfinite)
        {
            // From pure noise nothing can be interpolated: the state stays as predicted.
            return new SamplingStep(end.Level, end.Level, end, [1], [], 0);
        }

        double[] outputs = Bounded(
            [1, .. Nodes(grid, i, order)],
            2,
            step.First,
            nodes => nodes.Length == 2 ? [.. Halved(step, 1, variant).Reverse()] : step.Weights(nodes)
        );
        return new SamplingStep(end.Level, end.Level, end, [0, step.State], outputs, 0);
    }

    // First·f₀ + ½·B·(f₁ − f₀)/u₁, B for the whole step.
    private static double[] Halved(ExponentialStep step, double node, UniPcVariant variant)
    {
        double half = (variant == UniPcVariant.Bh1 ? step.Gain : step.First) / 2 / node;
        return [step.First - half, half];
    }
}
