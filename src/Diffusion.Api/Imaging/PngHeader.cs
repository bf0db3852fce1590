using System.Buffers.Binary;
using Diffusion.Nn;

namespace Diffusion.Api;

/// <summary>What the first chunk of a PNG file, IHDR, says (PNG specification, section 11.2.1).</summary>
/// <param name="Width">In pixels, at least 1.</param>
/// <param name="Height">In pixels, at least 1.</param>
/// <param name="Depth">Bits a sample: 1, 2, 4, 8 or 16.</param>
/// <param name="Colour">What the samples are.</param>
/// <param name="Interlaced">Whether the pixels come in Adam7's order.</param>
internal readonly record struct PngHeader(int Width, int Height, int Depth, PngColour Colour, bool Interlaced)
{
    /// <summary>Larger pictures are refused, whatever the file holds.</summary>
    internal const long MostPixels = 1L << 26;

    /// <summary>So are longer sides, since a row is held whole.</summary>
    internal const uint MostSide = 1 << 16;

    private const int Length = 13;

    /// <summary>Samples a pixel.</summary>
    internal int Samples =>
        Colour switch
        {
            PngColour.Grey or PngColour.Palette => 1,
            PngColour.GreyAlpha => 2,
            PngColour.Rgb => 3,
            _ => 4,
        };

    /// <summary>Channels of the decoded picture: 1 for grey, else 3.</summary>
    internal int Channels => Colour is PngColour.Grey or PngColour.GreyAlpha ? 1 : 3;

    /// <summary>Bytes of a row of so many pixels, without its filter type.</summary>
    internal int RowBytes(int width) => (int)(((long)width * Samples * Depth + 7) / 8);

    /// <summary>Reads the header of a file, and nothing after it.</summary>
    /// <exception cref="InvalidDataException">It isn't a PNG file, or says something impossible.</exception>
    internal static PngHeader Peek(string path)
    {
        RegularFile.RequireContent(path, PngDecoder.MostBytes, "a PNG file");
        using var file = File.OpenRead(path);
        Span<byte> start = stackalloc byte[PngChunks.Signature.Length + PngChunks.Frame + Length];
        var read = file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        var chunks = new PngChunks(start[..read]);
        return Read(ref chunks);
    }

    /// <summary>Reads the first chunk.</summary>
    /// <exception cref="InvalidDataException">It isn't IHDR, or says something impossible.</exception>
    internal static PngHeader Read(ref PngChunks chunks)
    {
        if (!chunks.Next(out var type, out var data) || type != "IHDR" || data.Length != Length)
            throw new InvalidDataException("it does not begin with a header (IHDR) as PNG files do.");
        var (width, height) = (
            BinaryPrimitives.ReadUInt32BigEndian(data),
            BinaryPrimitives.ReadUInt32BigEndian(data[4..])
        );
        if (width == 0 || height == 0)
            throw new InvalidDataException($"it says that it has {width}×{height} pixels.");
        if (width > MostSide || height > MostSide || (long)width * height > MostPixels)
            throw new InvalidDataException(
                $"it says that it has {width}×{height} pixels; at most {MostSide} a side and {MostPixels} in all are read. "
                    + "Make it smaller."
            );
        var (depth, colour, interlace) = ((int)data[8], (PngColour)data[9], data[12]);
        if (!IsKnown(colour, depth))
            throw new InvalidDataException($"there is no PNG of colour type {data[9]} with {depth} bits a sample.");
        if (data[10] != 0 || data[11] != 0 || interlace > 1)
            throw new InvalidDataException(
                $"it has compression {data[10]}, filter {data[11]} and interlacing {interlace}; known are 0, 0 and 0 or 1."
            );
        return new PngHeader((int)width, (int)height, depth, colour, interlace == 1);
    }

    private static bool IsKnown(PngColour colour, int depth) =>
        colour switch
        {
            PngColour.Grey => depth is 1 or 2 or 4 or 8 or 16,
            PngColour.Palette => depth is 1 or 2 or 4 or 8,
            PngColour.Rgb or PngColour.GreyAlpha or PngColour.Rgba => depth is 8 or 16,
            _ => false,
        };
}
