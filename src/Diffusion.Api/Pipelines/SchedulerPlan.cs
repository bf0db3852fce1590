using Diffusion.Math;

namespace Diffusion.Api;

/// <summary>What a scheduler config means: its schedule, its grid of noise levels, its plan.</summary>
/// <remarks>Follows diffusers 0.27.2 class by class; tests compare the plans with recorded runs of it.</remarks>
internal static class SchedulerPlan
{
    // diffusers' own floor of ᾱ_T for samplers that divide by α.
    private static readonly double LeastAlphaBar = double.ScaleB(1, -24);

    // How much greater each ᾱ of those at the floor is than the next.
    private const double NextAbove = 1e-6;

    // With fewer steps DPM-Solver ends at lower orders.
    private const int FewSteps = 15;

    internal static Schedule Schedule(SchedulerConfig c)
    {
        var schedule = FromBetas(c);
        if (!c.RescaleToZeroSnr || !SchedulerKeys.Of(c.Class).Contains("rescale_betas_zero_snr"))
            return schedule;
        schedule = schedule.WithZeroTerminalSnr();
        if (c.Class is SchedulerClass.Ddpm or SchedulerClass.Ddim)
            return schedule;
        // diffusers sets ᾱ_T alone, which can leave it above its neighbour; here those below go with it.
        var bars = Enumerable.Range(1, schedule.Steps).Select(schedule.AlphaBar).ToArray();
        var least = LeastAlphaBar;
        for (var i = bars.Length - 1; i >= 0 && bars[i] < least; i--)
        {
            bars[i] = least;
            least *= 1 + NextAbove;
        }
        return Math.Schedule.FromAlphaBars(bars);
    }

    /// <summary>Refuses a config that no plan could be made of.</summary>
    internal static void Check(SchedulerConfig c)
    {
        var schedule = Schedule(c);
        _ = c.X0Rule;
        ArgumentOutOfRangeException.ThrowIfNegative(c.StepsOffset, "steps_offset");
        var most = c.Algorithm is DpmSolverKind.SdePlusPlus or DpmSolverKind.SdeEpsilon ? 2 : 3;
        if (c.SolverOrder < 1 || c.SolverOrder > most)
            throw new InvalidDataException(
                $"solver_order must be in 1 … {most}, got {c.SolverOrder}"
                    + (most == 2 ? ": the sde solvers have no third order." : ".")
            );
        if (c.SigmaMin is { } least && !(least > 0) || c.SigmaMax is { } top && !(top > (c.SigmaMin ?? 0)))
            throw new InvalidDataException(
                $"sigma_min and sigma_max must be 0 < sigma_min < sigma_max, got {c.SigmaMin} and {c.SigmaMax}."
            );
        if (c.DisableCorrector.FirstOrDefault(step => step < 0) is < 0 and var step)
            throw new InvalidDataException($"disable_corrector must hold numbers of steps from 0, got {step}.");
        if (c.LambdaMinClipped > double.NegativeInfinity && Kept(c, schedule) == 0)
            throw new InvalidDataException(
                $"lambda_min_clipped: no time's half log-SNR reaches {c.LambdaMinClipped}; the greatest is"
                    + $" {schedule.LogSnr(1) / 2:G6}."
            );
    }

