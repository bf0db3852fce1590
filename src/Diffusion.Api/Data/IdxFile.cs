using System.Buffers.Binary;
using System.Collections.Immutable;
using System.IO.Compression;

namespace Diffusion.Api;

/// <summary>
/// Reads IDX files, plain or gzip-compressed: two zero bytes, a type code, the number of dimensions, each size as a
/// big-endian 32-bit integer, then the elements (the format that MNIST and Fashion-MNIST are published in).
/// </summary>
public static class IdxFile
{
    private const byte UnsignedByte = 0x08;
    private const int MaxDimensions = 4;

    /// <summary>Reads a whole IDX file of unsigned bytes.</summary>
    /// <param name="path">The file; whether it is compressed is seen from its first bytes, not from its name.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">
    /// The file isn't IDX, holds another type than unsigned bytes, is cut short or has bytes left over.
    /// </exception>
    public static IdxArray Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!File.Exists(path))
            throw new FileNotFoundException($"There is no file '{path}'.", path);
        using var file = File.OpenRead(path);
        using var stream = IsGzip(file) ? new GZipStream(file, CompressionMode.Decompress) : (Stream)file;
        try
        {
            return Read(stream, path);
        }
        catch (InvalidDataException damaged) when (!damaged.Message.Contains(path))
        {
            throw new InvalidDataException($"'{path}' is not a sound gzip file: {damaged.Message}", damaged);
        }
    }

    private static bool IsGzip(FileStream file)
    {
        Span<byte> magic = stackalloc byte[2];
        var read = file.ReadAtLeast(magic, 2, throwOnEndOfStream: false);
        file.Position = 0;
        return read == 2 && magic[0] == 0x1f && magic[1] == 0x8b;
    }

    private static IdxArray Read(Stream stream, string path)
    {
        Span<byte> word = stackalloc byte[4];
        if (stream.ReadAtLeast(word, 4, throwOnEndOfStream: false) < 4 || word[0] != 0 || word[1] != 0)
            throw new InvalidDataException($"'{path}' is not an IDX file: it does not begin with two zero bytes.");
        if (word[2] != UnsignedByte)
            throw new InvalidDataException(
                $"'{path}' holds elements of IDX type 0x{word[2]:x2}; only unsigned bytes (0x08) are read."
            );
        int dimensions = word[3];
        if (dimensions is < 1 or > MaxDimensions)
            throw new InvalidDataException(
                $"'{path}' says it has {dimensions} dimensions; 1 to {MaxDimensions} are allowed."
            );

        var shape = ImmutableArray.CreateBuilder<int>(dimensions);
        long expected = 1;
        for (var d = 0; d < dimensions; d++)
        {
            if (stream.ReadAtLeast(word, 4, throwOnEndOfStream: false) < 4)
                throw new InvalidDataException($"'{path}' is cut short: it ends inside its header.");
            var size = BinaryPrimitives.ReadInt32BigEndian(word);
            if (size < 0)
                throw new InvalidDataException($"'{path}' says that dimension {d + 1} has size {size}.");
            shape.Add(size);
            expected *= size;
            if (expected > Array.MaxLength)
                throw new InvalidDataException($"'{path}' says it holds more than {Array.MaxLength} elements.");
        }
        return new IdxArray(shape.MoveToImmutable(), ReadExactly(stream, expected, path));
    }

    // Grows with what really arrives, so that a header which promises gigabytes costs nothing.
    private static byte[] ReadExactly(Stream stream, long expected, string path)
    {
        using var content = new MemoryStream();
        var buffer = new byte[1 << 16];
        int read;
        while (content.Length <= expected && (read = stream.Read(buffer)) > 0)
            content.Write(buffer, 0, read);
        if (content.Length < expected)
            throw new InvalidDataException(
                $"'{path}' is cut short: its header promises {expected} elements, it holds {content.Length}."
            );
        if (content.Length > expected)
            throw new InvalidDataException(
                $"'{path}' has bytes left over after the {expected} elements its header promises."
            );
        return content.ToArray();
    }
}
