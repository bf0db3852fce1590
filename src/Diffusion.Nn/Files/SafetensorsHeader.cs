using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;

namespace Diffusion.Nn;

/// <summary>The description at the start of a safetensors file, checked against the file's true length.</summary>
/// <remarks>
/// A file is an 8-byte little-endian length, as many bytes of JSON, then the tensors' bytes without gaps. Everything
/// the JSON says is checked before anything is allocated for it.
/// </remarks>
public sealed class SafetensorsHeader
{
    internal const string MetadataKey = "__metadata__";
    internal const int PrefixLength = 8;

    /// <summary>The longest header in bytes; the limit of the reference reader.</summary>
    internal const long MaxLength = 100_000_000;

    // No operator of libtorch takes more.
    private const int MaxDimensions = 64;

    private readonly string _path;

    private SafetensorsHeader(string path, long dataStart)
    {
        _path = path;
        DataStart = dataStart;
    }

    /// <summary>The tensors in the order of their bytes.</summary>
    public ImmutableArray<SafetensorsEntry> Entries { get; private set; } = [];

    /// <summary>The file's own notes; empty if it has none.</summary>
    public ImmutableSortedDictionary<string, string> Metadata { get; private set; } =
        ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    /// <summary>Where in the file the first tensor's bytes begin.</summary>
    public long DataStart { get; }

    /// <summary>How many bytes the tensors take.</summary>
    internal long DataLength => Entries.IsEmpty ? 0 : Entries[^1].End;

    /// <summary>Reads and checks the header.</summary>
    internal static SafetensorsHeader Read(SafeFileHandle file, string path)
    {
        var fileLength = RandomAccess.GetLength(file);
        var length = ReadLength(file, fileLength, path);
        var header = new SafetensorsHeader(path, PrefixLength + length);
        try
        {
            var json = new JsonFile(file, PrefixLength, length);
            header.Take(ref json);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException is how System.Text.Json reports text that isn't Unicode.
            throw new InvalidDataException($"{path}: the header isn't valid JSON: {FileText.Shown(e.Message)}", e);
        }
        catch (EndOfStreamException e)
        {
            throw new InvalidDataException($"{path}: the header is cut off: the file became shorter.", e);
        }
        header.CheckLayout(fileLength - header.DataStart);
        return header;
    }

    private static long ReadLength(SafeFileHandle file, long fileLength, string path)
    {
        Span<byte> start = stackalloc byte[PrefixLength + 1];
        if (fileLength < PrefixLength || !RegularFile.TryRead(file, 0, start[..PrefixLength]))
            throw new InvalidDataException($"{path}: {fileLength} bytes are too short for a safetensors file.");
        var length = BinaryPrimitives.ReadUInt64LittleEndian(start);
        var rest = fileLength - PrefixLength;
        if (length > (ulong)rest)
            throw new InvalidDataException(
                $"{path}: truncated or not a safetensors file: the header says it has {length} bytes, {rest} follow."
            );
        if (length > MaxLength)
            throw new InvalidDataException($"{path}: a header of {length} bytes is above the limit of {MaxLength}.");
        if (length == 0 || !RegularFile.TryRead(file, 0, start) || start[^1] != (byte)'{')
            throw new InvalidDataException($"{path}: not a safetensors file: the header isn't a JSON object.");
        return (long)length;
    }

