using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>The mean under a window that moves over `[B, C, H, W]`.</summary>
public sealed class AvgPool2d : ParameterLessModule<Tensor, Tensor>
{
    internal AvgPool2d(
        long[] kernel_size,
        long[]? stride,
        long[]? padding,
        bool ceil_mode,
        bool count_include_pad,
        long? divisor_override
    )
        : base(nameof(AvgPool2d))
    {
        ArgumentNullException.ThrowIfNull(kernel_size);
        this.kernel_size = kernel_size;
        this.stride = stride;
        this.padding = padding;
        this.ceil_mode = ceil_mode;
        this.count_include_pad = count_include_pad;
        this.divisor_override = divisor_override;
    }

    /// <summary>Size of the window.</summary>
    public long[] kernel_size { get; set; }

    /// <summary>Step of the window; null for its size.</summary>
    public long[]? stride { get; set; }

    /// <summary>Pixels of 0 added on each side; null for none.</summary>
    public long[]? padding { get; set; }

    /// <summary>Whether a window that reaches over the edge counts.</summary>
    public bool ceil_mode { get; set; }

    /// <summary>Whether added pixels count in the mean.</summary>
    public bool count_include_pad { get; set; }

    /// <summary>What to divide the sum by, where it isn't the window's size.</summary>
    public long? divisor_override { get; set; }

    /// <inheritdoc/>
    public override Tensor forward(Tensor input) =>
        nn.functional.avg_pool2d(input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override);
}
