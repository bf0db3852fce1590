using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using static TorchSharp.torch;

namespace Diffusion.Nn;

/// <summary>Lays a file out as the reference writer does, byte for byte.</summary>
internal sealed class SafetensorsWriter
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly List<(string Name, Tensor Tensor)> _tensors;
    private readonly byte[] _header;

    internal SafetensorsWriter(
        IEnumerable<(string Name, Tensor Tensor)> tensors,
        IReadOnlyDictionary<string, string>? metadata
    )
    {
        _tensors = Sorted(Checked(tensors));
        _header = Header(_tensors.Select(t => (t.Name, t.Tensor.dtype, t.Tensor.shape)), metadata);
    }

    internal void Write(Stream file)
    {
        file.Write(_header);
        foreach (var (_, tensor) in _tensors)
            WriteNumbers(file, tensor);
    }

    internal static void WriteNumbers(Stream file, Tensor tensor)
    {
        using var detached = tensor.detach();
        using var onCpu = detached.cpu();
        using var contiguous = onCpu.contiguous();
        TensorBytes.Write(file, contiguous);
    }

    internal static long SizeOf(Tensor tensor) => tensor.numel() * SafetensorsDType.SizeOf(tensor.dtype);

    /// <summary>The tensors, if their names can be saved together.</summary>
    /// <exception cref="ArgumentException">They can't.</exception>
    internal static List<(string Name, Tensor Tensor)> Checked(IEnumerable<(string Name, Tensor Tensor)> tensors)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        var names = new HashSet<string>(StringComparer.Ordinal);
        var list = tensors.ToList();
        foreach (var (name, tensor) in list)
        {
            ArgumentNullException.ThrowIfNull(name, nameof(tensors));
            ArgumentNullException.ThrowIfNull(tensor, nameof(tensors));
            if (name == SafetensorsHeader.MetadataKey)
                throw new ArgumentException($"A tensor can't be called {name}.", nameof(tensors));
            if (!names.Add(name))
                throw new ArgumentException($"There are two tensors called '{name}'.", nameof(tensors));
        }
        return list;
    }

    // Wide elements first, so that each tensor is aligned; then by name.
    private static List<(string Name, Tensor Tensor)> Sorted(List<(string Name, Tensor Tensor)> tensors) =>
        [
            .. tensors
                .OrderByDescending(t => SafetensorsDType.RankOf(t.Tensor.dtype))
                .ThenBy(t => t.Name, CodePointOrder.Instance),
        ];

    /// <summary>What stands before the numbers, which follow in this order.</summary>
    internal static byte[] Header(
        IEnumerable<(string Name, ScalarType Type, long[] Shape)> tensors,
        IReadOnlyDictionary<string, string>? metadata
    )
    {
        var json = new StringBuilder("{");
        if (metadata is { Count: > 0 })
            AppendMetadata(json, metadata);
        long begin = 0;
        foreach (var (name, type, shape) in tensors)
        {
            var end = begin + shape.Aggregate((long)SafetensorsDType.SizeOf(type), (product, size) => product * size);
            Separate(json);
            AppendText(json, name);
            json.Append(
                CultureInfo.InvariantCulture,
                $$""":{"dtype":"{{SafetensorsDType.NameOf(type)}}","shape":[{{string.Join(',', shape)}}]"""
                    + $$""","data_offsets":[{{begin}},{{end}}]}"""
            );
            begin = end;
        }
        return Framed(json.Append('}').ToString());
    }

    private static byte[] Framed(string json)
    {
        var (prefix, length) = (SafetensorsHeader.PrefixLength, Utf8.GetByteCount(json));
        var padded = (length + 7) / 8 * 8;
        if (padded > SafetensorsHeader.MaxLength)
            throw new ArgumentException(
                $"Names and notes make a header of {padded} bytes; readers take {SafetensorsHeader.MaxLength}."
            );
        var header = new byte[prefix + padded];
        BinaryPrimitives.WriteInt64LittleEndian(header, padded);
        Utf8.GetBytes(json, header.AsSpan(prefix));
        header.AsSpan(prefix + length).Fill((byte)' ');
        return header;
    }

    // The reference keeps its notes in no order; sorted is the one of its orders that repeats.
    private static void AppendMetadata(StringBuilder json, IReadOnlyDictionary<string, string> metadata)
    {
        json.Append('"').Append(SafetensorsHeader.MetadataKey).Append("\":{");
        foreach (var (key, value) in metadata.OrderBy(note => note.Key, CodePointOrder.Instance))
        {
            ArgumentNullException.ThrowIfNull(value, nameof(metadata));
            Separate(json);
            AppendText(json, key);
            json.Append(':');
            AppendText(json, value);
        }
        json.Append('}');
    }

    private static void Separate(StringBuilder json)
    {
        if (json[^1] != '{')
            json.Append(',');
    }

    // Escapes what JSON requires and nothing else; .NET's writers escape more.
    private static void AppendText(StringBuilder json, string text)
    {
        json.Append('"');
        foreach (var c in text)
            _ = c switch
            {
                '"' => json.Append("\\\""),
                '\\' => json.Append(@"\\"),
                '\b' => json.Append(@"\b"),
                '\t' => json.Append(@"\t"),
                '\n' => json.Append(@"\n"),
                '\f' => json.Append(@"\f"),
                '\r' => json.Append(@"\r"),
                < ' ' => json.Append(CultureInfo.InvariantCulture, $@"\u{(int)c:x4}"),
                _ => json.Append(c),
            };
        json.Append('"');
    }
}
