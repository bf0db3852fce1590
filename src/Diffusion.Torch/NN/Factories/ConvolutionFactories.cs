using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>A two-dimensional convolution with square kernels.</summary>
        /// <param name="in_channels">Channels of the input.</param>
        /// <param name="out_channels">Channels of the result.</param>
        /// <param name="kernel_size">Side of the kernels.</param>
        /// <param name="stride">Step of the kernels.</param>
        /// <param name="padding">Pixels added on each side.</param>
        /// <param name="dilation">Distance between the points of a kernel.</param>
        /// <param name="padding_mode">What is in the added pixels.</param>
        /// <param name="groups">Into how many groups the channels are split.</param>
        /// <param name="bias">Whether to add a learned number to each channel.</param>
        /// <param name="device">Where the parameters are.</param>
        /// <param name="dtype">Their type.</param>
        public static Conv2d Conv2d(
            long in_channels,
            long out_channels,
            long kernel_size,
            long stride = 1,
            long padding = 0,
            long dilation = 1,
            PaddingModes padding_mode = PaddingModes.Zeros,
            long groups = 1,
            bool bias = true,
            Device? device = null,
            ScalarType? dtype = null
        ) =>
            new(
                in_channels,
                out_channels,
                (kernel_size, kernel_size),
                (stride, stride),
                (padding, padding),
                null,
                (dilation, dilation),
                groups,
                bias,
                padding_mode,
                device,
                dtype
            );

        /// <summary>A two-dimensional convolution; pairs are vertical, then horizontal.</summary>
        public static Conv2d Conv2d(
            long in_channels,
            long out_channels,
            (long, long) kernel_size,
            (long, long)? stride = null,
            (long, long)? padding = null,
            (long, long)? dilation = null,
            PaddingModes padding_mode = PaddingModes.Zeros,
            long groups = 1,
            bool bias = true,
            Device? device = null,
            ScalarType? dtype = null
        ) =>
            new(
                in_channels,
                out_channels,
                kernel_size,
                stride ?? (1, 1),
                padding ?? (0, 0),
                null,
                dilation ?? (1, 1),
                groups,
                bias,
                padding_mode,
                device,
                dtype
            );

        /// <summary>A two-dimensional convolution with square kernels, padded by rule.</summary>
        public static Conv2d Conv2d(
            long in_channels,
            long out_channels,
            long kernel_size,
            Padding padding,
            long stride = 1,
            long dilation = 1,
            PaddingModes padding_mode = PaddingModes.Zeros,
            long groups = 1,
            bool bias = true,
            Device? device = null,
            ScalarType? dtype = null
        ) =>
            new(
                in_channels,
                out_channels,
                (kernel_size, kernel_size),
                (stride, stride),
                null,
                padding,
                (dilation, dilation),
                groups,
                bias,
                padding_mode,
                device,
                dtype
            );

        /// <summary>A two-dimensional convolution, padded by rule; pairs are vertical, then horizontal.</summary>
        public static Conv2d Conv2d(
            long in_channels,
            long out_channels,
            (long, long) kernel_size,
            Padding padding,
            (long, long)? stride = null,
            (long, long)? dilation = null,
            PaddingModes padding_mode = PaddingModes.Zeros,
            long groups = 1,
            bool bias = true,
            Device? device = null,
            ScalarType? dtype = null
        ) =>
            new(
                in_channels,
                out_channels,
                kernel_size,
                stride ?? (1, 1),
                null,
                padding,
                dilation ?? (1, 1),
                groups,
                bias,
                padding_mode,
                device,
                dtype
            );

        /// <summary>A two-dimensional transposed convolution with square kernels.</summary>
        /// <param name="in_channels">Channels of the input.</param>
        /// <param name="out_channels">Channels of the result.</param>
        /// <param name="kernel_size">Side of the kernels.</param>
        /// <param name="stride">Enlargement.</param>
        /// <param name="padding">Pixels cut off on each side.</param>
        /// <param name="output_padding">Pixels added at the bottom and at the right.</param>
        /// <param name="dilation">Distance between the points of a kernel.</param>
        /// <param name="padding_mode">Only zeros are possible.</param>
        /// <param name="groups">Into how many groups the channels are split.</param>
        /// <param name="bias">Whether to add a learned number to each channel.</param>
        /// <param name="device">Where the parameters are.</param>
        /// <param name="dtype">Their type.</param>
        public static ConvTranspose2d ConvTranspose2d(
            long in_channels,
            long out_channels,
            long kernel_size,
            long stride = 1,
            long padding = 0,
            long output_padding = 0,
            long dilation = 1,
            PaddingModes padding_mode = PaddingModes.Zeros,
            long groups = 1,
            bool bias = true,
            Device? device = null,
            ScalarType? dtype = null
        ) =>
            new(
                in_channels,
                out_channels,
                (kernel_size, kernel_size),
                (stride, stride),
                (padding, padding),
                (output_padding, output_padding),
                (dilation, dilation),
                groups,
                bias,
                padding_mode,
                device,
                dtype
            );

        /// <summary>A two-dimensional transposed convolution; pairs are vertical, then horizontal.</summary>
        public static ConvTranspose2d ConvTranspose2d(
            long in_channels,
            long out_channels,
            (long, long) kernel_size,
            (long, long)? stride = null,
            (long, long)? padding = null,
            (long, long)? output_padding = null,
            (long, long)? dilation = null,
            PaddingModes padding_mode = PaddingModes.Zeros,
            long groups = 1,
            bool bias = true,
            Device? device = null,
            ScalarType? dtype = null
        ) =>
            new(
                in_channels,
                out_channels,
                kernel_size,
                stride ?? (1, 1),
                padding ?? (0, 0),
                output_padding ?? (0, 0),
                dilation ?? (1, 1),
                groups,
                bias,
                padding_mode,
                device,
                dtype
            );
    }
}
