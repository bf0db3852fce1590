using System.IO.Compression;

namespace Diffusion.Api;

/// <summary>
/// Decodes PNG files (W3C PNG specification, third edition) of every colour type and depth, interlaced or not. The
/// framework has no decoder.
/// </summary>
internal static class PngDecoder
{
    /// <summary>Larger files are refused.</summary>
    internal const int MostBytes = 1 << 28;

    // The most that deflate can make of one byte.
    private const long MostExpansion = 1032;

    /// <summary>Decodes a whole file.</summary>
    /// <exception cref="InvalidDataException">It isn't a sound PNG file.</exception>
    internal static Picture Decode(ReadOnlySpan<byte> file)
    {
        var content = PngContent.Read(file);
        using var compressed = content.Compressed;
        var header = content.Header;
        var passes = PngPass.Of(header).ToArray();
        // Before memory is taken for what the header promises: can the file hold it?
        var promised = passes.Sum(pass => pass.Height * (1L + header.RowBytes(pass.Width)));
        if (promised > compressed.Length * MostExpansion)
            throw new InvalidDataException(
                $"it is cut short: its {compressed.Length} bytes of pixel data can't hold {header.Width}×{header.Height} pixels."
            );
        var pixels = new byte[header.Width * header.Height * header.Channels];
        using var rows = new ZLibStream(compressed, CompressionMode.Decompress);
        var source = new PngPixels(content);
        foreach (var pass in passes)
            Decode(rows, pass, header, source, pixels);
        CheckEnd(rows);
        return new Picture(header.Width, header.Height, header.Channels, pixels);
    }

    private static void Decode(ZLibStream rows, PngPass pass, PngHeader header, PngPixels source, byte[] pixels)
    {
        var length = header.RowBytes(pass.Width);
        var step = int.Max(1, header.Samples * header.Depth / 8);
        var (row, above) = (new byte[1 + length], new byte[1 + length]);
        for (var y = 0; y < pass.Height; y++)
        {
            Fill(row, rows);
            PngFilter.Undo(row[0], row.AsSpan(1), above.AsSpan(1), step);
            var line = (pass.Top + y * pass.StepY) * header.Width;
            for (var x = 0; x < pass.Width; x++)
                source.Write(
                    row.AsSpan(1),
                    x,
                    pixels.AsSpan((line + pass.Left + x * pass.StepX) * header.Channels, header.Channels)
                );
            (row, above) = (above, row);
        }
    }

    private static void Fill(Span<byte> row, ZLibStream rows)
    {
        try
        {
            rows.ReadExactly(row);
        }
        catch (EndOfStreamException missing)
        {
            throw new InvalidDataException("it is cut short: pixels are missing.", missing);
        }
        catch (Exception damaged) when (damaged is InvalidDataException or IOException)
        {
            throw new InvalidDataException("its pixel data can't be decompressed; the file is damaged.", damaged);
        }
    }

    // After the pixels comes a checksum of theirs, which is looked at only if one reads on. Bytes left over do no harm.
    private static void CheckEnd(ZLibStream rows)
    {
        try
        {
            rows.ReadByte();
        }
        catch (Exception damaged) when (damaged is InvalidDataException or IOException)
        {
            throw new InvalidDataException("the checksum of its pixels is wrong; the file is damaged.", damaged);
        }
    }
}
