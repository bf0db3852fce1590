using Diffusion.Math;

namespace Diffusion.Properties.Support;

/// <summary>The levels that the configuration of a recorded run visits.</summary>
internal static class GoldenGrids
{
    /// <summary>The grid of a run's class.</summary>
    public static LevelGrid Of(GoldenRun run) =>
        run.Class switch
        {
            "DPMSolverMultistepScheduler" or "DPMSolverSinglestepScheduler" => Solver(
                run,
                run.Text("final_sigmas_type") == "zero"
            ),
            "UniPCMultistepScheduler" => Solver(run, cleanEnd: false),
            "DDPMScheduler" or "DDIMScheduler" or "PNDMScheduler" => Whole(run),
            _ when run.IsScaled => Scaled(run),
            string other => throw new NotSupportedException($"No sampler for {other}."),
        };

    /// <summary>The configured times, whole ones from 1.</summary>
    public static TimeGrid Times(GoldenRun run)
    {
        if (run.Json["custom_timesteps"] is { } custom)
        {
            return TimeGrid.Explicit([.. GoldenRun.Numbers(custom).Select(t => (int)t + 1), 0]);
        }

        int count = run.Schedule.Steps;
        return run.Text("timestep_spacing") switch
        {
            "leading" => TimeGrid.Leading(count, run.Steps, run.Whole("steps_offset")),
            "linspace" => TimeGrid.Explicit([.. Linspace(count, run.Steps), 0]),
            "trailing" => Trailing(run, count),
            string other => throw new NotSupportedException($"No grid for timestep_spacing {other}."),
        };
    }

    /// <summary>A solver's levels, to clean data or to the schedule's first.</summary>
    public static LevelGrid Solver(GoldenRun run, bool cleanEnd)
    {
        LevelGrid grid = SolverLevels(run);
        return cleanEnd ? grid : EndingAtFirst(grid, run.Schedule[1]);
    }

    /// <summary>Whether the last noisy level is the schedule's first, so that a step to that is none.</summary>
    public static bool VisitsFirst(LevelGrid grid, Schedule schedule) =>
        double.Abs((grid.Points[^2].Level.Ratio / schedule[1].Ratio) - 1) < 1e-12;

    /// <summary>The levels before the end of a solver's grid.</summary>
    public static LevelGrid SolverLevels(GoldenRun run)
    {
        Schedule schedule = run.Schedule;
        (double smallest, double largest) = (schedule[1].Ratio, schedule[schedule.Steps].Ratio);
        if (run.Flag("use_karras_sigmas"))
        {
            return LevelGrid.Karras(run.Curve, run.Steps, smallest, largest).WithWholeTimes();
        }

        if (run.Flag("use_lu_lambdas"))
        {
            return LevelGrid.UniformLogSnr(run.Curve, run.Steps, smallest, largest).WithWholeTimes();
        }

        // Times whose half log-SNR is too small are left out.
        double bound = run.Real("lambda_min_clipped") ?? double.NegativeInfinity;
        int kept = Enumerable.Range(1, schedule.Steps).Count(t => schedule.LogSnr(t) / 2 >= bound);
        // The others space N + 1 times and drop the least noisy one.
        IEnumerable<int> times = run.Text("timestep_spacing", "linspace") switch
        {
            "leading" => TimeGrid
                .Leading(kept, run.Steps + 1)
                .Times[..run.Steps]
                .Select(t => t + run.Whole("steps_offset")),
            "linspace" => Linspace(kept, run.Steps + 1).SkipLast(1),
            "trailing" => Trailing(run, kept).Times[..^1],
            string other => throw new NotSupportedException($"No grid for timestep_spacing {other}."),
        };
        return LevelGrid.Of(schedule, TimeGrid.Explicit([.. times, 0]));
    }

    private static LevelGrid Whole(GoldenRun run)
    {
        LevelGrid grid = LevelGrid.Of(run.Schedule, Times(run));
        return run.Class == "DDPMScheduler" || run.Flag("set_alpha_to_one")
            ? grid
            : EndingAtFirst(grid, run.Schedule[1]);
    }

    // These visit times between the whole ones where linspace asks for them.
    private static LevelGrid Scaled(GoldenRun run)
    {
        int count = run.Schedule.Steps;
        LevelGrid grid =
            run.Text("timestep_spacing") == "linspace"
                ? LevelGrid.AtTimes(
                    run.Curve,
                    Enumerable
                        .Range(0, run.Steps)
                        .Select(i => count - ((count - 1) * (double)i / int.Max(run.Steps - 1, 1)))
                )
                : LevelGrid.Of(run.Schedule, Times(run));
        bool whole = run.Text("interpolation_type") == "log_linear";
        double smallest = (whole ? run.Schedule[1] : grid.Points[^2].Level).Ratio;
        double largest = (whole ? run.Schedule[count] : grid.Start).Ratio;
        if (run.Flag("use_karras_sigmas"))
        {
            LevelGrid karras = LevelGrid.Karras(
                run.Curve,
                run.Steps,
                run.Real("sigma_min") ?? smallest,
                run.Real("sigma_max") ?? largest
            );
            return run.Class.StartsWith("KDPM2", StringComparison.Ordinal) ? karras.WithWholeTimes() : karras;
        }

        if (!whole)
        {
            return grid;
        }

        // One level more than times, and that one is the end.
        LevelGrid even = LevelGrid.UniformLogSnr(run.Curve, run.Steps + 1, smallest, largest);
        return even.EndingAt(even.Points[^2].Level);
    }

    // Both spacings as the recorder multiplies and rounds them: where a half comes out a little more or less, that is not
    // the time of TimeGrid.
    private static IEnumerable<int> Linspace(int count, int steps)
    {
        double stride = steps == 1 ? 0 : (count - 1) / (double)(steps - 1);
        return Enumerable
            .Range(0, steps)
            .Select(i => i == 0 ? count : 1 + (int)double.Round((steps - 1 - i) * stride, MidpointRounding.ToEven));
    }

    // In strides of T/N down from the last time that is kept; one before the first time is none.
    private static TimeGrid Trailing(GoldenRun run, int kept)
    {
        double stride = run.Schedule.Steps / (double)run.Steps;
        double delta = kept - stride - kept;
        int count = (int)double.Ceiling(kept / stride);
        return TimeGrid.Explicit(
            [
                .. Enumerable
                    .Range(0, count)
                    .Select(i => (int)double.Round(kept + (i * delta), MidpointRounding.ToEven))
                    .Where(t => t > 0),
                0,
            ]
        );
    }

    private static LevelGrid EndingAtFirst(LevelGrid grid, NoiseLevel first) =>
        grid.EndingAt(
            double.Abs((grid.Points[^2].Level.Ratio / first.Ratio) - 1) < 1e-12 ? grid.Points[^2].Level : first
        );
}
