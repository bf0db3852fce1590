using Diffusion.Math;

namespace Diffusion.Properties.Support;

/// <summary>The sampler that the configuration of a recorded run means.</summary>
internal static class GoldenPlans
{
    public static SamplingPlan Of(GoldenRun run)
    {
        LevelGrid grid = GoldenGrids.Of(run);
        return run.Class switch
        {
            "DDPMScheduler" => Samplers.Ddpm(grid, run.Variance(), run.Rule()),
            "DDIMScheduler" => Ddim(run, grid),
            "DPMSolverMultistepScheduler" => Stopping(run, grid, levels => Multistep(run, levels)),
            "DPMSolverSinglestepScheduler" => GoldenTables.Singlestep(run, grid),
            "UniPCMultistepScheduler" => Stopping(run, grid, levels => UniPc(run, levels)),
            "EulerDiscreteScheduler" => Samplers.Euler(grid).WithTimes(Told(run, grid).Take(grid.Count)),
            "EulerAncestralDiscreteScheduler" => Samplers.EulerAncestral(grid),
            "HeunDiscreteScheduler" => Samplers.Heun(grid, run.Rule()),
            "LMSDiscreteScheduler" => Samplers.AdamsBashforth(grid, (int)(run.Argument("order") ?? 4)),
            "KDPM2DiscreteScheduler" => Samplers.Dpm2(grid),
            "KDPM2AncestralDiscreteScheduler" => GoldenTables.Dpm2Ancestral(grid),
            "PNDMScheduler" when run.Steps == 1 => Samplers.Ddim(grid),
            "PNDMScheduler" => run.Flag("skip_prk_steps")
                ? Samplers.Plms(grid, onV: run.Prediction == Prediction.V)
                : Samplers.Pndm(grid, onV: run.Prediction == Prediction.V),
            string other => throw new NotSupportedException($"No sampler for {other}."),
        };
    }

    /// <summary>UniPC to clean data, as release 0.40.0 has it.</summary>
    public static SamplingPlan UniPcToClean(GoldenRun run) => UniPc(run, GoldenGrids.SolverLevels(run));

    private static SamplingPlan Ddim(GoldenRun run, LevelGrid grid)
    {
        X0Rule rule = run.Rule();
        bool keepNoise = !run.ArgumentFlag("use_clipped_model_output");
        SamplingPlan plan = Samplers.Ddim(grid, run.Argument("eta") ?? 0, rule, keepNoise);
        if (grid.End.Sigma == 0 || run.Times[^1] > 0)
        {
            return plan;
        }

        SamplingStep last = GoldenTables.InPlace(new Evaluation(grid.End, 1), keepNoise && rule != X0Rule.None);
        return plan.WithSteps([.. plan.Steps, last]);
    }

    // Where the last noisy level is also the end, the last call takes no step; that it was counted as one decides on the
    // orders of those before.
    private static SamplingPlan Stopping(GoldenRun run, LevelGrid grid, Func<LevelGrid, SamplingPlan> sampler)
    {
        LevelGrid levels = GoldenGrids.SolverLevels(run);
        if (grid.End.Sigma == 0 || !GoldenGrids.VisitsFirst(levels, run.Schedule))
        {
            return sampler(grid);
        }

        SamplingPlan plan = sampler(levels);
        return plan.WithSteps(plan.Steps.SkipLast(1));
    }

    private static SamplingPlan Multistep(GoldenRun run, LevelGrid grid) =>
        Samplers.DpmSolverMultistep(
            grid,
            run.Whole("solver_order"),
            run.Text("algorithm_type") switch
            {
                "dpmsolver++" => DpmSolverKind.PlusPlus,
                "dpmsolver" => DpmSolverKind.Epsilon,
                "sde-dpmsolver++" => DpmSolverKind.SdePlusPlus,
                "sde-dpmsolver" => DpmSolverKind.SdeEpsilon,
                string other => throw new NotSupportedException($"No solver for algorithm_type {other}."),
            },
            run.Text("solver_type") switch
            {
                "midpoint" => DpmSolverForm.Midpoint,
                "heun" => DpmSolverForm.Heun,
                string other => throw new NotSupportedException($"No form for solver_type {other}."),
            },
            run.Flag("lower_order_final") && run.Times.Length < 15 ? MultistepEnding.Descending
                : run.Flag("euler_at_final") ? MultistepEnding.FirstOrderLast
                : MultistepEnding.FullOrder,
            run.Rule()
        );

    private static SamplingPlan UniPc(GoldenRun run, LevelGrid grid) =>
        Samplers.UniPc(
            grid,
            run.Whole("solver_order"),
            run.Text("solver_type") switch
            {
                "bh1" => UniPcVariant.Bh1,
                "bh2" => UniPcVariant.Bh2,
                string other => throw new NotSupportedException($"No variant for solver_type {other}."),
            },
            kind: run.Flag("predict_x0") ? DpmSolverKind.PlusPlus : DpmSolverKind.Epsilon,
            ending: run.Flag("lower_order_final") ? MultistepEnding.Descending : MultistepEnding.FullOrder,
            // Only x̂₀ is thresholded.
            x0Rule: run.Flag("predict_x0") ? run.Rule() : X0Rule.None,
            uncorrected: run.List("disable_corrector")
        );

    // What the network is told: for levels of their own it is still the times of the spacing.
    private static IEnumerable<double> Told(GoldenRun run, LevelGrid grid)
    {
        if (run.Text("timestep_type") == "continuous" && run.Prediction == Prediction.V)
        {
            throw new NotSupportedException("The network would be told ln(σ/α)/4, where its stand-in has no ᾱ.");
        }

        if (run.Text("interpolation_type") != "log_linear" || run.Flag("use_karras_sigmas"))
        {
            return grid.Points.Select(at => at.Time);
        }

        int count = run.Schedule.Steps;
        return run.Text("timestep_spacing") == "linspace"
            ? Enumerable.Range(0, run.Steps).Select(i => count - ((count - 1) * (double)i / int.Max(run.Steps - 1, 1)))
            : GoldenGrids.Times(run).Times.Select(t => (double)t);
    }
}