    private void Take(ref JsonFile json)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var entries = new List<SafetensorsEntry>();
        json.Next();
        while (json.NextKey(out var name))
        {
            if (!names.Add(name))
                throw Bad(name, "is there twice");
            json.Next();
            if (name == MetadataKey)
                Metadata = ReadMetadata(ref json);
            else
                entries.Add(ReadEntry(name, ref json));
        }
        // Text behind the object is an error of the JSON.
        json.Next();
        entries.Sort(ByPlace);
        Entries = [.. entries];
    }

    // Tensors without bytes may share a place.
    private static int ByPlace(SafetensorsEntry a, SafetensorsEntry b) =>
        (a.Begin.CompareTo(b.Begin), a.End.CompareTo(b.End)) switch
        {
            (0, 0) => string.CompareOrdinal(a.Name, b.Name),
            (0, var end) => end,
            (var begin, _) => begin,
        };

    private ImmutableSortedDictionary<string, string> ReadMetadata(ref JsonFile json)
    {
        if (json.Token != JsonTokenType.StartObject)
            throw Bad(MetadataKey, $"must be an object of texts, got {json.Kind}");
        var notes = new Dictionary<string, string>();
        while (json.NextKey(out var key))
        {
            json.Next();
            if (json.Token != JsonTokenType.String)
                throw Bad(MetadataKey, $"'{FileText.Shown(key)}' must be a text, got {json.Kind}");
            if (!notes.TryAdd(key, json.Text()))
                throw Bad(MetadataKey, $"'{FileText.Shown(key)}' is there twice");
        }
        return Metadata.AddRange(notes);
    }

    private SafetensorsEntry ReadEntry(string name, ref JsonFile json)
    {
        if (json.Token != JsonTokenType.StartObject)
            throw Bad(name, $"must be described by an object, got {json.Kind}");
        string? type = null;
        long[]? shape = null;
        long[]? offsets = null;
        while (json.NextKey(out var field))
        {
            var twice = field switch
            {
                "dtype" => type is not null,
                "shape" => shape is not null,
                "data_offsets" => offsets is not null,
                _ => throw Bad(name, $"has the unknown field '{FileText.Shown(field)}'"),
            };
            if (twice)
                throw Bad(name, $"has the field '{field}' twice");
            json.Next();
            if (field == "dtype")
                type = ReadType(name, ref json);
            else if (field == "shape")
                shape = Numbers(name, field, ref json);
            else
                offsets = Numbers(name, field, ref json);
        }
        if (type is null || shape is null || offsets is null)
            throw Bad(name, "must have dtype, shape and data_offsets");
        return Entry(name, type, shape, offsets);
    }

    private string ReadType(string name, ref JsonFile json)
    {
        if (json.Token != JsonTokenType.String)
            throw Bad(name, $"dtype must be a text, got {json.Kind}");
        var type = json.Text();
        return SafetensorsDType.BitsOf(type) is null
            ? throw Bad(name, $"dtype '{FileText.Shown(type)}' isn't known; known are {SafetensorsDType.Known}")
            : type;
    }

    private long[] Numbers(string name, string field, ref JsonFile json)
    {
        if (json.Token != JsonTokenType.StartArray)
            throw Bad(name, $"{field} must be a list, got {json.Kind}");
        var numbers = new List<long>();
        while (json.Next() && json.Token != JsonTokenType.EndArray)
        {
            if (numbers.Count == MaxDimensions)
                throw Bad(
                    name,
                    $"{field} has {MaxDimensions + 1} entries or more, at most {MaxDimensions} are possible"
                );
            if (!json.TryGetSize(out var number))
                throw Bad(name, $"{field} must hold whole numbers from 0 to {long.MaxValue}, got {json.Raw}");
            numbers.Add(number);
        }
        return [.. numbers];
    }

    private SafetensorsEntry Entry(string name, string type, long[] shape, long[] offsets)
    {
        if (offsets.Length != 2 || offsets[0] > offsets[1])
            throw Bad(name, $"data_offsets must be a begin and an end, got [{string.Join(", ", offsets)}]");
        var (begin, end) = (offsets[0], offsets[1]);
        if (Bytes(name, type, shape) is var bytes && bytes != end - begin)
            throw Bad(
                name,
                $"[{string.Join(", ", shape)}] of {type} takes {bytes} bytes, data_offsets [{begin}, {end}] give "
                    + $"{end - begin}"
            );
        return new SafetensorsEntry(name, type, [.. shape], begin, end);
    }

    private long Bytes(string name, string type, long[] shape)
    {
        var bits = SafetensorsDType.BitsOf(type)!.Value;
        var wholeBytes = bits % 8 == 0;
        // In bits only for types of less than a byte.
        long size = wholeBytes ? bits / 8 : bits;
        var empty = false;
        foreach (var length in shape)
        {
            // Zeros count as ones for the limit: a tensor's strides are products of the other sizes.
            empty |= length == 0;
            if (size > long.MaxValue / long.Max(length, 1))
                throw Bad(name, $"the shape [{string.Join(", ", shape)}] is too large for any memory");
            size *= long.Max(length, 1);
        }
        if (empty || wholeBytes)
            return empty ? 0 : size;
        return size % 8 == 0
            ? size / 8
            : throw Bad(name, $"[{string.Join(", ", shape)}] of {type} takes {size} bits, which are no whole bytes");
    }

    private void CheckLayout(long dataLength)
    {
        long position = 0;
        foreach (var entry in Entries)
        {
            if (entry.End > dataLength)
                throw Bad(entry.Name, $"ends at byte {entry.End}, but the file holds {dataLength}: it is truncated");
            if (entry.Begin != position)
                throw Bad(
                    entry.Name,
                    entry.Begin < position
                        ? $"begins at byte {entry.Begin} and overlaps the tensor that ends at {position}"
                        : $"begins at byte {entry.Begin}, after a gap from {position}"
                );
            position = entry.End;
        }
        if (position != dataLength)
            throw new InvalidDataException($"{_path}: {dataLength - position} bytes at the end belong to no tensor.");
    }

    private InvalidDataException Bad(string name, string what) => new($"{_path}: '{FileText.Shown(name)}' {what}.");
}
