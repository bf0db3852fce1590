using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Diffusion.Api;

/// <summary>
/// Which class of schedulers has which keys: the parameters of its constructor in diffusers 0.27.2, and of UniPC where it
/// ends, which is one since 0.28.
/// </summary>
internal static class SchedulerKeys
{
    private const string FinalSigmasType = "final_sigmas_type";

    private static readonly ImmutableArray<string> Common =
    [
        "num_train_timesteps",
        "beta_schedule",
        "beta_start",
        "beta_end",
        "trained_betas",
        "prediction_type",
        "timestep_spacing",
        "steps_offset",
    ];

    private static readonly ImmutableArray<string> Threshold =
    [
        "thresholding",
        "dynamic_thresholding_ratio",
        "sample_max_value",
    ];

    private static readonly FrozenDictionary<SchedulerClass, ImmutableArray<string>> ByClass = new Dictionary<
        SchedulerClass,
        ImmutableArray<string>
    >
    {
        [SchedulerClass.Ddpm] =
        [
            .. Common,
            .. Threshold,
            "clip_sample",
            "clip_sample_range",
            "rescale_betas_zero_snr",
            "variance_type",
        ],
        [SchedulerClass.Ddim] =
        [
            .. Common,
            .. Threshold,
            "clip_sample",
            "clip_sample_range",
            "rescale_betas_zero_snr",
            "set_alpha_to_one",
        ],
        [SchedulerClass.DpmSolverMultistep] =
        [
            .. Common,
            .. Threshold,
            "algorithm_type",
            "euler_at_final",
            FinalSigmasType,
            "lambda_min_clipped",
            "lower_order_final",
            "rescale_betas_zero_snr",
            "solver_order",
            "solver_type",
            "use_karras_sigmas",
            "use_lu_lambdas",
            "variance_type",
        ],
        [SchedulerClass.EulerDiscrete] =
        [
            .. Common,
            "interpolation_type",
            "rescale_betas_zero_snr",
            "sigma_max",
            "sigma_min",
            "timestep_type",
            "use_karras_sigmas",
        ],
        [SchedulerClass.EulerAncestralDiscrete] = [.. Common, "rescale_betas_zero_snr"],
        [SchedulerClass.HeunDiscrete] = [.. Common, "clip_sample", "clip_sample_range", "use_karras_sigmas"],
        [SchedulerClass.UniPcMultistep] =
        [
            .. Common,
            .. Threshold,
            "disable_corrector",
            FinalSigmasType,
            "lower_order_final",
            "predict_x0",
            "solver_order",
            "solver_p",
            "solver_type",
            "use_karras_sigmas",
        ],
        [SchedulerClass.Pndm] = [.. Common, "set_alpha_to_one", "skip_prk_steps"],
        [SchedulerClass.LmsDiscrete] = [.. Common, "use_karras_sigmas"],
    }.ToFrozenDictionary();

    /// <summary>The keys of a class.</summary>
    internal static ImmutableArray<string> Of(SchedulerClass @class) => ByClass[@class];

    /// <summary>Whether any class has a key.</summary>
    internal static bool IsKnown(string key) => ByClass.Values.Any(keys => keys.Contains(key));
}
