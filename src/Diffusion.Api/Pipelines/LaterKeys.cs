using System.Collections.Immutable;

namespace Diffusion.Api;

/// <summary>
/// Keys that other releases of diffusers give a class, or that they heed although the class doesn't have them. Where they
/// would change images they are refused; at their defaults they say what is done here anyway.
/// </summary>
internal static class LaterKeys
{
    private const SchedulerClass Dpm = SchedulerClass.DpmSolverMultistep;
    private const SchedulerClass UniPc = SchedulerClass.UniPcMultistep;
    private const SchedulerClass Euler = SchedulerClass.EulerDiscrete;
    private const SchedulerClass Heun = SchedulerClass.HeunDiscrete;
    private const SchedulerClass Lms = SchedulerClass.LmsDiscrete;

    private static readonly ImmutableArray<(string Key, string Default, SchedulerClass[] Classes)> All =
    [
        ("use_beta_sigmas", "false", [Dpm, UniPc, Euler, Heun, Lms]),
        ("use_exponential_sigmas", "false", [Dpm, UniPc, Euler, Heun, Lms]),
        ("use_flow_sigmas", "false", [Dpm, UniPc]),
        ("use_dynamic_shifting", "false", [Dpm, UniPc]),
        ("rescale_betas_zero_snr", "false", [UniPc]),
        ("final_sigmas_type", "\"zero\"", [Euler]),
    ];

    // Beside Karras' levels these classes read them from whatever the config holds.
    private static readonly ImmutableArray<string> Ends = ["sigma_min", "sigma_max"];

    // Without flow sigmas, which are refused, they do nothing.
    private static readonly ImmutableArray<(string Key, string Default)> OfFlow =
    [
        ("flow_shift", "1.0"),
        ("time_shift_type", "\"exponential\""),
        ("shift_terminal", "null"),
    ];

    /// <summary>Whether a key that the class doesn't have says only what holds without it.</summary>
    /// <param name="config">The config, read but for such keys.</param>
    /// <param name="key">A key that its class doesn't have in release 0.27.2.</param>
    /// <param name="json">Its value.</param>
    /// <exception cref="InvalidDataException">It would change the images.</exception>
    internal static bool SaysNothing(SchedulerConfig config, string key, string json)
    {
        if (OfFlow.Any(later => later.Key == key && later.Default == json))
            return true;
        var isEnd = Ends.Contains(key) && config.Class is Dpm or UniPc or Heun;
        var later = All.FirstOrDefault(later => later.Key == key && later.Classes.Contains(config.Class));
        if (isEnd ? json == "null" : later.Key is not null && (json == later.Default || IsNo(json, later.Default)))
            return true;
        if (isEnd && config.UseKarrasSigmas)
            throw Refused(key, json, "null: the ends of Karras' levels are those of the schedule");
        return later.Key is null
            ? false
            : throw Refused(key, json, $"{later.Default.Trim('"')}, as in the release 0.27.2");
    }

    // Several flags may be null in Python, which is no there.
    private static bool IsNo(string json, string byDefault) => byDefault == "false" && json == "null";

    private static InvalidDataException Refused(string key, string json, string supported) =>
        new($"{key}: {json.Replace('"', '\'')} isn't supported. Supported is: {supported}.");
}