    internal static SamplingPlan Of(
        SchedulerConfig c,
        Schedule schedule,
        int steps,
        double eta,
        bool useClippedModelOutput
    )
    {
        if (steps < 1 || steps > schedule.Steps)
            throw new ArgumentOutOfRangeException(
                nameof(steps),
                steps,
                $"steps must be in 1 … {schedule.Steps}, the times of the schedule, not {steps}."
            );
        return c.Class switch
        {
            SchedulerClass.Ddpm => Samplers.Ddpm(Whole(c, schedule, steps), c.Variance, c.X0Rule),
            SchedulerClass.Ddim => Ddim(c, schedule, steps, eta, keepNoise: !useClippedModelOutput),
            SchedulerClass.DpmSolverMultistep => DpmSolver(c, schedule, steps),
            SchedulerClass.UniPcMultistep => UniPc(c, schedule, steps),
            SchedulerClass.EulerDiscrete => Scaled(c, Euler(c, schedule, steps)),
            SchedulerClass.EulerAncestralDiscrete => Scaled(c, Samplers.EulerAncestral(ScaledGrid(c, schedule, steps))),
            SchedulerClass.HeunDiscrete => Scaled(c, Samplers.Heun(ScaledGrid(c, schedule, steps), c.X0Rule)),
            SchedulerClass.LmsDiscrete => Scaled(c, Samplers.AdamsBashforth(ScaledGrid(c, schedule, steps))),
            SchedulerClass.Pndm when c.SkipPrkSteps => Samplers.Plms(
                Ending(c, schedule, Whole(c, schedule, steps)),
                onV: c.Prediction == Prediction.V
            ),
            SchedulerClass.Pndm => Samplers.Pndm(
                Ending(c, schedule, Whole(c, schedule, steps)),
                onV: c.Prediction == Prediction.V
            ),
            _ => throw new InvalidOperationException($"{c.Class} is not a scheduler class."),
        };
    }

    /// <summary>The config's own spacing for any sampler: its times, Karras' levels or even log-SNR, to clean data.</summary>
    internal static LevelGrid Grid(SchedulerConfig c, Schedule schedule, int steps)
    {
        var keys = SchedulerKeys.Of(c.Class);
        if (c.UseKarrasSigmas && keys.Contains("use_karras_sigmas"))
            return SamplerCatalogue.Grid("karras", schedule, steps);
        return c.UseLuLambdas && keys.Contains("use_lu_lambdas")
            ? SamplerCatalogue.Grid("logsnr", schedule, steps)
            : Whole(c, schedule, steps);
    }

    private static Schedule FromBetas(SchedulerConfig c)
    {
        if (c.TrainingSteps is < 1 or > SchedulerConfig.MostTrainingSteps)
            throw new InvalidDataException(
                $"num_train_timesteps must be in 1 … {SchedulerConfig.MostTrainingSteps}, got {c.TrainingSteps}."
            );
        if (c.TrainedBetas is { } betas)
            return betas.Length == c.TrainingSteps
                ? Math.Schedule.FromBetas(betas)
                : throw new InvalidDataException(
                    $"trained_betas holds {betas.Length} numbers; it must hold num_train_timesteps, {c.TrainingSteps}."
                );
        return c.BetaSchedule switch
        {
            BetaSchedule.Linear => Math.Schedule.Linear(c.BetaStart, c.BetaEnd, c.TrainingSteps),
            BetaSchedule.ScaledLinear => Math.Schedule.ScaledLinear(c.BetaStart, c.BetaEnd, c.TrainingSteps),
            BetaSchedule.SquaredCosCapV2 => Math.Schedule.Cosine(c.TrainingSteps),
            BetaSchedule.Sigmoid => Math.Schedule.SigmoidBeta(c.BetaStart, c.BetaEnd, c.TrainingSteps),
            BetaSchedule.Exponential => Exponential(c.TrainingSteps),
            _ => throw new InvalidOperationException($"{c.BetaSchedule} is not a beta schedule."),
        };
    }

    private static Schedule Exponential(int steps)
    {
        var beta = double.Min(1 - double.Exp(-12.0 / steps), 0.999);
        return Math.Schedule.Linear(beta, beta, steps);
    }

    // Where the first level is visited and is the end too, the last step goes nowhere; but it replaces x̂₀ by what the rule
    // makes of it while the noise is kept.
    private static SamplingPlan Ddim(SchedulerConfig c, Schedule schedule, int steps, double eta, bool keepNoise)
    {
        var grid = Whole(c, schedule, steps);
        var plan = Samplers.Ddim(Ending(c, schedule, grid), eta, c.X0Rule, keepNoise);
        var last = grid.Points[^2];
        if (c.SetAlphaToOne || !keepNoise || c.X0Rule == X0Rule.None || !IsFirst(last.Level, schedule))
            return plan;
        var alpha = last.Level.Alpha;
        var inPlace = new SamplingStep(last.Level, last.Level, last, [1], [alpha], 0, [-alpha]);
        return plan.WithSteps([.. plan.Steps, inPlace]);
    }

