using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using Diffusion.Api;

namespace Diffusion.Numerics;

/// <summary>Takes PNG files apart and puts them together, sound checksums included, so that one part can be made wrong.</summary>
internal static class PngParts
{
    private static readonly byte[] Signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

    /// <summary>A grey picture of 8 bits, from its chunks.</summary>
    internal static List<(string Type, byte[] Data)> Grey(int width, int height, byte value = 100)
    {
        byte[] row = [0, .. Enumerable.Repeat(value, width)];
        return
        [
            ("IHDR", Header(width, height)),
            ("IDAT", Deflated([.. Enumerable.Repeat(row, height).SelectMany(r => r)])),
            ("IEND", []),
        ];
    }

    internal static byte[] Header(uint width, uint height, byte depth = 8, byte colour = 0, byte interlaced = 0)
    {
        var header = new byte[13];
        BinaryPrimitives.WriteUInt32BigEndian(header, width);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9], header[12]) = (depth, colour, interlaced);
        return header;
    }

    internal static byte[] Header(int width, int height) => Header((uint)width, (uint)height);

    internal static byte[] Deflated(byte[] data)
    {
        using var buffer = new MemoryStream();
        using (var zlib = new ZLibStream(buffer, CompressionLevel.Optimal, leaveOpen: true))
            zlib.Write(data);
        return buffer.ToArray();
    }

    internal static byte[] Inflated(byte[] data)
    {
        using var zlib = new ZLibStream(new MemoryStream(data), CompressionMode.Decompress);
        using var buffer = new MemoryStream();
        zlib.CopyTo(buffer);
        return buffer.ToArray();
    }

    internal static byte[] File(IEnumerable<(string Type, byte[] Data)> chunks) =>
        [.. Signature, .. chunks.SelectMany(c => Chunk(c.Type, c.Data))];

    internal static List<(string Type, byte[] Data)> Chunks(byte[] file)
    {
        var chunks = new List<(string, byte[])>();
        for (var at = Signature.Length; at < file.Length; at += 12 + chunks[^1].Item2.Length)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(at));
            chunks.Add((Encoding.ASCII.GetString(file, at + 4, 4), file[(at + 8)..(at + 8 + length)]));
        }
        return chunks;
    }

    private static byte[] Chunk(string type, byte[] data)
    {
        var chunk = new byte[12 + data.Length];
        BinaryPrimitives.WriteInt32BigEndian(chunk, data.Length);
        Encoding.Latin1.GetBytes(type, chunk.AsSpan(4));
        data.CopyTo(chunk, 8);
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(8 + data.Length), Crc32.Of(chunk.AsSpan(4, 4), data));
        return chunk;
    }
}
