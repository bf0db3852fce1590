using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>What a conversion changes; by default nothing.</summary>
public sealed record ConversionOptions
{
    /// <summary>Element type of all floating-point tensors: float32, float16 or bfloat16; null leaves each as it is.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Another type.</exception>
    public ScalarType? Type
    {
        get;
        init =>
            field = value is null or ScalarType.Float32 or ScalarType.Float16 or ScalarType.BFloat16
                ? value
                : throw new ArgumentOutOfRangeException(
                    nameof(Type),
                    $"Weights can become Float32, Float16 or BFloat16, not {value}."
                );
    }

    /// <summary>Names of attention's tensors; null leaves them as they are.</summary>
    public AttentionNaming? Names { get; init; }

    /// <summary>Most bytes of tensors a file, at least 1; where there are more, shards and their index are written. Null
    /// for one file.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Less than 1.</exception>
    public long? ShardBytes
    {
        get;
        init =>
            field = value is null or >= 1
                ? value
                : throw new ArgumentOutOfRangeException(
                    nameof(ShardBytes),
                    $"A shard holds at least 1 byte, not {value}."
                );
    }

    /// <summary>Which of a folder's weights, as for <see cref="Pipeline.Load"/>; null for the usual.</summary>
    public string? Variant { get; init; }

    /// <summary>Takes the moving average of a training run's newest checkpoint.</summary>
    public bool Ema { get; init; }

    /// <summary>For bare weights: the network's <c>config.json</c>, which makes the result a pipeline folder.</summary>
    public string? NetworkConfig { get; init; }

    /// <summary>For bare weights: the <c>scheduler_config.json</c> of the result; null for diffusers' DDPM defaults.</summary>
    public string? SchedulerConfig { get; init; }

    /// <summary>Whether a file or pipeline folder that is there is replaced.</summary>
    public bool Overwrite { get; init; }
}
