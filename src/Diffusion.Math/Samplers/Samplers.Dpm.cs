namespace Diffusion.Math;

public static partial class Samplers
{
    private const double MostAmplified = 1e6;

    /// <summary>
    /// The multi-step DPM solvers: DPM-Solver++ 1, 2M (Lu et al. 2022b, algorithm 2), 3M (the authors' code), their SDE forms and those of
    /// DPM-Solver. One network call a step. Order 1 is DDIM, and DDPM's ancestral sampling for the SDE on x̂₀. A step to
    /// clean data has no noise.
    /// </summary>
    /// <param name="grid">The levels to visit.</param>
    /// <param name="order">
    /// 1, 2 or 3; the stochastic kinds stop at 2. The first steps have as low an order as there are outputs, and so have
    /// steps that are more than some hundred thousand times as long as the ones before.
    /// </param>
    /// <param name="kind">Which equation is integrated; on x̂₀ without noise by default.</param>
    /// <param name="form">
    /// How differences are weighed; as published for 2M by default. Order 3 is third-order accurate with
    /// <see cref="DpmSolverForm.Exact"/> only, which is its default.
    /// </param>
    /// <param name="ending">How it ends; at full order by default.</param>
    /// <param name="x0Rule">What to do to x̂₀; nothing by default.</param>
    /// <exception cref="ArgumentNullException"><paramref name="grid"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The order is outside its range, or a choice is not a named one.
    /// </exception>
    /// <exception cref="ArgumentException">The grid starts at pure noise, which ε̂ says nothing about.</exception>
    public static SamplingPlan DpmSolverMultistep(
        LevelGrid grid,
        int order = 2,
        DpmSolverKind kind = DpmSolverKind.PlusPlus,
        DpmSolverForm? form = null,
        MultistepEnding ending = MultistepEnding.FullOrder,
        X0Rule? x0Rule = null
    )
    {
        Preconditions.NotNull(grid);
        Preconditions.Defined(kind);
        Preconditions.Defined(ending);
        bool onX0 = kind is DpmSolverKind.PlusPlus or DpmSolverKind.SdePlusPlus;
        bool sde = kind is DpmSolverKind.SdePlusPlus or DpmSolverKind.SdeEpsilon;
        Preconditions.Between(order, 1, sde ? 2 : 3);
        DpmSolverForm weighing = form ?? (order == 3 ? DpmSolverForm.Exact : DpmSolverForm.Midpoint);
        Preconditions.Defined(weighing, nameof(form));
        if (!onX0)
        {
            RefusePureNoise(grid);
        }

        return new SamplingPlan(
            $"{NameOf(kind)}({Preconditions.Text(order)}M, {weighing})",
            onX0 ? Prediction.X0 : Prediction.Epsilon,
            x0Rule ?? X0Rule.None,
            Enumerable
                .Range(0, grid.Count)
                .Select(i => Multistep(grid, i, OrderAt(grid, i, order, ending), kind, weighing)),
            // Fresh noise changes ε within a step, which this one takes for constant.
            keepsMarginals: kind != DpmSolverKind.SdeEpsilon
        );
    }

    private static SamplingStep Multistep(LevelGrid grid, int i, int order, DpmSolverKind kind, DpmSolverForm form)
    {
        (Evaluation at, NoiseLevel to) = (grid.Points[i], grid.Points[i + 1].Level);
        if (kind == DpmSolverKind.SdeEpsilon && to.Sigma == 0)
        {
            // Its noise doesn't vanish there.
            kind = DpmSolverKind.Epsilon;
        }

        ExponentialStep step = ExponentialStep.Between(kind, at.Level, to);
        double[] outputs = step.IsInfinite
            ? [step.First]
            : Bounded(Nodes(grid, i, order), 1, step.First, nodes => Differences(step, nodes, form));
        return new SamplingStep(at.Level, to, at, [step.State], outputs, step.Noise);
    }

    private static double[] Differences(ExponentialStep step, ReadOnlySpan<double> nodes, DpmSolverForm form)
    {
        bool exact = form == DpmSolverForm.Exact || (form == DpmSolverForm.Heun && nodes.Length == 2);
        if (exact || nodes.Length == 1)
        {
            return step.Weights(nodes);
        }

        if (nodes.Length == 2)
        {
            double half = step.First / 2 / nodes[1];
            return [step.First - half, half];
        }

        // Newton's form through all three nodes, whose last term keeps half of its exact weight.
        double[] outputs = step.Weights(nodes);
        double excess = step.Weight(3);
        outputs[0] -= excess / (nodes[1] * nodes[2]);
        outputs[1] -= excess / (nodes[1] * (nodes[1] - nodes[2]));
        outputs[2] -= excess / (nodes[2] * (nodes[2] - nodes[1]));
        return outputs;
    }

    // Where the newest outputs lie in log-SNR: 0 for the step's start, 1 for its end, the older ones below 0. One at
    // pure noise is infinitely far away and left out.
    private static double[] Nodes(LevelGrid grid, int i, int count)
    {
        double start = grid.Points[i].Level.LogSnr;
        double step = grid.Points[i + 1].Level.LogSnr - start;
        return
        [
            0,
            .. Enumerable
                .Range(1, count - 1)
                .Select(k => (grid.Points[i - k].Level.LogSnr - start) / step)
                .TakeWhile(double.IsFinite),
        ];
    }

    // The weights by as many nodes, the oldest left out first, as don't multiply differences of outputs by more than a
    // million: where levels are crowded, those are nothing but a network's rounding.
    private static double[] Bounded(double[] nodes, int least, double first, Func<double[], double[]> weights)
    {
        for (int count = nodes.Length; count > least; count--)
        {
            double[] all = weights(count == nodes.Length ? nodes : nodes[..count]);
            double size = 0;
            foreach (double weight in all)
            {
                size += double.Abs(weight);
            }

            if (size <= MostAmplified * double.Abs(first))
            {
                return all;
            }
        }

        return weights(nodes[..least]);
    }

    private static int OrderAt(LevelGrid grid, int i, int order, MultistepEnding ending)
    {
        int left = grid.Count - i;
        int allowed = ending switch
        {
            MultistepEnding.Descending => left,
            MultistepEnding.FirstOrderLast when left == 1 => 1,
            _ => order,
        };
        return int.Min(int.Min(order, allowed), i + 1);
    }

    private static string NameOf(DpmSolverKind kind) =>
        kind switch
        {
            DpmSolverKind.PlusPlus => "DPM-Solver++",
            DpmSolverKind.Epsilon => "DPM-Solver",
            DpmSolverKind.SdePlusPlus => "SDE-DPM-Solver++",
            _ => "SDE-DPM-Solver",
        };

    private static void RefusePureNoise(LevelGrid grid)
    {
        if (grid.Start.Alpha == 0)
        {
            throw new ArgumentException(
                $"This sampler works on the noise, which says nothing about the data at {grid.Start}; start the grid"
                    + " at a level with α > 0, or use a sampler on x̂₀ such as DDIM or DPM-Solver++.",
                nameof(grid)
            );
        }
    }
}
