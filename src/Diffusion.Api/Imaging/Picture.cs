using Diffusion.Nn;

namespace Diffusion.Api;

/// <summary>An 8-bit picture, grey or RGB, which can be read from PNG and written as PNG.</summary>
public sealed class Picture
{
    private readonly ReadOnlyMemory<byte> _pixels;

    /// <summary>Takes the pixels of a picture.</summary>
    /// <param name="width">In pixels, at least 1.</param>
    /// <param name="height">In pixels, at least 1.</param>
    /// <param name="channels">1 for grey, 3 for RGB.</param>
    /// <param name="pixels">Rows from the top, channels interleaved.</param>
    public Picture(int width, int height, int channels, ReadOnlyMemory<byte> pixels)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        if (channels is not (1 or 3))
            throw new ArgumentOutOfRangeException(
                nameof(channels),
                channels,
                "A picture has 1 channel (grey) or 3 (RGB)."
            );
        if (pixels.Length != width * height * channels)
            throw new ArgumentException(
                $"A {width}×{height} picture of {channels} channels has {width * height * channels} bytes; {pixels.Length} were given.",
                nameof(pixels)
            );
        (Width, Height, Channels, _pixels) = (width, height, channels, pixels);
    }

    /// <summary>Width in pixels.</summary>
    public int Width { get; }

    /// <summary>Height in pixels.</summary>
    public int Height { get; }

    /// <summary>1 for grey, 3 for RGB.</summary>
    public int Channels { get; }

    /// <summary>Rows from the top, channels interleaved.</summary>
    public ReadOnlySpan<byte> Pixels => _pixels.Span;

    /// <summary>
    /// Reads a PNG file of any colour type and depth, interlaced or not (W3C PNG specification, third edition). Grey
    /// stays grey, palettes become RGB, 16 bits are rounded to 8, and what is transparent is laid on white.
    /// </summary>
    /// <param name="path">At most 256 MiB, 2¹⁶ pixels a side, and 2²⁶ pixels.</param>
    /// <remarks>Colour profiles, gamma and the orientation of a camera are not applied; of animations the still picture
    /// is read.</remarks>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">It isn't a sound PNG file; the message names it and says what is wrong.</exception>
    public static Picture LoadPng(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        // What is wrong with the file itself names it already.
        RegularFile.RequireContent(path, PngDecoder.MostBytes, "a PNG file");
        var bytes = File.ReadAllBytes(path);
        try
        {
            return PngDecoder.Decode(bytes);
        }
        catch (InvalidDataException damaged)
        {
            throw new InvalidDataException($"'{path}': {damaged.Message}", damaged);
        }
    }

    /// <summary>Writes the picture as PNG; the file appears whole or not at all.</summary>
    public void SavePng(string path) => AtomicFile.Write(path, WritePng);

    /// <summary>Writes the picture as PNG (W3C PNG specification, third edition), one filter type None a row.</summary>
    public void WritePng(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        var png = new PngWriter(stream, Width, Height, Channels);
        var stride = Width * Channels;
        for (var y = 0; y < Height; y++)
            png.WriteRow(Pixels.Slice(y * stride, stride));
    }
}
