using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>What transposed convolutions have in common.</summary>
public abstract class ConvolutionTranspose : Convolution
{
    private protected ConvolutionTranspose(
        string name,
        long in_channels,
        long out_channels,
        long[] kernel_size,
        long[] stride,
        long[] padding,
        long[] dilation,
        long[] output_padding,
        long groups,
        bool bias,
        PaddingModes padding_mode,
        Device? device,
        ScalarType? dtype
    )
        : base(
            name,
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            null,
            dilation,
            transposed: true,
            output_padding,
            groups,
            bias,
            padding_mode,
            device,
            dtype
        )
    {
        if (padding_mode != PaddingModes.Zeros)
        {
            throw new ArgumentException(
                $"A transposed convolution pads with zeros only, not by {padding_mode}.",
                nameof(padding_mode)
            );
        }
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor input) => forward(input, null);

    /// <summary>Computes a result of a chosen size.</summary>
    /// <param name="input">The input.</param>
    /// <param name="output_size">The size, where the stride leaves a choice; null for the default.</param>
    public abstract Tensor forward(Tensor input, long[]? output_size);
}
