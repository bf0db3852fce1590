using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>Two-dimensional convolution (cross-correlation) of `[B, C, H, W]` or `[C, H, W]`.</summary>
public sealed class Conv2d : Convolution
{
    // Zeros on no side: the padding is already there.
    private static readonly long[] NoPadding = [0, 0];
    private readonly long[] _sides;

    internal Conv2d(
        long in_channels,
        long out_channels,
        (long, long) kernel_size,
        (long, long) stride,
        (long, long)? padding,
        Padding? padding_type,
        (long, long) dilation,
        long groups,
        bool bias,
        PaddingModes padding_mode,
        Device? device,
        ScalarType? dtype
    )
        : base(
            nameof(Conv2d),
            in_channels,
            out_channels,
            [kernel_size.Item1, kernel_size.Item2],
            [stride.Item1, stride.Item2],
            padding is { } p ? [p.Item1, p.Item2] : null,
            padding_type,
            [dilation.Item1, dilation.Item2],
            transposed: false,
            [0, 0],
            groups,
            bias,
            padding_mode,
            device,
            dtype
        ) => _sides = Sides();

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        ThrowIfWrongShape(input);
        if (padding_mode != PaddingModes.Zeros)
        {
            using var padded = nn.functional.pad(input, _sides, padding_mode);
            return nn.functional.conv2d(padded, weight, bias, stride, NoPadding, dilation, groups);
        }
        return padding_type is { } type
            ? nn.functional.conv2d_padding(input, weight, bias, stride, type, dilation, groups)
            : nn.functional.conv2d(input, weight, bias, stride, padding, dilation, groups);
    }

    // Left, right, top, bottom: the last dimension comes first.
    private long[] Sides()
    {
        if (padding is { } both)
            return [both[1], both[1], both[0], both[0]];
        if (padding_type != Padding.Same)
            return [0, 0, 0, 0];
        var (vertical, horizontal) = (dilation[0] * (kernel_size[0] - 1), dilation[1] * (kernel_size[1] - 1));
        return [horizontal / 2, horizontal - horizontal / 2, vertical / 2, vertical - vertical / 2];
    }
}
