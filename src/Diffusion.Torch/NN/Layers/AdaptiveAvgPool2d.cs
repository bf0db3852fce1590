using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>Means of `[B, C, H, W]` over windows chosen so that the result has a given size.</summary>
public sealed class AdaptiveAvgPool2d : ParameterLessModule<Tensor, Tensor>
{
    internal AdaptiveAvgPool2d(long[] output_size)
        : base(nameof(AdaptiveAvgPool2d))
    {
        ArgumentNullException.ThrowIfNull(output_size);
        this.output_size = output_size;
    }

    /// <summary>Height and width of the result.</summary>
    public long[] output_size { get; set; }

    /// <inheritdoc/>
    public override Tensor forward(Tensor input) => nn.functional.adaptive_avg_pool2d(input, output_size);
}
