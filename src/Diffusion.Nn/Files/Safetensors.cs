using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using static TorchSharp.torch;

namespace Diffusion.Nn;

/// <summary>Reads and writes safetensors files: named tensors and nothing that could be executed.</summary>
public static class Safetensors
{
    private static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The note by which Python's readers recognise PyTorch tensors: format = pt.</summary>
    public static ImmutableSortedDictionary<string, string> TorchMetadata { get; } =
        ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal).Add("format", "pt");

    /// <summary>Reads names, types and shapes without the tensors.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The checked header.</returns>
    /// <exception cref="InvalidDataException">The file is damaged; the message names it and the tensor.</exception>
    /// <exception cref="IOException">The file can't be read.</exception>
    public static SafetensorsHeader ReadHeader(string path)
    {
        using var file = Open(path);
        return SafetensorsHeader.Read(file, path);
    }

    /// <summary>Reads a whole file.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The tensors, on the CPU; to be disposed of.</returns>
    /// <exception cref="InvalidDataException">The file is damaged; the message names it and the tensor.</exception>
    /// <exception cref="IOException">The file can't be read.</exception>
    public static SafetensorsFile Load(string path)
    {
        using var file = Open(path);
        var header = SafetensorsHeader.Read(file, path);
        var tensors = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        var content = new SafetensorsFile(tensors, header.Metadata);
        try
        {
            foreach (var entry in header.Entries)
                tensors.Add(entry.Name, ReadTensor(file, entry, path));
            return content;
        }
        catch
        {
            content.Dispose();
            throw;
        }
    }

    /// <summary>Writes a file: aside first, flushed to the disk, then renamed, so that a whole one is always
    /// there.</summary>
    /// <param name="path">The file; replaced if it exists.</param>
    /// <param name="tensors">Names and values; any device, layout and order. They stay as they are.</param>
    /// <param name="metadata">Notes for the file; none by default. See <see cref="TorchMetadata"/>.</param>
    /// <exception cref="ArgumentException">A name is there twice or reserved, or a type has no place in the
    /// format.</exception>
    /// <exception cref="IOException">The file can't be written; what was there before still is.</exception>
    public static void Save(
        string path,
        IEnumerable<(string Name, Tensor Tensor)> tensors,
        IReadOnlyDictionary<string, string>? metadata = null
    )
    {
        ArgumentNullException.ThrowIfNull(path);
        var sorted = Sorted(tensors);
        var header = Header(sorted, metadata);
        AtomicFile.Write(
            path,
            file =>
            {
                file.Write(header);
                foreach (var (_, tensor) in sorted)
                    WriteTensor(file, tensor);
            }
        );
    }

    private static FileStream Open(string path) =>
        new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan);

    private static Tensor ReadTensor(FileStream file, SafetensorsEntry entry, string path)
    {
        var tensor = empty(entry.Shape.ToArray(), dtype: entry.DType, device: CPU).DetachFromDisposeScope();
        try
        {
            TensorBytes.Read(file, tensor);
            // libtorch takes a boolean for one bit and misbehaves when it isn't.
            if (entry.DType == ScalarType.Bool && !TensorBytes.AllAtMost(tensor, 1))
                throw new InvalidDataException($"{path}: '{entry.Name}' is BOOL but has bytes other than 0 and 1.");
            return tensor;
        }
        catch (EndOfStreamException e)
        {
            tensor.Dispose();
            throw new InvalidDataException($"{path}: '{entry.Name}' is cut off: the file became shorter.", e);
        }
        catch
        {
            tensor.Dispose();
            throw;
        }
    }

    private static void WriteTensor(FileStream file, Tensor tensor)
    {
        using var detached = tensor.detach();
        using var onCpu = detached.cpu();
        using var contiguous = onCpu.contiguous();
        TensorBytes.Write(file, contiguous);
    }

    // The reference writer's order: widest elements first, so that each tensor is aligned; then by name.
    private static List<(string Name, Tensor Tensor)> Sorted(IEnumerable<(string Name, Tensor Tensor)> tensors)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        var names = new HashSet<string>(StringComparer.Ordinal);
        var list = tensors.ToList();
        foreach (var (name, tensor) in list)
        {
            ArgumentNullException.ThrowIfNull(tensor, nameof(tensors));
            if (name == SafetensorsHeader.MetadataKey)
                throw new ArgumentException($"A tensor can't be called {name}.", nameof(tensors));
            if (!names.Add(name))
                throw new ArgumentException($"There are two tensors called '{name}'.", nameof(tensors));
        }
        return
        [
            .. list.OrderByDescending(t => SafetensorsDType.SizeOf(t.Tensor.dtype))
                .ThenBy(t => t.Name, StringComparer.Ordinal),
        ];
    }

    private static byte[] Header(
        List<(string Name, Tensor Tensor)> tensors,
        IReadOnlyDictionary<string, string>? metadata
    )
    {
        using var buffer = new MemoryStream();
        buffer.Write(stackalloc byte[SafetensorsHeader.PrefixLength]);
        using (var json = new Utf8JsonWriter(buffer, Compact))
        {
            json.WriteStartObject();
            if (metadata is { Count: > 0 })
                WriteMetadata(json, metadata);
            long begin = 0;
            foreach (var (name, tensor) in tensors)
                begin = WriteEntry(json, name, tensor, begin);
            json.WriteEndObject();
        }
        while (buffer.Length % 8 != 0)
            buffer.WriteByte((byte)' ');
        var header = buffer.ToArray();
        BinaryPrimitives.WriteInt64LittleEndian(header, header.Length - SafetensorsHeader.PrefixLength);
        return header;
    }

    private static void WriteMetadata(Utf8JsonWriter json, IReadOnlyDictionary<string, string> metadata)
    {
        json.WriteStartObject(SafetensorsHeader.MetadataKey);
        foreach (var (key, value) in metadata.OrderBy(note => note.Key, StringComparer.Ordinal))
            json.WriteString(key, value);
        json.WriteEndObject();
    }

    private static long WriteEntry(Utf8JsonWriter json, string name, Tensor tensor, long begin)
    {
        var end = begin + tensor.numel() * SafetensorsDType.SizeOf(tensor.dtype);
        json.WriteStartObject(name);
        json.WriteString("dtype", SafetensorsDType.NameOf(tensor.dtype));
        json.WriteStartArray("shape");
        foreach (var size in tensor.shape)
            json.WriteNumberValue(size);
        json.WriteEndArray();
        json.WriteStartArray("data_offsets");
        json.WriteNumberValue(begin);
        json.WriteNumberValue(end);
        json.WriteEndArray();
        json.WriteEndObject();
        return end;
    }
}
