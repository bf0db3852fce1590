using Diffusion.Math;

namespace Diffusion.Properties.Support;

/// <summary>
/// The recorder's own steps where they are not the method's (docs/differences.md): with them the recorded numbers come
/// out, so that what is said to be wrong is all that is wrong.
/// </summary>
internal static class GoldenRecorder
{
    /// <summary>The recorded last state; empty for classes whose steps are not wrong themselves.</summary>
    public static double[] Repeat(GoldenRun run) =>
        run.Class switch
        {
            "DDPMScheduler" => Single(run, Ddpm),
            "DDIMScheduler" => Single(run, Ddim),
            "PNDMScheduler" => Pndm(run),
            "EulerDiscreteScheduler" when run.Argument("s_churn") is > 0 => Churned(run),
            _ when run.Times is [< 0.5] => FromTheFirstTime(run),
            _ => [],
        };

    /// <summary>
    /// Where a step from a time, from 1, leads: a fixed stride down, or to the next one of a list of the user's.
    /// </summary>
    public static int Next(GoldenRun run, int t) =>
        run.Json["custom_timesteps"] is null
            ? int.Max(0, t - Stride(run))
            : run.Times.Select(time => (int)time + 1).Where(time => time < t).DefaultIfEmpty(0).Max();

    /// <summary>T div N.</summary>
    public static int Stride(GoldenRun run) => run.Schedule.Steps / run.Steps;

    /// <summary>
    /// The noise that the step to clean data gets where it starts later than at the first time: a variance of 0 is raised
    /// to 1e-20.
    /// </summary>
    public static double[] LastNoise(GoldenRun run, double[] state)
    {
        int call = run.Times.Length - 1;
        int t = TimeAt(run, call);
        double[] noise = run.NoisePool[call % run.NoisePool.Length];
        double beta = ReverseVariance.FixedLarge.Of(run.Schedule[t], NoiseLevel.Clean);
        const double Least = 1e-20;
        double[] variances =
            run.Variance() == ReverseVariance.Learned ? Answered(v => v)
            : run.Variance() == ReverseVariance.LearnedRange
                ? Answered(v => double.Exp(double.Lerp(double.Log(Least), double.Log(beta), (v + 1) / 2)))
            : [.. noise.Select(_ => run.Variance() == ReverseVariance.FixedLarge ? beta : Least)];
        return [.. noise.Zip(variances, (z, v) => double.Sqrt(v) * z)];

        double[] Answered(Func<double, double> variance) =>
            [.. run.Network(state, run.Times[call]).Skip(state.Length).Select(variance)];
    }

    // Python counts a time of −1 from the end.
    private static int TimeAt(GoldenRun run, int call) =>
        run.Times[call] < 0 ? run.Schedule.Steps : (int)run.Times[call] + 1;

    private static double[] Single(GoldenRun run, Func<GoldenRun, int, double[], double[]> step)
    {
        double[] state = [.. run.Start.Select(value => value * run.InitialDeviation)];
        for (int call = 0; call < run.Times.Length; call++)
        {
            state = step(run, call, state);
        }

        return state;
    }

    private static double[] Ddpm(GoldenRun run, int call, double[] state)
    {
        int t = TimeAt(run, call);
        int s = run.Times[call] < 0 ? 0 : Next(run, t);
        if (run.Variance() == ReverseVariance.Learned && s > 0)
        {
            return Learned(run, call, state, t, s);
        }

        SamplingPlan plan = Samplers.DdpmStep(run.Schedule, t, s, run.Variance(), run.Rule());
        double[] next = Step(run, plan, state, call);
        return s == 0 && run.Times[call] > 0 ? [.. next.Zip(LastNoise(run, state), (x, z) => x + z)] : next;
    }

    // The variance that the network answers, however small it is.
    private static double[] Learned(GoldenRun run, int call, double[] state, int t, int s)
    {
        SamplingPlan plan = Samplers.DdpmStep(run.Schedule, t, s, ReverseVariance.FixedSmall, run.Rule());
        double own = double.Sqrt(ReverseVariance.FixedSmall.Of(run.Schedule[t], run.Schedule[s]));
        double[] noise = run.NoisePool[call % run.NoisePool.Length];
        double[] variances = run.Network(state, run.Times[call])[state.Length..];
        return [.. Step(run, plan, state, call).Select((x, i) => x + ((double.Sqrt(variances[i]) - own) * noise[i]))];
    }

    private static double[] Ddim(GoldenRun run, int call, double[] state)
    {
        int t = TimeAt(run, call);
        int s = run.Times[call] < 0 ? 0 : Next(run, t);
        X0Rule rule = run.Rule();
        bool keepNoise = !run.ArgumentFlag("use_clipped_model_output");
        NoiseLevel end = s == 0 ? End(run) : run.Schedule[s];
        Evaluation at = new(run.Schedule[t], t);
        if (at.Level == end)
        {
            SamplingStep none = GoldenTables.InPlace(at, keepNoise && rule != X0Rule.None);
            SamplingPlan last = new("in place", Prediction.X0, rule, [none], keepsMarginals: true);
            return Step(run, last, state, call);
        }

        LevelGrid grid = LevelGrid.Of(run.Schedule, TimeGrid.Explicit(t, 0)).EndingAt(end);
        return Step(run, Samplers.Ddim(grid, run.Argument("eta") ?? 0, rule, keepNoise), state, call);
    }

