using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>Lays images out in rows and columns as one picture.</summary>
public static class ImageGrid
{
    private const byte Background = 255;

    /// <summary>Makes a picture of a batch of images, row by row.</summary>
    /// <param name="images">[N, C, H, W] with C = 1 or 3, values in [−1, 1]; what is outside is clamped.</param>
    /// <param name="columns">Images a row, at least 1.</param>
    /// <param name="scale">Every pixel becomes scale × scale pixels; at least 1.</param>
    /// <param name="gap">Blank pixels between images, before scaling; at least 0.</param>
    /// <exception cref="ArgumentException">The tensor isn't a batch of grey or RGB images, or has no image.</exception>
    public static Picture Arrange(Tensor images, int columns = 8, int scale = 3, int gap = 1)
    {
        ArgumentNullException.ThrowIfNull(images);
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(scale, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(gap);
        if (images.dim() != 4 || images.shape[0] == 0 || images.shape[1] is not (1 or 3))
            throw new ArgumentException(
                $"The tensor has shape [{string.Join(", ", images.shape)}]; a grid needs [N, C, H, W] with N ≥ 1 and C = 1 or 3.",
                nameof(images)
            );
        var (count, channels) = ((int)images.shape[0], (int)images.shape[1]);
        var (height, width) = ((int)images.shape[2], (int)images.shape[3]);
        var source = Pixels.ToBytes(images);

        columns = int.Min(columns, count);
        var rows = (count + columns - 1) / columns;
        var gridWidth = (columns * (width + gap) + gap) * scale;
        var gridHeight = (rows * (height + gap) + gap) * scale;
        var target = new byte[gridWidth * gridHeight * channels];
        Array.Fill(target, Background);
        for (var n = 0; n < count; n++)
        {
            var top = (n / columns * (height + gap) + gap) * scale;
            var left = (n % columns * (width + gap) + gap) * scale;
            for (var y = 0; y < height * scale; y++)
            for (var x = 0; x < width * scale; x++)
            for (var c = 0; c < channels; c++)
                target[((top + y) * gridWidth + left + x) * channels + c] = source[
                    ((n * channels + c) * height + y / scale) * width + x / scale
                ];
        }
        return new Picture(gridWidth, gridHeight, channels, target);
    }
}
