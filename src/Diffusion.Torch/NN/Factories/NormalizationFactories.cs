using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>Normalises groups of channels of `[B, C, …]`.</summary>
        /// <param name="num_groups">How many groups; a divisor of the channels.</param>
        /// <param name="num_channels">How many channels.</param>
        /// <param name="eps">Added to the variance.</param>
        /// <param name="affine">Whether each channel is then scaled and shifted.</param>
        /// <param name="device">Where the parameters are.</param>
        /// <param name="dtype">Their type.</param>
        public static GroupNorm GroupNorm(
            long num_groups,
            long num_channels,
            double eps = 1e-05,
            bool affine = true,
            Device? device = null,
            ScalarType? dtype = null
        ) => new(num_groups, num_channels, eps, affine, device, dtype);

        /// <summary>Normalises over the last dimensions.</summary>
        /// <param name="normalized_shape">Their sizes.</param>
        /// <param name="eps">Added to the variance.</param>
        /// <param name="elementwise_affine">Whether the result is scaled and shifted.</param>
        /// <param name="bias">Whether it is shifted, too.</param>
        /// <param name="device">Where the parameters are.</param>
        /// <param name="dtype">Their type.</param>
        public static LayerNorm LayerNorm(
            long[] normalized_shape,
            double eps = 1e-05,
            bool elementwise_affine = true,
            bool bias = true,
            Device? device = null,
            ScalarType? dtype = null
        ) => new(normalized_shape, eps, elementwise_affine, bias, device, dtype);

        /// <summary>Normalises over the last dimension.</summary>
        /// <param name="normalized_shape">Its size.</param>
        /// <param name="eps">Added to the variance.</param>
        /// <param name="elementwise_affine">Whether the result is scaled and shifted.</param>
        /// <param name="bias">Whether it is shifted, too.</param>
        /// <param name="device">Where the parameters are.</param>
        /// <param name="dtype">Their type.</param>
        public static LayerNorm LayerNorm(
            long normalized_shape,
            double eps = 1e-05,
            bool elementwise_affine = true,
            bool bias = true,
            Device? device = null,
            ScalarType? dtype = null
        ) => new([normalized_shape], eps, elementwise_affine, bias, device, dtype);

        /// <summary>Normalises each channel of `[B, C, H, W]` over the batch.</summary>
        /// <param name="num_features">How many channels.</param>
        /// <param name="eps">Added to the variance.</param>
        /// <param name="momentum">Weight of a new batch in the running statistics.</param>
        /// <param name="affine">Whether each channel is then scaled and shifted.</param>
        /// <param name="track_running_stats">Whether statistics are kept for evaluation.</param>
        /// <param name="device">Where the parameters are.</param>
        /// <param name="dtype">Their type.</param>
        public static BatchNorm2d BatchNorm2d(
            long num_features,
            double eps = 1e-05,
            double momentum = 0.1,
            bool affine = true,
            bool track_running_stats = true,
            Device? device = null,
            ScalarType? dtype = null
        ) => new(num_features, eps, momentum, affine, track_running_stats, device, dtype);
    }
}