    // Levels even in log σ are one more than the times, and the last of them is the end; the network is told the times of
    // the spacing all the same.
    private static SamplingPlan Euler(SchedulerConfig c, Schedule schedule, int steps)
    {
        if (!c.InterpolateLogLinearly || c.UseKarrasSigmas)
            return Samplers.Euler(ScaledGrid(c, schedule, steps));
        var (low, high) = (schedule[1].Ratio, schedule[schedule.Steps].Ratio);
        var levels = LevelGrid.UniformLogSnr(NoiseCurve.Of(schedule), steps + 1, low, high);
        var plan = Samplers.Euler(levels.EndingAt(levels.Points[^2].Level));
        return plan.WithTimes(SpacedGrid(c, schedule, steps).Points.SkipLast(1).Select(point => point.Time));
    }

    private static SamplingPlan DpmSolver(SchedulerConfig c, Schedule schedule, int steps) =>
        EndingAtFirst(
            DpmGrid(c, schedule, steps),
            schedule,
            clean: !c.EndAtSigmaMin,
            grid =>
                Samplers.DpmSolverMultistep(
                    grid,
                    c.SolverOrder,
                    c.Algorithm,
                    c.DpmForm,
                    c.LowerOrderFinal && steps < FewSteps ? MultistepEnding.Descending
                        : c.EulerAtFinal ? MultistepEnding.FirstOrderLast
                        : MultistepEnding.FullOrder,
                    c.X0Rule
                )
        );

    private static SamplingPlan UniPc(SchedulerConfig c, Schedule schedule, int steps) =>
        EndingAtFirst(
            DpmGrid(c, schedule, steps),
            schedule,
            clean: !c.EndAtSigmaMin,
            grid =>
                Samplers.UniPc(
                    grid,
                    c.SolverOrder,
                    c.UniPcVariant,
                    kind: c.PredictX0 ? DpmSolverKind.PlusPlus : DpmSolverKind.Epsilon,
                    ending: c.LowerOrderFinal ? MultistepEnding.Descending : MultistepEnding.FullOrder,
                    x0Rule: c.X0Rule,
                    uncorrected: c.DisableCorrector
                )
        );

    // A plan that ends at clean data, or at the schedule's first level. Where that is visited there is a last step from
    // it to itself, which changes nothing but counts for the orders of those before and, in UniPC, corrects the state.
    private static SamplingPlan EndingAtFirst(
        LevelGrid grid,
        Schedule schedule,
        bool clean,
        Func<LevelGrid, SamplingPlan> sampler
    )
    {
        if (clean)
            return sampler(grid);
        if (!IsFirst(grid.Points[^2].Level, schedule))
            return sampler(grid.EndingAt(schedule[1]));
        if (grid.Count == 1)
            throw new ArgumentException("steps: this scheduler ends where its only step starts; it needs at least 2.");
        var plan = sampler(grid);
        return plan.WithSteps(plan.Steps[..^1]);
    }

    // DDIM and PNDM end at clean data, or at the schedule's first level, without a step from that to itself.
    private static LevelGrid Ending(SchedulerConfig c, Schedule schedule, LevelGrid grid) =>
        c.SetAlphaToOne ? grid : grid.EndingAt(schedule[1]);

    private static bool IsFirst(NoiseLevel level, Schedule schedule) =>
        double.Abs(level.LogSnr - schedule.LogSnr(1)) < 1e-9;

