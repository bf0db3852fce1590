using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Diffusion.Api;

/// <summary>
/// TensorBoard's event file: records of <c>length, masked CRC-32C of the length, data, masked CRC-32C of the data</c>
/// (TFRecord), each an <c>Event</c> message of protocol buffers.
/// </summary>
internal sealed class EventFile : IDisposable
{
    private const string Version = "brain.Event:2";
    private const uint MaskDelta = 0xa282ead8;

    // Field numbers of the messages Event, SessionLog, Summary and Summary.Value.
    private const int WallTime = 1;
    private const int StepField = 2;
    private const int FileVersion = 3;
    private const int SummaryField = 5;
    private const int SessionLog = 7;
    private const int Status = 1;
    private const int ValueField = 1;
    private const int Tag = 1;
    private const int SimpleValue = 2;

    // SessionLog.START: a reader drops what earlier files say of this step and later ones.
    private const ulong Start = 1;

    private const int FixedLength = 2;
    private const int Fixed64 = 1;
    private const int Fixed32 = 5;

    private readonly FileStream _file;

    /// <summary>Begins a file of its own for this session, in which earlier sessions' events from a step on don't count.</summary>
    /// <param name="folder">Made where it isn't there.</param>
    /// <param name="firstStep">The step that this session begins with.</param>
    internal EventFile(string folder, long firstStep)
    {
        Directory.CreateDirectory(folder);
        var seconds = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        // Readers take files in the order of their names; two sessions may begin in one second.
        string path;
        for (var i = 0; File.Exists(path = Path.Combine(folder, $"events.out.tfevents.{seconds}.{i:D4}")); i++) { }
        _file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read);
        Write(Event(0, message => Field(message, FileVersion, Encoding.UTF8.GetBytes(Version))));
        var session = new MemoryStream();
        Number(session, Status, Start);
        Write(Event(firstStep, message => Field(message, SessionLog, session.ToArray())));
    }

    /// <summary>Writes the scalars of a step.</summary>
    internal void Write(long step, params ReadOnlySpan<(string Tag, double Value)> scalars)
    {
        var summary = new MemoryStream();
        foreach (var (tag, value) in scalars)
        {
            var entry = new MemoryStream();
            Field(entry, Tag, Encoding.UTF8.GetBytes(tag));
            Varint(entry, (SimpleValue << 3) | Fixed32);
            Bytes(entry, 4, bytes => BinaryPrimitives.WriteSingleLittleEndian(bytes, (float)value));
            Field(summary, ValueField, entry.ToArray());
        }
        Write(Event(step, message => Field(message, SummaryField, summary.ToArray())));
    }

    public void Dispose() => _file.Dispose();

    /// <summary>CRC-32C, rotated and shifted so that the sum of data that holds sums is still a good one.</summary>
    internal static uint MaskedCrc(ReadOnlySpan<byte> data)
    {
        var crc = uint.MaxValue;
        foreach (var value in data)
            crc = BitOperations.Crc32C(crc, value);
        return BitOperations.RotateRight(~crc, 15) + MaskDelta;
    }

    private static byte[] Event(long step, Action<MemoryStream> content)
    {
        var message = new MemoryStream();
        var now = (DateTime.UtcNow - DateTime.UnixEpoch).TotalSeconds;
        Varint(message, (WallTime << 3) | Fixed64);
        Bytes(message, 8, bytes => BinaryPrimitives.WriteDoubleLittleEndian(bytes, now));
        Number(message, StepField, (ulong)step);
        content(message);
        return message.ToArray();
    }

    private void Write(byte[] data)
    {
        var record = new MemoryStream();
        Bytes(record, 8, bytes => BinaryPrimitives.WriteUInt64LittleEndian(bytes, (ulong)data.Length));
        var sum = MaskedCrc(record.ToArray());
        Bytes(record, 4, bytes => BinaryPrimitives.WriteUInt32LittleEndian(bytes, sum));
        record.Write(data);
        Bytes(record, 4, bytes => BinaryPrimitives.WriteUInt32LittleEndian(bytes, MaskedCrc(data)));
        _file.Write(record.ToArray());
        _file.Flush();
    }

    private static void Number(Stream to, int field, ulong value)
    {
        Varint(to, (ulong)field << 3);
        Varint(to, value);
    }

    private static void Field(Stream to, int field, byte[] content)
    {
        Varint(to, (ulong)((field << 3) | FixedLength));
        Varint(to, (ulong)content.Length);
        to.Write(content);
    }

    private static void Varint(Stream to, ulong value)
    {
        for (; value >= 128; value >>= 7)
            to.WriteByte((byte)(value | 128));
        to.WriteByte((byte)value);
    }

    private static void Bytes(Stream to, int count, Action<Span<byte>> write)
    {
        Span<byte> bytes = stackalloc byte[8];
        write(bytes[..count]);
        to.Write(bytes[..count]);
    }
}
