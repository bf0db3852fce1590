using System.Buffers.Binary;
using System.Text;

namespace Diffusion.Api;

/// <summary>Goes through the chunks of a PNG file, each checked: length, four letters, data, checksum.</summary>
internal ref struct PngChunks
{
    /// <summary>Bytes of a chunk beside its data.</summary>
    internal const int Frame = 12;

    private ReadOnlySpan<byte> _rest;

    /// <summary>Begins after the signature.</summary>
    /// <exception cref="InvalidDataException">The file has another signature.</exception>
    internal PngChunks(ReadOnlySpan<byte> file)
    {
        if (!file.StartsWith(Signature))
            throw new InvalidDataException("it is not a PNG file: its first eight bytes are others.");
        _rest = file[Signature.Length..];
    }

    /// <summary>What every PNG file begins with.</summary>
    internal static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0d, 0x0a, 0x1a, 0x0a];

    /// <summary>Takes the next chunk.</summary>
    /// <returns>False at the end of the file.</returns>
    /// <exception cref="InvalidDataException">The file ends inside of the chunk, or the checksum is wrong.</exception>
    internal bool Next(out string type, out ReadOnlySpan<byte> data)
    {
        type = "";
        data = default;
        if (_rest.IsEmpty)
            return false;
        var length = _rest.Length < Frame ? uint.MaxValue : BinaryPrimitives.ReadUInt32BigEndian(_rest);
        if (length > _rest.Length - Frame)
            throw new InvalidDataException("it is cut short: it ends inside of a chunk.");
        var name = _rest.Slice(4, 4);
        foreach (var letter in name)
            if (!char.IsAsciiLetter((char)letter))
                throw new InvalidDataException("a chunk's type is not four letters; the file is damaged.");
        type = Encoding.ASCII.GetString(name);
        data = _rest.Slice(8, (int)length);
        if (BinaryPrimitives.ReadUInt32BigEndian(_rest[(8 + data.Length)..]) != Crc32.Of(name, data))
            throw new InvalidDataException($"the checksum of its {type} chunk is wrong; the file is damaged.");
        _rest = _rest[(Frame + data.Length)..];
        return true;
    }
}