    // DPM-Solver and UniPC space N + 1 times and leave the least noisy one out, except for trailing ones.
    private static LevelGrid DpmGrid(SchedulerConfig c, Schedule schedule, int steps)
    {
        if (c.UseKarrasSigmas)
            return SamplerCatalogue.Grid("karras", schedule, steps).WithWholeTimes();
        if (c.UseLuLambdas && c.Class == SchedulerClass.DpmSolverMultistep)
            return SamplerCatalogue.Grid("logsnr", schedule, steps).WithWholeTimes();
        var kept = c.Class == SchedulerClass.DpmSolverMultistep ? Kept(c, schedule) : schedule.Steps;
        var times = c.TimestepSpacing switch
        {
            TimestepSpacing.Leading => TimeGrid
                .Leading(kept, Spaced(kept, steps))
                .Times.Take(steps)
                .Select(time => time + c.StepsOffset),
            TimestepSpacing.Linspace => TimeGrid.Linspace(kept, Spaced(kept, steps)).Times.Take(steps),
            TimestepSpacing.Trailing => TrailingFrom(kept, schedule.Steps / (double)steps),
            _ => throw new InvalidOperationException($"{c.TimestepSpacing} is not a spacing."),
        };
        return LevelGrid.Of(schedule, TimeGrid.Explicit([.. times, 0]));
    }

    private static int Spaced(int kept, int steps) =>
        steps < kept
            ? steps + 1
            : throw new ArgumentOutOfRangeException(
                nameof(steps),
                steps,
                $"steps must be less than {kept}, the times that this scheduler spaces, not {steps}."
            );

    private static IEnumerable<int> TrailingFrom(int start, double stride)
    {
        for (var i = 0; ; i++)
        {
            var time = (int)double.Round(start - (i * stride), MidpointRounding.ToEven);
            if (time < 1)
                yield break;
            yield return time;
        }
    }

    // How many times, from the first on, have a half log-SNR that isn't too small.
    private static int Kept(SchedulerConfig c, Schedule schedule) =>
        double.IsNegativeInfinity(c.LambdaMinClipped)
            ? schedule.Steps
            : Enumerable.Range(1, schedule.Steps).Count(t => schedule.LogSnr(t) / 2 >= c.LambdaMinClipped);

    private static LevelGrid Whole(SchedulerConfig c, Schedule schedule, int steps) =>
        LevelGrid.Of(
            schedule,
            c.TimestepSpacing switch
            {
                TimestepSpacing.Leading => TimeGrid.Leading(schedule.Steps, steps, c.StepsOffset),
                TimestepSpacing.Linspace => TimeGrid.Linspace(schedule.Steps, steps),
                TimestepSpacing.Trailing => TimeGrid.Trailing(schedule, steps),
                _ => throw new InvalidOperationException($"{c.TimestepSpacing} is not a spacing."),
            }
        );

    // The samplers in σ/α visit times between the whole ones where linspace asks for them.
    private static LevelGrid SpacedGrid(SchedulerConfig c, Schedule schedule, int steps) =>
        c.TimestepSpacing == TimestepSpacing.Linspace
            ? LevelGrid.AtTimes(
                NoiseCurve.Of(schedule),
                Enumerable
                    .Range(0, steps)
                    .Select(i => schedule.Steps - ((schedule.Steps - 1) * (double)i / int.Max(steps - 1, 1)))
            )
            : Whole(c, schedule, steps);

    private static LevelGrid ScaledGrid(SchedulerConfig c, Schedule schedule, int steps)
    {
        var grid = SpacedGrid(c, schedule, steps);
        if (!c.UseKarrasSigmas || c.Class == SchedulerClass.EulerAncestralDiscrete)
            return grid;
        if (c.Class != SchedulerClass.EulerDiscrete)
            return LevelGrid.Karras(NoiseCurve.Of(schedule), steps, grid.Points[^2].Level.Ratio, grid.Start.Ratio);
        var (low, high) = c.InterpolateLogLinearly
            ? (schedule[1], schedule[schedule.Steps])
            : (grid.Points[^2].Level, grid.Start);
        return LevelGrid.Karras(NoiseCurve.Of(schedule), steps, c.SigmaMin ?? low.Ratio, c.SigmaMax ?? high.Ratio);
    }

    // diffusers starts these at σ/α times the noise, without the data that x_T still shows, unless they lead.
    private static SamplingPlan Scaled(SchedulerConfig c, SamplingPlan plan) =>
        c.TimestepSpacing == TimestepSpacing.Leading ? plan : plan.StartingWith(plan.Start.Sigma);
}
