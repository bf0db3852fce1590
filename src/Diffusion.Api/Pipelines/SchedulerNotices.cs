using Diffusion.Math;

namespace Diffusion.Api;

/// <summary>What a scheduler config says without effect beside its unknown keys.</summary>
/// <remarks>Values that a class has by default are no news: diffusers writes all keys.</remarks>
internal static class SchedulerNotices
{
    /// <summary>One line each, which begins with its keys.</summary>
    /// <param name="c">The config.</param>
    /// <param name="d">A config of the same class that says nothing.</param>
    internal static IEnumerable<string> Of(SchedulerConfig c, SchedulerConfig d) =>
        [.. Betas(c, d), .. Rule(c, d), .. Spacing(c, d), .. Solver(c, d), .. Variance(c)];

    private static IEnumerable<string> Betas(SchedulerConfig c, SchedulerConfig d)
    {
        if (c.TrainedBetas is not null && c.BetaSchedule != d.BetaSchedule)
            yield return "beta_schedule has no effect, since trained_betas are given.";
        if (c.TrainedBetas is null && c.BetaSchedule is not (BetaSchedule.SquaredCosCapV2 or BetaSchedule.Exponential))
            yield break;
        var why = c.TrainedBetas is null ? "with a beta_schedule that has no ends to choose" : "beside trained_betas";
        if (c.BetaStart != d.BetaStart)
            yield return $"beta_start has no effect {why}.";
        if (c.BetaEnd != d.BetaEnd)
            yield return $"beta_end has no effect {why}.";
    }

    private static IEnumerable<string> Rule(SchedulerConfig c, SchedulerConfig d)
    {
        var keys = SchedulerKeys.Of(c.Class);
        if (keys.Contains("thresholding"))
        {
            if (c.Thresholding && !c.PredictX0 && keys.Contains("predict_x0"))
                yield return "thresholding has no effect without predict_x0.";
            if (!c.Thresholding && c.DynamicThresholdingRatio != d.DynamicThresholdingRatio)
                yield return "dynamic_thresholding_ratio has no effect without thresholding.";
            if (!c.Thresholding && c.SampleMaxValue != d.SampleMaxValue)
                yield return "sample_max_value has no effect without thresholding.";
            if (c.Thresholding && keys.Contains("clip_sample") && c.ClipRange is { } range && range != 1)
                yield return "clip_sample_range has no effect with thresholding.";
        }
    }

    private static IEnumerable<string> Spacing(SchedulerConfig c, SchedulerConfig d)
    {
        var keys = SchedulerKeys.Of(c.Class);
        var isDpm = c.Class == SchedulerClass.DpmSolverMultistep;
        // Their levels span the whole schedule; those of the others end where the spacing's times do.
        var whole =
            !(isDpm || c.Class == SchedulerClass.UniPcMultistep) ? null
            : c.UseKarrasSigmas ? "use_karras_sigmas"
            : c.UseLuLambdas && isDpm ? "use_lu_lambdas"
            : null;
        if (whole is not null && c.TimestepSpacing != d.TimestepSpacing)
            yield return $"timestep_spacing has no effect with {whole}.";
        if (whole is not null && isDpm && !double.IsNegativeInfinity(c.LambdaMinClipped))
            yield return $"lambda_min_clipped has no effect with {whole}.";
        if (c.StepsOffset != 0 && (whole is not null || c.TimestepSpacing != TimestepSpacing.Leading))
            yield return whole is not null
                ? $"steps_offset has no effect with {whole}."
                : $"steps_offset {c.StepsOffset} has no effect without timestep_spacing 'leading'.";
        if (c.Class == SchedulerClass.EulerDiscrete && !c.UseKarrasSigmas && (c.SigmaMin ?? c.SigmaMax) is not null)
            yield return "sigma_min and sigma_max have no effect without use_karras_sigmas.";
        if (c.UseKarrasSigmas && c.UseLuLambdas && keys.Contains("use_lu_lambdas"))
            yield return "use_lu_lambdas has no effect with use_karras_sigmas.";
    }

    private static IEnumerable<string> Solver(SchedulerConfig c, SchedulerConfig d)
    {
        if (c.Class != SchedulerClass.DpmSolverMultistep || c.SolverOrder != 1)
            yield break;
        if (c.DpmForm != d.DpmForm)
            yield return "solver_type has no effect at solver_order 1.";
        if (c.LowerOrderFinal != d.LowerOrderFinal)
            yield return "lower_order_final has no effect at solver_order 1.";
        if (c.EulerAtFinal != d.EulerAtFinal)
            yield return "euler_at_final has no effect at solver_order 1.";
    }

    private static IEnumerable<string> Variance(SchedulerConfig c)
    {
        var said = c.Source?.GetValueOrDefault("variance_type") ?? "null";
        if (c.Class == SchedulerClass.DpmSolverMultistep && !c.Variance.IsLearned && said != "null")
            yield return $"variance_type {said.Replace('"', '\'')} has no effect: this class only asks whether it is learned.";
        else if (c.Class == SchedulerClass.Ddpm && said == "\"fixed_large_log\"")
            yield return $"variance_type 'fixed_large_log' is taken for {ReverseVariance.FixedLarge}: a logarithm in its place is NaN.";
    }
}
