using System.Collections.Immutable;

namespace Diffusion.Benchmarks;

/// <summary>A figure that ours and peers print.</summary>
/// <param name="Key">Its name in the JSON object.</param>
/// <param name="Name">Its name in reports.</param>
/// <param name="Goal">The greatest ratio ours / peer at its best that is wanted; null for none.</param>
internal sealed record ComparedFigure(string Key, string Name, double? Goal)
{
    internal static ImmutableArray<ComparedFigure> All { get; } =
    [
        new("train_step_s", "training step", 0.45),
        new("sample_step_s", "sampling step", 0.40),
        new("forward_s", "network call", null),
        new("basic_train_step_s", "BasicUNet training step", 0.8),
        new("scheduler_ddpm_us_per_step", "DDPM's arithmetic a step", 0.1),
        new("scheduler_ddim_us_per_step", "DDIM's arithmetic a step", 0.1),
        new("scheduler_dpmpp2m_us_per_step", "DPM-Solver++ 2M's arithmetic a step", 0.1),
    ];

    /// <summary>Whether it is of whole steps, in seconds.</summary>
    internal bool IsStep => Key.EndsWith("_s", StringComparison.Ordinal);

    /// <summary>A value with its unit.</summary>
    internal string Text(double value) => IsStep ? $"{value:F3} s" : $"{value:F1} µs";
}
