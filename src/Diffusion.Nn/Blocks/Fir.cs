using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Diffusion.Nn;

/// <summary>
/// Halving and doubling of images with the smoothing filter w = (1, 3, 3, 1)/8 along rows and columns
/// (Zhang 2019, "Making convolutional networks shift-invariant again").
/// </summary>
internal static class Fir
{
    private const int Taps = 4;

    // Exact in every float type: none of these has more than four significant bits.
    private static readonly float[] Weights =
    [
        .. from row in (float[])[1, 3, 3, 1] from column in (float[])[1, 3, 3, 1] select row * column / 64,
    ];

    /// <summary>Every second pixel of the smoothed image, a new tensor [B, C, ⌊H/2⌋, ⌊W/2⌋].</summary>
    /// <param name="x">[B, C, H, W].</param>
    /// <param name="mirrored">Whether the image goes on as its mirror image beyond the edge, or as zeros.</param>
    internal static Tensor Halve(Tensor x, bool mirrored = false)
    {
        using var kernel = Kernel(x, 1);
        return Filtered(
            x,
            mirrored,
            rows => F.conv2d(rows, kernel, strides: [2, 2], padding: mirrored ? [0, 0] : [1, 1])
        );
    }

    /// <summary>The image with a zero after each pixel, smoothed and made 4 times brighter, a new tensor
    /// [B, C, 2H, 2W].</summary>
    /// <param name="x">[B, C, H, W].</param>
    /// <param name="mirrored">Whether the image goes on as its mirror image beyond the edge, or as zeros.</param>
    internal static Tensor Double(Tensor x, bool mirrored = false)
    {
        using var kernel = Kernel(x, 4);
        return Filtered(
            x,
            mirrored,
            rows => F.conv_transpose2d(rows, kernel, strides: [2, 2], padding: mirrored ? [3, 3] : [1, 1])
        );
    }

    // One channel at a time: the filter is the same for all.
    private static Tensor Filtered(Tensor x, bool mirrored, Func<Tensor, Tensor> filter)
    {
        var (batch, channels) = (x.shape[0], x.shape[1]);
        if (mirrored && (x.shape[2] < 2 || x.shape[3] < 2))
            throw new ArgumentException(
                $"K blocks mirror the image at its edges, which takes 2x2 pixels or more at the smallest size; got "
                    + $"{x.shape[2]}x{x.shape[3]}. Take larger images or a network with fewer blocks.",
                nameof(x)
            );
        return x.reshape(batch * channels, 1, x.shape[2], x.shape[3])
            .Then(t => mirrored ? F.pad(t, [1, 1, 1, 1], PaddingModes.Reflect) : t.alias())
            .Then(filter)
            .Then(t => t.view(batch, channels, t.shape[2], t.shape[3]));
    }

    private static Tensor Kernel(Tensor x, float gain) =>
        tensor(Weights.Select(w => w * gain).ToArray(), dtype: x.dtype, device: x.device)
            .Then(t => t.view(1, 1, Taps, Taps));
}
