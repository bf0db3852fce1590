using System.Buffers.Binary;

namespace Diffusion.Api;

/// <summary>Makes 8-bit grey or RGB pixels on white from the samples of a PNG.</summary>
internal sealed class PngPixels
{
    private const int Opaque = 255;
    private const int White = 255;

    private readonly PngHeader _header;
    private readonly byte[] _palette;
    private readonly byte[] _alphas;
    private readonly int[] _transparent;
    private readonly int _largest;

    internal PngPixels(PngContent content)
    {
        _header = content.Header;
        _palette = content.Palette;
        _alphas = content.Transparency;
        _largest = (1 << _header.Depth) - 1;
        _transparent = _header.Colour is PngColour.Grey or PngColour.Rgb ? Key(content.Transparency) : [];
    }

    /// <summary>Writes one pixel.</summary>
    /// <param name="row">The restored row that it is in.</param>
    /// <param name="x">Its number in the row.</param>
    /// <param name="target">Takes <see cref="PngHeader.Channels"/> bytes.</param>
    /// <exception cref="InvalidDataException">It is a colour that the palette doesn't have.</exception>
    internal void Write(ReadOnlySpan<byte> row, int x, Span<byte> target)
    {
        if (_header.Colour == PngColour.Palette)
        {
            WriteEntry(Sample(row, x), target);
            return;
        }
        var first = x * _header.Samples;
        var alpha = Alpha(row, first);
        for (var c = 0; c < target.Length; c++)
            target[c] = OnWhite(ToByte(Sample(row, first + c)), alpha);
    }

    private void WriteEntry(int entry, Span<byte> target)
    {
        if (3 * entry >= _palette.Length)
            throw new InvalidDataException(
                $"a pixel has colour {entry} of a palette of {_palette.Length / 3}; the file is damaged."
            );
        var alpha = entry < _alphas.Length ? _alphas[entry] : Opaque;
        for (var c = 0; c < target.Length; c++)
            target[c] = OnWhite(_palette[3 * entry + c], alpha);
    }

    private int Alpha(ReadOnlySpan<byte> row, int first)
    {
        if (_header.Colour is PngColour.GreyAlpha or PngColour.Rgba)
            return ToByte(Sample(row, first + _header.Samples - 1));
        if (_transparent.Length == 0)
            return Opaque;
        for (var c = 0; c < _transparent.Length; c++)
            if (Sample(row, first + c) != _transparent[c])
                return Opaque;
        return 0;
    }

    private int Sample(ReadOnlySpan<byte> row, int index)
    {
        switch (_header.Depth)
        {
            case 8:
                return row[index];
            case 16:
                return BinaryPrimitives.ReadUInt16BigEndian(row[(2 * index)..]);
            default:
                // Packed from the high bits down.
                var bit = (long)index * _header.Depth;
                return (row[(int)(bit / 8)] >> (int)(8 - _header.Depth - bit % 8)) & _largest;
        }
    }

    private int ToByte(int sample) => (sample * 255 + _largest / 2) / _largest;

    private static byte OnWhite(int value, int alpha) =>
        (byte)((value * alpha + White * (Opaque - alpha) + Opaque / 2) / Opaque);

    // A sample of 16 bits for each channel, of which only the picture's own bits count.
    private int[] Key(byte[] transparency)
    {
        var key = new int[transparency.Length / 2];
        for (var c = 0; c < key.Length; c++)
            key[c] = BinaryPrimitives.ReadUInt16BigEndian(transparency.AsSpan(2 * c)) & _largest;
        return key;
    }
}
