using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>Two-dimensional transposed convolution of `[B, C, H, W]` or `[C, H, W]`.</summary>
public sealed class ConvTranspose2d : ConvolutionTranspose
{
    private const int PictureDimensions = 2;

    internal ConvTranspose2d(
        long in_channels,
        long out_channels,
        (long, long) kernel_size,
        (long, long) stride,
        (long, long) padding,
        (long, long) output_padding,
        (long, long) dilation,
        long groups,
        bool bias,
        PaddingModes padding_mode,
        Device? device,
        ScalarType? dtype
    )
        : base(
            nameof(ConvTranspose2d),
            in_channels,
            out_channels,
            [kernel_size.Item1, kernel_size.Item2],
            [stride.Item1, stride.Item2],
            [padding.Item1, padding.Item2],
            [dilation.Item1, dilation.Item2],
            [output_padding.Item1, output_padding.Item2],
            groups,
            bias,
            padding_mode,
            device,
            dtype
        ) { }

    /// <inheritdoc/>
    public override Tensor forward(Tensor input, long[]? output_size)
    {
        ThrowIfWrongShape(input);
        return nn.functional.conv_transpose2d(
            input,
            weight,
            bias,
            stride,
            padding,
            output_size is null ? output_padding : OutputPadding(input, output_size),
            dilation,
            groups
        );
    }

    private long[] OutputPadding(Tensor input, long[] outputSize)
    {
        var wanted = outputSize.AsSpan(int.Max(0, outputSize.Length - PictureDimensions));
        var extra = new long[PictureDimensions];
        for (var d = 0; d < PictureDimensions; d++)
        {
            var size = input.shape[^(PictureDimensions - d)];
            var smallest = (size - 1) * stride[d] - 2 * padding![d] + dilation[d] * (kernel_size[d] - 1) + 1;
            var largest = smallest + stride[d] - 1;
            if (wanted.Length != PictureDimensions || wanted[d] < smallest || wanted[d] > largest)
            {
                throw new ArgumentException(
                    $"Dimension {d} of the result can be {smallest} to {largest}, "
                        + $"but output_size is [{string.Join(", ", outputSize)}].",
                    nameof(outputSize)
                );
            }
            extra[d] = wanted[d] - smallest;
        }
        return extra;
    }
}
