using System.Buffers.Binary;
using System.IO.Compression;
using Diffusion.Nn;

namespace Diffusion.Api;

/// <summary>An 8-bit picture, grey or RGB, which can be written as PNG.</summary>
public sealed class Picture
{
    private static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0d, 0x0a, 0x1a, 0x0a];

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

    /// <summary>Writes the picture as PNG; the file appears whole or not at all.</summary>
    public void SavePng(string path) => AtomicFile.Write(path, WritePng);

    /// <summary>Writes the picture as PNG (W3C PNG specification, third edition), one filter type None a row.</summary>
    public void WritePng(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        stream.Write(Signature);
        Span<byte> header = stackalloc byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, Width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], Height);
        header[8] = 8;
        header[9] = (byte)(Channels == 1 ? 0 : 2);
        header[10..].Clear();
        WriteChunk(stream, "IHDR"u8, header);
        WriteChunk(stream, "IDAT"u8, Compressed());
        WriteChunk(stream, "IEND"u8, []);
    }

    private byte[] Compressed()
    {
        using var buffer = new MemoryStream();
        using (var zlib = new ZLibStream(buffer, CompressionLevel.Optimal, leaveOpen: true))
        {
            var stride = Width * Channels;
            for (var y = 0; y < Height; y++)
            {
                zlib.WriteByte(0);
                zlib.Write(Pixels.Slice(y * stride, stride));
            }
        }
        return buffer.ToArray();
    }

    private static void WriteChunk(Stream stream, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        Span<byte> word = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(word, data.Length);
        stream.Write(word);
        stream.Write(type);
        stream.Write(data);
        BinaryPrimitives.WriteUInt32BigEndian(word, Crc32.Of(type, data));
        stream.Write(word);
    }
}
