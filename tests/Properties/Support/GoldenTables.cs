using Diffusion.Math;

namespace Diffusion.Properties.Support;

/// <summary>Recorded samplers that the core doesn't make, as tables written by hand.</summary>
internal static class GoldenTables
{
    /// <summary>
    /// DDIM's step from a level to itself: nothing, but that a rule changes x̂₀ while the noise is kept.
    /// </summary>
    public static SamplingStep InPlace(Evaluation at, bool keepNoise)
    {
        double alpha = at.Level.Alpha;
        return keepNoise
            ? new SamplingStep(at.Level, at.Level, at, [1], [alpha], 0, [-alpha])
            : new SamplingStep(at.Level, at.Level, at, [1], [], 0);
    }

    /// <summary>
    /// Single steps whose inner levels are the grid's own: orders 1, 2, …, k in turn, each step taken from where the
    /// last of order 1 started.
    /// </summary>
    public static SamplingPlan Singlestep(GoldenRun run, LevelGrid grid)
    {
        bool onX0 = run.Text("algorithm_type") switch
        {
            "dpmsolver++" => true,
            "dpmsolver" => false,
            string other => throw new NotSupportedException($"No solver for algorithm_type {other}."),
        };
        bool heun = run.Text("solver_type") == "heun";
        int[] orders = SinglestepOrders(run);
        // The end may be the last noisy level once more.
        Evaluation[] points = [.. GoldenGrids.SolverLevels(run).Points.SkipLast(1), grid.Points[^1]];
        return new SamplingPlan(
            "single steps on the grid",
            onX0 ? Prediction.X0 : Prediction.Epsilon,
            // Only x̂₀ is thresholded.
            onX0 ? run.Rule() : X0Rule.None,
            orders.Select((order, i) => Singlestep(points, i, order, onX0, heun)),
            keepsMarginals: true
        );
    }

    /// <summary>
    /// DPM2 to a lower level than wanted, then noise up to it (k-diffusion). One call in the step to clean data.
    /// </summary>
    public static SamplingPlan Dpm2Ancestral(LevelGrid grid)
    {
        List<SamplingStep> rows = [];
        for (int i = 0; i < grid.Count; i++)
        {
            (Evaluation at, NoiseLevel to) = (grid.Points[i], grid.Points[i + 1].Level);
            (double from, double next) = (at.Level.Ratio, to.Ratio);
            double up = next * double.Sqrt((from - next) * (from + next)) / from;
            double down = next * next / from;
            double alpha = to.Alpha / at.Level.Alpha;
            if (next == 0)
            {
                rows.Add(new SamplingStep(at.Level, to, at, [alpha], [-from], 0));
                continue;
            }

            // Half way in log σ/α.
            Evaluation half = LevelGrid.Explicit(grid.Curve, double.Sqrt(from * down)).Points[0];
            double scale = half.Level.Alpha / at.Level.Alpha;
            double step = half.Level.Alpha * (half.Level.Ratio - from);
            rows.Add(new SamplingStep(at.Level, half.Level, at, [scale], [step], 0));
            rows.Add(new SamplingStep(half.Level, to, half, [0, alpha], [to.Alpha * (down - from)], to.Alpha * up));
        }

        return new SamplingPlan("DPM2 ancestral", Prediction.Epsilon, X0Rule.None, rows, keepsMarginals: true);
    }

    private static SamplingStep Singlestep(Evaluation[] points, int i, int order, bool onX0, bool heun)
    {
        (Evaluation at, NoiseLevel to) = (points[i], points[i + 1].Level);
        NoiseLevel origin = points[i - order + 1].Level;
        double h = HalfLogSnr(to) - HalfLogSnr(origin);
        double z = onX0 ? -h : h;
        double gain = onX0 ? -to.Alpha : -to.Sigma;
        // The first weighs a constant, the others its first and second derivative.
        double first = onX0
            ? to.Alpha - (to.Sigma / origin.Sigma * origin.Alpha)
            : to.Sigma - (to.Alpha / origin.Alpha * origin.Sigma);
        double state = onX0 ? to.Sigma / origin.Sigma : to.Alpha / origin.Alpha;
        double second = gain * (double.Exp(z) - 1 - z) / z;
        double third = gain * (((double.Exp(z) - 1 - z) / (h * h)) - 0.5);
        double r0 = (HalfLogSnr(at.Level) - HalfLogSnr(origin)) / h;
        double[] outputs;
        if (order == 1)
        {
            outputs = [first];
        }
        else if (order == 2)
        {
            double difference = (heun ? second : first / 2) / r0;
            outputs = [difference, first - difference];
        }
        else if (!heun)
        {
            outputs = [second / r0, 0, first - (second / r0)];
        }
        else
        {
            double r1 = (HalfLogSnr(points[i - 1].Level) - HalfLogSnr(origin)) / h;
            double newest = ((2 * third) - (second * r1)) / (r0 - r1) / r0;
            double middle = ((second * r0) - (2 * third)) / (r0 - r1) / r1;
            outputs = [newest, middle, first - newest - middle];
        }

        return new SamplingStep(at.Level, to, at, [.. Enumerable.Repeat(0.0, order - 1), state], outputs, 0);
    }

    // As many calls as steps; a step to clean data has order 1.
    private static int[] SinglestepOrders(GoldenRun run)
    {
        int order = run.Whole("solver_order");
        int count = run.Steps;
        int[] orders = [.. Enumerable.Range(0, count).Select(i => 1 + (i % order))];
        bool lower = run.Flag("lower_order_final") || count % order != 0 || run.Text("final_sigmas_type") == "zero";
        if (!lower)
        {
            return orders;
        }

        orders[^1] = order == 3 && count % 3 == 2 && run.Text("final_sigmas_type") != "zero" ? 2 : 1;
        if (order == 3 && count % 3 == 0)
        {
            orders[^2] = 2;
        }

        return orders;
    }

    private static double HalfLogSnr(NoiseLevel level) => level.LogSnr / 2;
}
