using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text.Json;

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

    // The limit of the reference reader.
    private const long MaxLength = 100_000_000;

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

    /// <summary>Reads and checks the header; leaves the stream at the first tensor.</summary>
    internal static SafetensorsHeader Read(Stream file, string path)
    {
        var json = ReadJson(file, path);
        var header = new SafetensorsHeader(path, PrefixLength + json.Length);
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 8 });
            header.Take(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException is how System.Text.Json reports text that isn't Unicode.
            throw new InvalidDataException($"{path}: the header isn't valid JSON: {e.Message}", e);
        }
        header.CheckLayout(file.Length - header.DataStart);
        return header;
    }

    private static byte[] ReadJson(Stream file, string path)
    {
        Span<byte> prefix = stackalloc byte[PrefixLength];
        if (file.ReadAtLeast(prefix, PrefixLength, throwOnEndOfStream: false) < PrefixLength)
            throw new InvalidDataException($"{path}: {file.Length} bytes are too short for a safetensors file.");
        var length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        var rest = file.Length - PrefixLength;
        if (length > (ulong)rest)
            throw new InvalidDataException(
                $"{path}: truncated or not a safetensors file: the header says it has {length} bytes, {rest} follow."
            );
        if (length > MaxLength)
            throw new InvalidDataException($"{path}: a header of {length} bytes is above the limit of {MaxLength}.");
        var json = new byte[length];
        file.ReadExactly(json);
        if (json.Length == 0 || json[0] != (byte)'{')
            throw new InvalidDataException($"{path}: not a safetensors file: the header isn't a JSON object.");
        return json;
    }

    private void Take(JsonElement root)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var entries = new List<SafetensorsEntry>();
        foreach (var property in root.EnumerateObject())
        {
            var name = property.Name;
            if (!names.Add(name))
                throw Bad(name, "is there twice");
            if (name == MetadataKey)
                Metadata = ReadMetadata(property.Value);
            else
                entries.Add(ReadEntry(name, property.Value));
        }
        Entries = [.. entries.OrderBy(e => e.Begin).ThenBy(e => e.End)];
    }

    private ImmutableSortedDictionary<string, string> ReadMetadata(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object)
            throw Bad(MetadataKey, $"must be an object of texts, got {json.ValueKind}");
        var notes = new Dictionary<string, string>();
        foreach (var note in json.EnumerateObject())
        {
            if (note.Value.ValueKind != JsonValueKind.String)
                throw Bad(MetadataKey, $"'{note.Name}' must be a text, got {note.Value.ValueKind}");
            if (!notes.TryAdd(note.Name, note.Value.GetString()!))
                throw Bad(MetadataKey, $"'{note.Name}' is there twice");
        }
        return Metadata.AddRange(notes);
    }

    private SafetensorsEntry ReadEntry(string name, JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object)
            throw Bad(name, $"must be described by an object, got {json.ValueKind}");
        JsonElement? typeField = null;
        JsonElement? shapeField = null;
        JsonElement? offsetsField = null;
        foreach (var field in json.EnumerateObject())
        {
            ref var slot = ref typeField;
            if (field.NameEquals("shape"))
                slot = ref shapeField;
            else if (field.NameEquals("data_offsets"))
                slot = ref offsetsField;
            else if (!field.NameEquals("dtype"))
                throw Bad(name, $"has the unknown field '{field.Name}'");
            if (slot is not null)
                throw Bad(name, $"has the field '{field.Name}' twice");
            slot = field.Value;
        }
        if (typeField is not { } typeJson || shapeField is not { } shapeJson || offsetsField is not { } offsetsJson)
            throw Bad(name, "must have dtype, shape and data_offsets");
        return ReadEntry(name, typeJson, Numbers(name, "shape", shapeJson), Numbers(name, "data_offsets", offsetsJson));
    }

    private SafetensorsEntry ReadEntry(string name, JsonElement typeJson, long[] shape, long[] offsets)
    {
        if (typeJson.ValueKind != JsonValueKind.String)
            throw Bad(name, "dtype must be a text");
        if (!SafetensorsDType.TryParse(typeJson.GetString()!, out var type))
            throw Bad(name, $"dtype '{typeJson.GetString()}' isn't supported; supported are {SafetensorsDType.Known}");
        if (offsets.Length != 2 || offsets[0] > offsets[1])
            throw Bad(name, $"data_offsets must be a begin and an end, got [{string.Join(", ", offsets)}]");
        var (begin, end) = (offsets[0], offsets[1]);
        if (Bytes(shape, SafetensorsDType.SizeOf(type)) is not { } bytes)
            throw Bad(name, $"the shape [{string.Join(", ", shape)}] is too large for any memory");
        if (bytes != end - begin)
            throw Bad(
                name,
                $"[{string.Join(", ", shape)}] of {SafetensorsDType.NameOf(type)} takes {bytes} bytes, "
                    + $"data_offsets [{begin}, {end}] give {end - begin}"
            );
        return new SafetensorsEntry(name, type, [.. shape], begin, end);
    }

    private static long? Bytes(long[] shape, int elementSize)
    {
        // Zero sizes first: their product is 0 whatever the others are.
        if (shape.Contains(0))
            return 0;
        Int128 bytes = elementSize;
        foreach (var size in shape)
        {
            bytes *= size;
            if (bytes > long.MaxValue)
                return null;
        }
        return (long)bytes;
    }

    private long[] Numbers(string name, string field, JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Array)
            throw Bad(name, $"{field} must be a list, got {json.ValueKind}");
        if (json.GetArrayLength() > MaxDimensions)
            throw Bad(name, $"{field} has {json.GetArrayLength()} entries, at most {MaxDimensions} are possible");
        var numbers = new long[json.GetArrayLength()];
        var i = 0;
        foreach (var item in json.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Number || !item.TryGetInt64(out var number) || number < 0)
                throw Bad(name, $"{field} must hold whole numbers from 0, got {item.GetRawText()}");
            numbers[i++] = number;
        }
        return numbers;
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

    private InvalidDataException Bad(string name, string what) => new($"{_path}: '{name}' {what}.");
}
