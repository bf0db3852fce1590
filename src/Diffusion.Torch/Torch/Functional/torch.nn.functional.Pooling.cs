using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class functional
        {
            private static readonly Op maxPool1dOp = new("max_pool1d");
            private static readonly Op maxPool2dOp = new("max_pool2d");
            private static readonly Op maxPool2dIndicesOp = new("max_pool2d_with_indices");
            private static readonly Op avgPool1dOp = new("avg_pool1d");
            private static readonly Op avgPool2dOp = new("avg_pool2d");
            private static readonly Op adaptiveAvgPool1dOp = new("adaptive_avg_pool1d");
            private static readonly Op adaptiveAvgPool2dOp = new("adaptive_avg_pool2d");

            public static Tensor max_pool1d(
                Tensor input,
                long kernel_size,
                long? stride = null,
                long? padding = null,
                long? dilation = null,
                bool ceil_mode = false
            ) =>
                maxPool1dOp.Call(
                    NotNull(input),
                    One(kernel_size, 0),
                    One(stride, kernel_size),
                    One(padding, 0),
                    One(dilation, 1),
                    ceil_mode
                );

            public static Tensor max_pool2d(
                Tensor input,
                long[] kernel_size,
                long[]? strides = null,
                long[]? padding = null,
                long[]? dilation = null,
                bool ceil_mode = false
            ) =>
                maxPool2dOp.Call(
                    NotNull(input),
                    kernel_size,
                    strides ?? kernel_size,
                    padding ?? zeros1,
                    dilation ?? ones1,
                    ceil_mode
                );

            public static Tensor max_pool2d(
                Tensor input,
                long kernel_size,
                long? stride = null,
                long? padding = null,
                long? dilation = null,
                bool ceil_mode = false
            ) =>
                max_pool2d(
                    NotNull(input),
                    One(kernel_size, 0),
                    One(stride, kernel_size),
                    One(padding, 0),
                    One(dilation, 1),
                    ceil_mode
                );

            public static Tensor max_pool2d(
                Tensor input,
                (long, long) kernel_size,
                (long, long)? stride = null,
                (long, long)? padding = null,
                (long, long)? dilation = null,
                bool ceil_mode = false
            ) =>
                max_pool2d(
                    NotNull(input),
                    Two(kernel_size),
                    Two(stride ?? kernel_size),
                    Two(padding ?? (0, 0)),
                    Two(dilation ?? (1, 1)),
                    ceil_mode
                );

            public static (Tensor output, Tensor indices) max_pool2d_with_indices(
                Tensor input,
                long[] kernel_size,
                long[]? strides = null,
                long[]? padding = null,
                long[]? dilation = null,
                bool ceil_mode = false
            ) =>
                maxPool2dIndicesOp.Pair(
                    NotNull(input),
                    kernel_size,
                    strides ?? kernel_size,
                    padding ?? zeros1,
                    dilation ?? ones1,
                    ceil_mode
                );

            public static Tensor avg_pool1d(
                Tensor input,
                long kernel_size,
                long? stride = null,
                long? padding = null,
                bool ceil_mode = false,
                bool count_include_pad = true
            ) =>
                avgPool1dOp.Call(
                    NotNull(input),
                    One(kernel_size, 0),
                    One(stride, kernel_size),
                    One(padding, 0),
                    ceil_mode,
                    count_include_pad
                );

            public static Tensor avg_pool2d(
                Tensor input,
                long[] kernel_size,
                long[]? stride = null,
                long[]? padding = null,
                bool ceil_mode = false,
                bool count_include_pad = true,
                long? divisor_override = null
            ) =>
                avgPool2dOp.Call(
                    NotNull(input),
                    kernel_size,
                    stride ?? kernel_size,
                    padding ?? zeros1,
                    ceil_mode,
                    count_include_pad,
                    divisor_override
                );

            public static Tensor avg_pool2d(
                Tensor input,
                long kernel_size,
                long? stride = null,
                long padding = 0,
                bool ceil_mode = false,
                bool count_include_pad = true,
                long? divisor_override = null
            ) =>
                avg_pool2d(
                    NotNull(input),
                    One(kernel_size, 0),
                    One(stride, kernel_size),
                    One(padding, 0),
                    ceil_mode,
                    count_include_pad,
                    divisor_override
                );

            public static Tensor avg_pool2d(
                Tensor input,
                (long, long) kernel_size,
                (long, long)? stride = null,
                (long, long)? padding = null,
                bool ceil_mode = false,
                bool count_include_pad = true,
                long? divisor_override = null
            ) =>
                avg_pool2d(
                    NotNull(input),
                    Two(kernel_size),
                    Two(stride ?? kernel_size),
                    Two(padding ?? (0, 0)),
                    ceil_mode,
                    count_include_pad,
                    divisor_override
                );

            public static Tensor adaptive_avg_pool1d(Tensor input, long output_size) =>
                adaptiveAvgPool1dOp.Call(NotNull(input), One(output_size, 0));

            public static Tensor adaptive_avg_pool2d(Tensor input, long[] output_size) =>
                adaptiveAvgPool2dOp.Call(NotNull(input), output_size);

            public static Tensor adaptive_avg_pool2d(Tensor input, (long, long) output_size) =>
                adaptive_avg_pool2d(NotNull(input), Two(output_size));

            public static Tensor adaptive_avg_pool2d(Tensor input, long output_size) =>
                adaptive_avg_pool2d(NotNull(input), (output_size, output_size));
        }
    }
}
