namespace Diffusion.Api;

/// <summary>The parts of a PNG file that its pixels are made from.</summary>
/// <param name="Header">Size and kind of the pixels.</param>
/// <param name="Palette">Red, green, blue of each entry; empty without one.</param>
/// <param name="Transparency">The data of tRNS: α of palette entries, or the colour that is transparent; empty without one.</param>
/// <param name="Compressed">The data of all IDAT chunks.</param>
internal sealed record PngContent(PngHeader Header, byte[] Palette, byte[] Transparency, MemoryStream Compressed)
{
    private const int MostEntries = 256;

    /// <summary>Reads all chunks of a file, up to its end chunk.</summary>
    /// <exception cref="InvalidDataException">It is damaged, cut short, or has a part that decoding needs and this doesn't know.</exception>
    internal static PngContent Read(ReadOnlySpan<byte> file)
    {
        var chunks = new PngChunks(file);
        var header = PngHeader.Read(ref chunks);
        byte[] palette = [];
        byte[] transparency = [];
        var compressed = new MemoryStream();
        var previous = "IHDR";
        while (chunks.Next(out var type, out var data))
        {
            switch (type)
            {
                case "IEND":
                    return Checked(new PngContent(header, palette, transparency, compressed));
                case "IDAT" when compressed.Length > 0 && previous != "IDAT":
                    throw new InvalidDataException("its pixel data (IDAT) is interrupted by other chunks.");
                case "IDAT":
                    compressed.Write(data);
                    break;
                case "PLTE":
                    palette = data.ToArray();
                    break;
                case "tRNS":
                    transparency = data.ToArray();
                    break;
                // A capital letter: a decoder which doesn't know this chunk can't show the picture.
                case var unknown when char.IsAsciiLetterUpper(unknown[0]):
                    throw new InvalidDataException($"it needs a part that isn't supported, the chunk '{unknown}'.");
            }
            previous = type;
        }
        throw new InvalidDataException("it is cut short: it has no end chunk (IEND).");
    }

    private static PngContent Checked(PngContent content)
    {
        var colour = content.Header.Colour;
        var entries = content.Palette.Length / 3;
        if (colour == PngColour.Palette && (entries is < 1 or > MostEntries || content.Palette.Length % 3 != 0))
            throw new InvalidDataException(
                $"its palette has {content.Palette.Length} bytes; it needs three for each of 1 … {MostEntries} colours."
            );
        var allowed = colour switch
        {
            PngColour.Grey => 2,
            PngColour.Rgb => 6,
            PngColour.Palette => entries,
            // The pixels say their own; the chunk has no meaning there.
            _ => int.MaxValue,
        };
        var length = content.Transparency.Length;
        if (length > allowed || (colour is PngColour.Grey or PngColour.Rgb && length != 0 && length != allowed))
            throw new InvalidDataException($"its transparency (tRNS) has {length} bytes where {allowed} are right.");
        content.Compressed.Position = 0;
        return content;
    }
}
