namespace Diffusion.Api;

/// <summary>
/// Brings an image to a network's shape: scaled so that it just covers the size, the longer side cropped in the middle;
/// grey repeated to colours, or colours weighted to grey by ITU-R BT.601 (0.299, 0.587, 0.114). Values are taken as
/// they are in the file (no gamma).
/// </summary>
internal static class ImageFit
{
    /// <summary>Whether there is a rule from so many channels to so many.</summary>
    internal static bool CanConvert(int from, int to) => from == to || (from is 1 or 3 && to is 1 or 3);

    /// <summary>Fits one image.</summary>
    /// <param name="image">Its planes, one after another.</param>
    /// <param name="source">Its shape.</param>
    /// <param name="target">Takes the planes of the result.</param>
    /// <param name="to">The shape of the result; <see cref="CanConvert"/> holds.</param>
    internal static void Write(ReadOnlySpan<byte> image, ImageShape source, Span<byte> target, ImageShape to)
    {
        if (source.Channels == 3 && to.Channels == 1)
        {
            image = Grey(image);
            source = source with { Channels = 1 };
        }
        var (plane, fitted) = (source.Height * source.Width, to.Height * to.Width);
        if ((source.Height, source.Width) == (to.Height, to.Width))
            image.CopyTo(target);
        else
        {
            var scale = double.Max((double)to.Height / source.Height, (double)to.Width / source.Width);
            var rows = new ResampledAxis(source.Height, to.Height, scale);
            var columns = new ResampledAxis(source.Width, to.Width, scale);
            for (var c = 0; c < source.Channels; c++)
                Resample(image.Slice(c * plane, plane), rows, columns, source.Width, target.Slice(c * fitted, fitted));
        }
        for (var c = source.Channels; c < to.Channels; c++)
            target[..fitted].CopyTo(target[(c * fitted)..]);
    }

    /// <summary>A picture's channels, taken apart into planes.</summary>
    internal static byte[] Planes(Picture picture)
    {
        var pixels = picture.Pixels;
        var plane = picture.Height * picture.Width;
        if (picture.Channels == 1)
            return pixels.ToArray();
        var planes = new byte[pixels.Length];
        for (var i = 0; i < plane; i++)
        for (var c = 0; c < picture.Channels; c++)
            planes[c * plane + i] = pixels[i * picture.Channels + c];
        return planes;
    }

    private static byte[] Grey(ReadOnlySpan<byte> image)
    {
        var grey = new byte[image.Length / 3];
        for (var i = 0; i < grey.Length; i++)
            grey[i] = (byte)(
                (299 * image[i] + 587 * image[grey.Length + i] + 114 * image[2 * grey.Length + i] + 500) / 1000
            );
        return grey;
    }

    private static void Resample(
        ReadOnlySpan<byte> plane,
        ResampledAxis rows,
        ResampledAxis columns,
        int width,
        Span<byte> target
    )
    {
        var narrow = new float[(rows.End - rows.Begin) * columns.Length];
        for (var y = rows.Begin; y < rows.End; y++)
        for (var x = 0; x < columns.Length; x++)
        {
            var pixels = plane.Slice(y * width + columns.First(x));
            var weights = columns.Weights(x);
            var sum = 0f;
            for (var j = 0; j < weights.Length; j++)
                sum += weights[j] * pixels[j];
            narrow[(y - rows.Begin) * columns.Length + x] = sum;
        }
        for (var y = 0; y < rows.Length; y++)
        for (var x = 0; x < columns.Length; x++)
        {
            var pixels = narrow.AsSpan((rows.First(y) - rows.Begin) * columns.Length + x);
            var weights = rows.Weights(y);
            var sum = 0f;
            for (var j = 0; j < weights.Length; j++)
                sum += weights[j] * pixels[j * columns.Length];
            target[y * columns.Length + x] = (byte)(sum + 0.5f);
        }
    }
}
