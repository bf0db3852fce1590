using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>
/// Lays images out in rows and columns as they are made, and writes the picture as PNG along the way: only one row of
/// images is in memory. <see cref="ImageGrid"/> is for images that are all there.
/// </summary>
/// <remarks>Not thread-safe.</remarks>
public sealed class ImageGridWriter
{
    private readonly GridRows _rows;

    /// <summary>Begins the picture.</summary>
    /// <param name="stream">Where the PNG file goes; stays open. It is complete with the last image.</param>
    /// <param name="count">Number of images there will be, at least 1.</param>
    /// <param name="shape">Of one image, [C, H, W] with C = 1 or 3.</param>
    /// <param name="columns">Images a row, at least 1.</param>
    /// <param name="scale">Every pixel becomes scale × scale pixels; at least 1.</param>
    /// <param name="gap">Blank pixels between images, before scaling; at least 0.</param>
    /// <exception cref="ArgumentException">A number is outside its range, the images are neither grey nor RGB, or the
    /// picture has a side that PNG has no number for.</exception>
    public ImageGridWriter(
        Stream stream,
        int count,
        ReadOnlySpan<long> shape,
        int columns = 8,
        int scale = 3,
        int gap = 1
    )
    {
        ArgumentNullException.ThrowIfNull(stream);
        var layout = new GridLayout(count, shape, columns, scale, gap);
        var png = new PngWriter(stream, layout.GridWidth, layout.GridHeight, layout.Channels);
        _rows = new GridRows(layout, png.WriteRow);
    }

    /// <summary>Number of images still to come.</summary>
    public int Left => _rows.Left;

    /// <summary>Adds the next images.</summary>
    /// <param name="images">[B, C, H, W], at most <see cref="Left"/>, values in [−1, 1]; what is outside is clamped.</param>
    /// <exception cref="ArgumentException">They have another shape, or are too many.</exception>
    public void Add(Tensor images)
    {
        ArgumentNullException.ThrowIfNull(images);
        _rows.Add(images);
    }
}
