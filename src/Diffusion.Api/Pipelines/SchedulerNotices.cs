using Diffusion.Math;

namespace Diffusion.Api;

/// <summary>What a scheduler config says without effect beside its unknown keys.</summary>
internal static class SchedulerNotices
{
    internal static IEnumerable<string> Of(SchedulerConfig c)
    {
        if (c.StepsOffset != 0 && c.TimestepSpacing != TimestepSpacing.Leading)
            yield return $"steps_offset {c.StepsOffset} has no effect without timestep_spacing 'leading'.";
        if (c.Class == SchedulerClass.EulerDiscrete && !c.UseKarrasSigmas && (c.SigmaMin ?? c.SigmaMax) is not null)
            yield return "sigma_min and sigma_max have no effect without use_karras_sigmas.";
        if (c.UseKarrasSigmas && c.UseLuLambdas)
            yield return "use_lu_lambdas has no effect with use_karras_sigmas.";
        if (c.Class == SchedulerClass.UniPcMultistep && c.Thresholding && !c.PredictX0)
            yield return "thresholding has no effect without predict_x0.";
        if (c.TrainedBetas is not null && c.BetaSchedule != BetaSchedule.Linear)
            yield return "beta_schedule has no effect, since trained_betas are given.";
        if (c.Source is { } source && source.GetValueOrDefault("variance_type") == "\"fixed_large_log\"")
            yield return $"variance_type 'fixed_large_log' is taken for {ReverseVariance.FixedLarge}: a logarithm in its place is NaN.";
    }
}
