using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class functional
        {
            private static readonly Op padOp = new("pad");
            private static readonly Op nearest1dOp = new("upsample_nearest1d", "vec");
            private static readonly Op nearest2dOp = new("upsample_nearest2d", "vec");
            private static readonly Op nearest3dOp = new("upsample_nearest3d", "vec");
            private static readonly Op linear1dOp = new("upsample_linear1d", "vec");
            private static readonly Op bilinear2dOp = new("upsample_bilinear2d", "vec");
            private static readonly Op bilinear2dAntialiasOp = new("_upsample_bilinear2d_aa", "vec");
            private static readonly Op bicubic2dOp = new("upsample_bicubic2d", "vec");
            private static readonly Op bicubic2dAntialiasOp = new("_upsample_bicubic2d_aa", "vec");
            private static readonly Op trilinear3dOp = new("upsample_trilinear3d", "vec");
            private static readonly Op nearestExact2dOp = new("_upsample_nearest_exact2d", "vec");

            /// <summary>Pads the last dimensions by pairs (before, after), the last dimension first.</summary>
            public static Tensor pad(
                Tensor input,
                long[] pad,
                PaddingModes mode = PaddingModes.Constant,
                double value = 0
            ) =>
                mode is PaddingModes.Constant or PaddingModes.Zeros
                    ? padOp.Call(NotNull(input), pad, "constant", value)
                    : padOp.Call(NotNull(input), pad, mode.ToString().ToLowerInvariant());

            public static Tensor pad(
                Tensor input,
                ReadOnlySpan<long> pad,
                PaddingModes mode = PaddingModes.Constant,
                double value = 0
            ) => functional.pad(NotNull(input), pad.ToArray(), mode, value);

            public static Tensor pad(
                Tensor input,
                (long, long) pad,
                PaddingModes mode = PaddingModes.Constant,
                double value = 0
            ) => functional.pad(NotNull(input), Two(pad), mode, value);

            public static Tensor pad(
                Tensor input,
                (long, long, long, long) pad,
                PaddingModes mode = PaddingModes.Constant,
                double value = 0
            ) => functional.pad(NotNull(input), [pad.Item1, pad.Item2, pad.Item3, pad.Item4], mode, value);

            /// <summary>Pads every dimension by the same amount on both sides.</summary>
            public static Tensor pad(
                Tensor input,
                long pad,
                PaddingModes mode = PaddingModes.Constant,
                double value = 0
            )
            {
                var amounts = new long[2 * NotNull(input).Dimensions];
                Array.Fill(amounts, pad);
                return functional.pad(input, amounts, mode, value);
            }

            /// <summary>Resizes [N, C, …] to a size or by factors; one number stands for all dimensions.</summary>
            public static Tensor interpolate(
                Tensor x,
                long[]? size = null,
                double[]? scale_factor = null,
                InterpolationMode mode = InterpolationMode.Nearest,
                bool? align_corners = null,
                bool recompute_scale_factor = false,
                bool antialias = false
            )
            {
                ArgumentNullException.ThrowIfNull(x);
                if (size is null == scale_factor is null)
                {
                    throw new ArgumentException("interpolate needs either a size or a scale factor, and not both.");
                }
                var spatial = (int)x.Dimensions - 2;
                size = size is { Length: 1 } && spatial > 1 ? Enumerable.Repeat(size[0], spatial).ToArray() : size;
                scale_factor =
                    scale_factor is { Length: 1 } && spatial > 1
                        ? Enumerable.Repeat(scale_factor[0], spatial).ToArray()
                        : scale_factor;
                if (recompute_scale_factor && scale_factor is not null)
                {
                    size = scale_factor.Select((factor, i) => (long)double.Floor(x.size(i + 2) * factor)).ToArray();
                    scale_factor = null;
                }
                var aligned = align_corners ?? false;
                return (mode, spatial) switch
                {
                    (InterpolationMode.Nearest, 1) => nearest1dOp.Call(x, size, scale_factor),
                    (InterpolationMode.Nearest, 2) => nearest2dOp.Call(x, size, scale_factor),
                    (InterpolationMode.Nearest, 3) => nearest3dOp.Call(x, size, scale_factor),
                    (InterpolationMode.NearestExact, 2) => nearestExact2dOp.Call(x, size, scale_factor),
                    (InterpolationMode.Linear, 1) => linear1dOp.Call(x, size, aligned, scale_factor),
                    (InterpolationMode.Bilinear, 2) => (antialias ? bilinear2dAntialiasOp : bilinear2dOp).Call(
                        x,
                        size,
                        aligned,
                        scale_factor
                    ),
                    (InterpolationMode.Bicubic, 2) => (antialias ? bicubic2dAntialiasOp : bicubic2dOp).Call(
                        x,
                        size,
                        aligned,
                        scale_factor
                    ),
                    (InterpolationMode.Trilinear, 3) => trilinear3dOp.Call(x, size, aligned, scale_factor),
                    (InterpolationMode.Area, 2) => adaptive_avg_pool2d(
                        x,
                        size
                            ?? scale_factor!.Select((factor, i) => (long)double.Floor(x.size(i + 2) * factor)).ToArray()
                    ),
                    _ => throw new ArgumentException(
                        $"{mode} doesn't resize a tensor of {x.Dimensions} dimensions.",
                        nameof(mode)
                    ),
                };
            }

            public static Tensor upsample(
                Tensor input,
                long[]? size = null,
                double[]? scale_factor = null,
                UpsampleMode mode = UpsampleMode.Nearest,
                bool align_corners = false
            ) => interpolate(NotNull(input), size, scale_factor, (InterpolationMode)mode, align_corners);
        }
    }
}
