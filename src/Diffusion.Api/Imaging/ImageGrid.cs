using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>Lays images out in rows and columns as one picture. <see cref="ImageGridWriter"/> is for more than memory holds.</summary>
public static class ImageGrid
{
    /// <summary>Makes a picture of a batch of images, row by row.</summary>
    /// <param name="images">[N, C, H, W] with C = 1 or 3, values in [−1, 1]; what is outside is clamped.</param>
    /// <param name="columns">Images a row, at least 1.</param>
    /// <param name="scale">Every pixel becomes scale × scale pixels; at least 1.</param>
    /// <param name="gap">Blank pixels between images, before scaling; at least 0.</param>
    /// <exception cref="ArgumentException">The tensor isn't a batch of grey or RGB images, or has no image.</exception>
    public static Picture Arrange(Tensor images, int columns = 8, int scale = 3, int gap = 1)
    {
        ArgumentNullException.ThrowIfNull(images);
        if (images.dim() != 4 || images.shape[0] == 0 || images.shape[1] is not (1 or 3))
            throw new ArgumentException(
                $"The tensor has shape [{string.Join(", ", images.shape)}]; a grid needs [N, C, H, W] with N ≥ 1 and C = 1 or 3.",
                nameof(images)
            );
        var layout = new GridLayout(checked((int)images.shape[0]), images.shape.AsSpan(1), columns, scale, gap);
        var (width, height, channels) = (layout.GridWidth, layout.GridHeight, layout.Channels);
        if ((long)width * height * channels > Array.MaxLength)
            throw new ArgumentException(
                $"A picture of {width}×{height} pixels is too large for memory; use {nameof(ImageGridWriter)}, or fewer images.",
                nameof(images)
            );
        var pixels = new byte[width * height * channels];
        var filled = 0;
        new GridRows(layout, Keep).Add(images);
        return new Picture(width, height, channels, pixels);

        void Keep(ReadOnlySpan<byte> row)
        {
            row.CopyTo(pixels.AsSpan(filled));
            filled += row.Length;
        }
    }
}
