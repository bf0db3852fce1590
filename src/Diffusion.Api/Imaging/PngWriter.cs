using System.Buffers.Binary;
using System.IO.Compression;

namespace Diffusion.Api;

/// <summary>
/// Writes a PNG file row by row (W3C PNG specification, third edition), 8 bits, each row with filter type None. What is
/// compressed is written as it comes, so that a picture needn't be in memory.
/// </summary>
internal sealed class PngWriter
{
    // Of compressed data in one IDAT chunk, roughly: the rest follows in further ones.
    private const int MostOfAChunk = 1 << 20;

    private readonly Stream _stream;
    private readonly MemoryStream _compressed = new();
    private readonly ZLibStream _zlib;
    private readonly int _stride;
    private int _left;

    /// <summary>Writes all that comes before the rows.</summary>
    /// <param name="stream">The file; stays open.</param>
    /// <param name="width">In pixels, at least 1.</param>
    /// <param name="height">Number of rows, at least 1.</param>
    /// <param name="channels">1 for grey, 3 for RGB.</param>
    internal PngWriter(Stream stream, int width, int height, int channels)
    {
        (_stream, _stride, _left) = (stream, checked(width * channels), height);
        stream.Write(PngChunks.Signature);
        Span<byte> header = stackalloc byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], height);
        header[8] = 8;
        header[9] = (byte)(channels == 1 ? PngColour.Grey : PngColour.Rgb);
        header[10..].Clear();
        WriteChunk("IHDR"u8, header);
        _zlib = new ZLibStream(_compressed, CompressionLevel.Optimal, leaveOpen: true);
    }

    /// <summary>Writes the next row, and after the last one the end of the file.</summary>
    /// <param name="row">Its pixels, channels interleaved.</param>
    internal void WriteRow(ReadOnlySpan<byte> row)
    {
        if (row.Length != _stride || _left == 0)
            throw new InvalidOperationException($"A row of {row.Length} bytes, {_left} to come of {_stride}.");
        _zlib.WriteByte(0);
        _zlib.Write(row);
        if (--_left == 0)
            _zlib.Dispose();
        if (_left == 0 || _compressed.Length >= MostOfAChunk)
            WriteCompressed();
        if (_left == 0)
            WriteChunk("IEND"u8, []);
    }

    private void WriteCompressed()
    {
        WriteChunk("IDAT"u8, _compressed.GetBuffer().AsSpan(0, (int)_compressed.Length));
        _compressed.SetLength(0);
    }

    private void WriteChunk(ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        Span<byte> word = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(word, data.Length);
        _stream.Write(word);
        _stream.Write(type);
        _stream.Write(data);
        BinaryPrimitives.WriteUInt32BigEndian(word, Crc32.Of(type, data));
        _stream.Write(word);
    }
}
