using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>The largest value under a window that moves over `[B, C, H, W]`.</summary>
public sealed class MaxPool2d : ParameterLessModule<Tensor, Tensor>
{
    internal MaxPool2d(long[] kernel_size, long[]? stride, long[]? padding, long[]? dilation, bool ceil_mode)
        : base(nameof(MaxPool2d))
    {
        ArgumentNullException.ThrowIfNull(kernel_size);
        this.kernel_size = kernel_size;
        this.stride = stride;
        this.padding = padding;
        this.dilation = dilation;
        this.ceil_mode = ceil_mode;
    }

    /// <summary>Size of the window.</summary>
    public long[] kernel_size { get; set; }

    /// <summary>Step of the window; null for its size.</summary>
    public long[]? stride { get; set; }

    /// <summary>Pixels of −∞ added on each side; null for none.</summary>
    public long[]? padding { get; set; }

    /// <summary>Distance between the points of the window; null for 1.</summary>
    public long[]? dilation { get; set; }

    /// <summary>Whether a window that reaches over the edge counts.</summary>
    public bool ceil_mode { get; set; }

    /// <inheritdoc/>
    public override Tensor forward(Tensor input) =>
        nn.functional.max_pool2d(input, kernel_size, stride, padding, dilation, ceil_mode);

    /// <summary>The largest values, and where in each picture they are.</summary>
    /// <param name="input">The input `[B, C, H, W]`.</param>
    public (Tensor Values, Tensor Indices) forward_with_indices(Tensor input) =>
        nn.functional.max_pool2d_with_indices(input, kernel_size, stride, padding, dilation, ceil_mode);
}
