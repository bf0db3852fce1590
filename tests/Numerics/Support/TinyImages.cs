using System.Buffers.Binary;
using System.IO.Compression;

namespace Diffusion.Numerics;

/// <summary>Small IDX files for tests: bright squares on black, at places that the image's number says.</summary>
internal static class TinyImages
{
    internal const int Side = 8;

    internal static byte[] Pixels(int count)
    {
        var pixels = new byte[count * Side * Side];
        for (var n = 0; n < count; n++)
        for (var y = 0; y < Side; y++)
        for (var x = 0; x < Side; x++)
            pixels[(n * Side + y) * Side + x] = (byte)((x + n) % Side < 4 && (y + n / 3) % Side < 5 ? 230 : 20);
        return pixels;
    }

    internal static byte[] Idx(byte[] data, params int[] shape) => Idx(0x08, data, shape);

    internal static byte[] Idx(byte type, byte[] data, params int[] shape)
    {
        var file = new byte[4 + 4 * shape.Length + data.Length];
        file[2] = type;
        file[3] = (byte)shape.Length;
        for (var d = 0; d < shape.Length; d++)
            BinaryPrimitives.WriteInt32BigEndian(file.AsSpan(4 + 4 * d), shape[d]);
        data.CopyTo(file, 4 + 4 * shape.Length);
        return file;
    }

    internal static byte[] Gzip(byte[] data)
    {
        using var buffer = new MemoryStream();
        using (var gzip = new GZipStream(buffer, CompressionMode.Compress))
            gzip.Write(data);
        return buffer.ToArray();
    }

    /// <summary>Writes images as a file that a data set can be read from.</summary>
    internal static string Write(TemporaryFolder folder, int count = 24, string name = "images.idx")
    {
        var path = folder.File(name);
        File.WriteAllBytes(path, Idx(Pixels(count), count, Side, Side));
        return path;
    }
}