    private static double[] Step(GoldenRun run, SamplingPlan plan, double[] state, int call)
    {
        double[][] noise = GoldenRun.Samples(run.NoisePool[call % run.NoisePool.Length]);
        return
        [
            .. GoldenRun
                .Samples(state)
                .SelectMany(
                    (part, i) =>
                        plan.Run(part, run.Prediction, (x, _) => run.Answer(plan, x, run.Times[call]), _ => noise[i])
                ),
        ];
    }

    // Linear multi-step weights on the answers at the listed times, in steps between other times.
    private static double[] Pndm(GoldenRun run)
    {
        int starting = run.Flag("skip_prk_steps") ? 0 : 12;
        double[] state = run.Start;
        double[] origin = state;
        double[] sum = new double[state.Length];
        List<double[]> answers = [];
        for (int call = 0; call < run.Times.Length; call++)
        {
            int t = TimeAt(run, call);
            double[] answer = run.Network(state, run.Times[call]);
            int to = t - Stride(run);
            int from = t;
            double[] used;
            if (call < starting)
            {
                to = t - (call % 2 == 0 ? Stride(run) / 2 : 0);
                from = TimeAt(run, call / 4 * 4);
                double share = call % 4 is 0 or 3 ? 1 / 6.0 : 1 / 3.0;
                sum = [.. sum.Zip(answer, (s, a) => s + (share * a))];
                used = answer;
                if (call % 4 == 0)
                {
                    answers.Add(answer);
                    origin = state;
                }
                else if (call % 4 == 3)
                {
                    used = sum;
                    sum = new double[sum.Length];
                }
            }
            else if (starting == 0 && call == 1)
            {
                (from, to) = (t + Stride(run), t);
                used = [.. answer.Zip(answers[0], (a, b) => (a + b) / 2)];
            }
            else
            {
                origin = state;
                answers.Add(answer);
                double[] weights = answers.Count switch
                {
                    1 => [1],
                    2 => [1.5, -0.5],
                    3 => [23 / 12.0, -16 / 12.0, 5 / 12.0],
                    _ => [55 / 24.0, -59 / 24.0, 37 / 24.0, -9 / 24.0],
                };
                used = [.. answer.Select((_, i) => weights.Select((w, k) => w * answers[^(k + 1)][i]).Sum())];
            }

            state = Transfer(run, origin, used, from, to);
        }

        return state;
    }

    private static double[] Transfer(GoldenRun run, double[] state, double[] answer, int from, int to)
    {
        NoiseLevel level = run.Schedule[int.Min(from, run.Schedule.Steps)];
        NoiseLevel end = to <= 0 ? End(run) : run.Schedule[to];
        PredictionMap noise = run.Prediction.To(Prediction.Epsilon, level);
        double scale = end.Alpha / level.Alpha;
        double gain = end.Sigma - (scale * level.Sigma);
        return [.. state.Zip(answer, (x, a) => (scale * x) + (gain * noise.Apply(x, a)))];
    }

    private static NoiseLevel End(GoldenRun run) => run.Flag("set_alpha_to_one") ? NoiseLevel.Clean : run.Schedule[1];

    // Noise is added to the state, but the network is not asked again.
    private static double[] Churned(GoldenRun run)
    {
        SamplingPlan plan = GoldenPlans.Of(run);
        double[] state = [.. run.Start.Select(value => value * run.InitialDeviation)];
        int levels = GoldenRun.Numbers(run.Json["sigmas"]).Length;
        double gamma = double.Min(run.Argument("s_churn")!.Value / (levels - 1), double.Sqrt(2) - 1);
        for (int i = 0; i < plan.Steps.Length; i++)
        {
            Evaluation at = plan.Steps[i].Evaluate!.Value;
            double ratio = at.Level.Ratio;
            bool churns =
                ratio >= (run.Argument("s_tmin") ?? 0) && ratio <= (run.Argument("s_tmax") ?? double.PositiveInfinity);
            double raised = ratio * (1 + (churns ? gamma : 0));
            double added = double.Sqrt((raised * raised) - (ratio * ratio)) * (run.Argument("s_noise") ?? 1);
            double[] answer = run.Network([.. state.Select(x => x * at.Level.Alpha)], at.Time - 1);
            double[] noise = run.NoisePool[i % run.NoisePool.Length];
            double step = plan.Steps[i].To.Ratio - raised;
            state =
            [
                .. state.Select(
                    (x, k) =>
                    {
                        double noisy = x + (added * noise[k]);
                        double x0 =
                            run.Prediction == Prediction.X0 ? answer[k]
                            : run.Prediction == Prediction.Epsilon ? noisy - (raised * answer[k])
                            : (noisy * at.Level.AlphaBar) - (answer[k] * at.Level.Sigma);
                        return noisy + ((noisy - x0) / raised * step);
                    }
                ),
            ];
        }

        return state;
    }

    // One step of "linspace": from the first time, not the last.
    private static double[] FromTheFirstTime(GoldenRun run)
    {
        LevelGrid grid = LevelGrid.AtTimes(run.Curve, 1);
        return run.Run(Samplers.Euler(grid, run.Rule()))[0];
    }
}
