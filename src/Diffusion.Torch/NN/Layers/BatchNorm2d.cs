using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>Batch normalisation of `[B, C, H, W]`.</summary>
public sealed class BatchNorm2d : BatchNorm
{
    private const int Dimensions = 4;

    internal BatchNorm2d(
        long num_features,
        double eps,
        double momentum,
        bool affine,
        bool track_running_stats,
        Device? device,
        ScalarType? dtype
    )
        : base(num_features, eps, momentum, affine, track_running_stats, device, dtype, nameof(BatchNorm2d)) { }

    /// <inheritdoc/>
    protected override void ValidateInputDimensions(Tensor input)
    {
        if (input.ndim != Dimensions)
            throw new ArgumentException($"BatchNorm2d takes [B, C, H, W], not {input.ndim} dimensions.", nameof(input));
    }
}
