using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>The largest value under a moving square window.</summary>
        /// <param name="kernel_size">Side of the window.</param>
        /// <param name="stride">Its step; by default its side.</param>
        /// <param name="padding">Pixels added on each side; by default 0.</param>
        /// <param name="dilation">Distance between the points of the window; by default 1.</param>
        /// <param name="ceil_mode">Whether a window that reaches over the edge counts.</param>
        public static MaxPool2d MaxPool2d(
            long kernel_size,
            long? stride = null,
            long? padding = null,
            long? dilation = null,
            bool ceil_mode = false
        ) => new(Square(kernel_size), Square(stride), Square(padding), Square(dilation), ceil_mode);

        /// <summary>The largest value under a moving window; pairs are vertical, then horizontal.</summary>
        /// <inheritdoc cref="MaxPool2d(long, long?, long?, long?, bool)"/>
        public static MaxPool2d MaxPool2d(
            (long, long) kernel_size,
            (long, long)? stride = null,
            (long, long)? padding = null,
            (long, long)? dilation = null,
            bool ceil_mode = false
        ) => new(Pair(kernel_size), Pair(stride), Pair(padding), Pair(dilation), ceil_mode);

        /// <summary>The largest value under a moving window; arrays are vertical, then horizontal.</summary>
        /// <inheritdoc cref="MaxPool2d(long, long?, long?, long?, bool)"/>
        public static MaxPool2d MaxPool2d(
            long[] kernel_size,
            long[]? stride = null,
            long[]? padding = null,
            long[]? dilation = null,
            bool ceil_mode = false
        ) => new(kernel_size, stride, padding, dilation, ceil_mode);

        /// <summary>The mean under a moving square window.</summary>
        /// <param name="kernel_size">Side of the window.</param>
        /// <param name="stride">Its step; by default its side.</param>
        /// <param name="padding">Pixels of 0 added on each side; by default 0.</param>
        /// <param name="ceil_mode">Whether a window that reaches over the edge counts.</param>
        /// <param name="count_include_pad">Whether added pixels count in the mean.</param>
        /// <param name="divisor_override">What to divide the sum by, where it isn't the window's size.</param>
        public static AvgPool2d AvgPool2d(
            long kernel_size,
            long? stride = null,
            long? padding = null,
            bool ceil_mode = false,
            bool count_include_pad = true,
            long? divisor_override = null
        ) => new(Square(kernel_size), Square(stride), Square(padding), ceil_mode, count_include_pad, divisor_override);

        /// <summary>The mean under a moving window; pairs are vertical, then horizontal.</summary>
        /// <inheritdoc cref="AvgPool2d(long, long?, long?, bool, bool, long?)"/>
        public static AvgPool2d AvgPool2d(
            (long, long) kernel_size,
            (long, long)? stride = null,
            (long, long)? padding = null,
            bool ceil_mode = false,
            bool count_include_pad = true,
            long? divisor_override = null
        ) => new(Pair(kernel_size), Pair(stride), Pair(padding), ceil_mode, count_include_pad, divisor_override);

        /// <summary>The mean under a moving window; arrays are vertical, then horizontal.</summary>
        /// <inheritdoc cref="AvgPool2d(long, long?, long?, bool, bool, long?)"/>
        public static AvgPool2d AvgPool2d(
            long[] kernel_size,
            long[]? stride = null,
            long[]? padding = null,
            bool ceil_mode = false,
            bool count_include_pad = true,
            long? divisor_override = null
        ) => new(kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override);

        /// <summary>Means over windows chosen so that the result is a square of the given side.</summary>
        /// <param name="output_size">The side.</param>
        public static AdaptiveAvgPool2d AdaptiveAvgPool2d(long output_size) => new(Square(output_size));

        /// <summary>Means over windows chosen so that the result has the given height and width.</summary>
        /// <param name="output_size">Height and width.</param>
        public static AdaptiveAvgPool2d AdaptiveAvgPool2d((long, long) output_size) => new(Pair(output_size));

        /// <summary>Means over windows chosen so that the result has the given height and width.</summary>
        /// <param name="output_size">Height and width.</param>
        public static AdaptiveAvgPool2d AdaptiveAvgPool2d(long[] output_size) => new(output_size);

        /// <summary>Enlarges pictures, to a size or by a factor.</summary>
        /// <param name="size">Size of the result.</param>
        /// <param name="scale_factor">Enlargement of each dimension.</param>
        /// <param name="mode">How to interpolate.</param>
        /// <param name="align_corners">Whether the corner pixels' centres stay in place (for the linear modes).</param>
        /// <param name="recompute_scale_factor">Whether the factor is computed again from the sizes.</param>
        public static Upsample Upsample(
            long[]? size = null,
            double[]? scale_factor = null,
            UpsampleMode mode = UpsampleMode.Nearest,
            bool? align_corners = null,
            bool? recompute_scale_factor = null
        ) => new(size, scale_factor, mode, align_corners, recompute_scale_factor);

        /// <summary>Unfolds r² channels into r × r pixels.</summary>
        /// <param name="upscale_factor">The enlargement r.</param>
        public static PixelShuffle PixelShuffle(long upscale_factor) => new(upscale_factor);

        /// <summary>Folds r × r pixels into r² channels.</summary>
        /// <param name="downscale_factor">The reduction r.</param>
        public static PixelUnshuffle PixelUnshuffle(long downscale_factor) => new(downscale_factor);

        /// <summary>Merges neighbouring dimensions into one.</summary>
        /// <param name="start_dim">The first to merge.</param>
        /// <param name="end_dim">The last to merge; negative from the end.</param>
        public static Flatten Flatten(long start_dim = 1, long end_dim = -1) => new(start_dim, end_dim);

        /// <summary>The input itself.</summary>
        public static Identity Identity() => new();

        private static long[] Square(long side) => [side, side];

        private static long[]? Square(long? side) => side is { } value ? Square(value) : null;

        private static long[] Pair((long, long) sizes) => [sizes.Item1, sizes.Item2];

        private static long[]? Pair((long, long)? sizes) => sizes is { } value ? Pair(value) : null;
    }
}
