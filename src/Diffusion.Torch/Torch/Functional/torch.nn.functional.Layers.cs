using Diffusion.Engine;
using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class functional
        {
            private static readonly Op conv1dOp = new("conv1d");
            private static readonly Op conv1dPaddingOp = new("conv1d", "padding");
            private static readonly Op conv2dOp = new("conv2d");
            private static readonly Op conv2dPaddingOp = new("conv2d", "padding");
            private static readonly Op conv3dOp = new("conv3d");
            private static readonly Op convTranspose1dOp = new("conv_transpose1d");
            private static readonly Op convTranspose2dOp = new("conv_transpose2d", "input");
            private static readonly Op linearOp = new("linear");
            private static readonly Op bilinearOp = new("bilinear");
            private static readonly Op oneHotOp = new("one_hot");
            private static readonly Op pixelShuffleOp = new("pixel_shuffle");
            private static readonly Op pixelUnshuffleOp = new("pixel_unshuffle");
            private static readonly Op im2colOp = new("im2col");
            private static readonly Op col2imOp = new("col2im");

            public static Tensor conv1d(
                Tensor input,
                Tensor weight,
                Tensor? bias = null,
                long? stride = null,
                long? padding = null,
                long? dilation = null,
                long groups = 1
            ) =>
                conv1dOp.Call(
                    input,
                    weight,
                    Arg.Optional(bias),
                    One(stride, 1),
                    One(padding, 0),
                    One(dilation, 1),
                    groups
                );

            public static Tensor conv1d_padding(
                Tensor input,
                Tensor weight,
                Tensor? bias = null,
                long? stride = null,
                Padding padding = Padding.Valid,
                long? dilation = null,
                long groups = 1
            ) =>
                conv1dPaddingOp.Call(
                    input,
                    weight,
                    Arg.Optional(bias),
                    One(stride, 1),
                    Name(padding),
                    One(dilation, 1),
                    groups
                );

            /// <summary>A convolution of images [N, C, H, W] with a kernel [O, C / groups, h, w].</summary>
            public static Tensor conv2d(
                Tensor input,
                Tensor weight,
                Tensor? bias = null,
                long[]? strides = null,
                long[]? padding = null,
                long[]? dilation = null,
                long groups = 1
            ) =>
                Kernels.TryConvolution(NotNull(input), NotNull(weight), bias, strides, padding, dilation, groups)
                ?? conv2dOp.Call(
                    input,
                    weight,
                    Arg.Optional(bias),
                    strides ?? ones1,
                    padding ?? zeros1,
                    dilation ?? ones1,
                    groups
                );

            public static Tensor conv2d_padding(
                Tensor input,
                Tensor weight,
                Tensor? bias = null,
                long[]? strides = null,
                Padding padding = Padding.Valid,
                long[]? dilation = null,
                long groups = 1
            ) =>
                conv2dPaddingOp.Call(
                    input,
                    weight,
                    Arg.Optional(bias),
                    strides ?? ones1,
                    Name(padding),
                    dilation ?? ones1,
                    groups
                );

            public static Tensor conv3d(
                Tensor input,
                Tensor weight,
                Tensor? bias = null,
                long[]? strides = null,
                long[]? padding = null,
                long[]? dilation = null,
                long groups = 1
            ) =>
                conv3dOp.Call(
                    input,
                    weight,
                    Arg.Optional(bias),
                    strides ?? ones1,
                    padding ?? zeros1,
                    dilation ?? ones1,
                    groups
                );

            public static Tensor conv_transpose1d(
                Tensor input,
                Tensor weight,
                Tensor? bias = null,
                long? stride = null,
                long? padding = null,
                long? output_padding = null,
                long? dilation = null,
                long groups = 1
            ) =>
                convTranspose1dOp.Call(
                    input,
                    weight,
                    Arg.Optional(bias),
                    One(stride, 1),
                    One(padding, 0),
                    One(output_padding, 0),
                    groups,
                    One(dilation, 1)
                );

            /// <summary>The transpose of a convolution: images [N, C, H, W], kernel [C, O / groups, h, w].</summary>
            public static Tensor conv_transpose2d(
                Tensor input,
                Tensor weight,
                Tensor? bias = null,
                long[]? strides = null,
                long[]? padding = null,
                long[]? output_padding = null,
                long[]? dilation = null,
                long groups = 1
            ) =>
                convTranspose2dOp.Call(
                    input,
                    weight,
                    Arg.Optional(bias),
                    strides ?? ones1,
                    padding ?? zeros1,
                    output_padding ?? zeros1,
                    groups,
                    dilation ?? ones1
                );

            /// <summary>x Wᵀ + b.</summary>
            public static Tensor linear(Tensor input, Tensor weights, Tensor? bias = null) =>
                linearOp.Call(input, NotNull(weights), Arg.Optional(bias));

            public static Tensor bilinear(Tensor input1, Tensor input2, Tensor weight, Tensor? bias = null) =>
                bilinearOp.Call(input1, input2, weight, Arg.Optional(bias));

            public static Tensor one_hot(Tensor x, long num_classes = -1) => oneHotOp.Call(NotNull(x), num_classes);

            /// <summary>[N, C r², H, W] → [N, C, H r, W r].</summary>
            public static Tensor pixel_shuffle(Tensor input, long upscale_factor) =>
                pixelShuffleOp.Call(NotNull(input), upscale_factor);

            /// <summary>[N, C, H r, W r] → [N, C r², H, W].</summary>
            public static Tensor pixel_unshuffle(Tensor input, long downscale_factor) =>
                pixelUnshuffleOp.Call(NotNull(input), downscale_factor);

            public static Tensor unfold(
                Tensor input,
                long kernel_size,
                long dilation = 1,
                long padding = 0,
                long stride = 1
            ) =>
                unfold(
                    NotNull(input),
                    (kernel_size, kernel_size),
                    (dilation, dilation),
                    (padding, padding),
                    (stride, stride)
                );

            public static Tensor unfold(
                Tensor input,
                (long, long) kernel_size,
                (long, long)? dilation = null,
                (long, long)? padding = null,
                (long, long)? stride = null
            ) =>
                im2colOp.Call(
                    NotNull(input),
                    Two(kernel_size),
                    Two(dilation ?? (1, 1)),
                    Two(padding ?? (0, 0)),
                    Two(stride ?? (1, 1))
                );

            public static Tensor fold(
                Tensor input,
                long output_size,
                long kernel_size,
                long dilation = 1,
                long padding = 0,
                long stride = 1
            ) =>
                fold(
                    NotNull(input),
                    (output_size, output_size),
                    (kernel_size, kernel_size),
                    (dilation, dilation),
                    (padding, padding),
                    (stride, stride)
                );

            public static Tensor fold(
                Tensor input,
                (long, long) output_size,
                (long, long) kernel_size,
                (long, long)? dilation = null,
                (long, long)? padding = null,
                (long, long)? stride = null
            ) =>
                col2imOp.Call(
                    NotNull(input),
                    Two(output_size),
                    Two(kernel_size),
                    Two(dilation ?? (1, 1)),
                    Two(padding ?? (0, 0)),
                    Two(stride ?? (1, 1))
                );

            private static readonly long[] ones1 = [1];
            private static readonly long[] zeros1 = [0];

            private static long[] One(long? value, long fallback) => [value ?? fallback];

            private static long[] Two((long, long) value) => [value.Item1, value.Item2];

            private static string Name(Padding padding) => padding == Padding.Same ? "same" : "valid";
        }
    }
}
