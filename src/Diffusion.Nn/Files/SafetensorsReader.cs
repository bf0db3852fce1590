using System.Collections.Immutable;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Diffusion.Nn;

/// <summary>An open safetensors file, or an open set of shards: names and shapes are known, tensors are read one by
/// one as they are asked for.</summary>
/// <remarks>
/// <para>Opening reads and checks headers only. <see cref="Bytes(string)"/> gives a tensor's bytes in place, from a
/// map of the file; <see cref="Read"/>, <see cref="CopyTo"/> and <see cref="ReadBytes"/> copy once, out of the file
/// itself.</para>
/// <para>A file that is replaced by renaming another one over it, as <see cref="Safetensors.Save"/> does, stays
/// readable here as it was. Where someone shortens the very file, copies end in an
/// <see cref="InvalidDataException"/>; but touching a span from <see cref="Bytes(string)"/> beyond the new end ends
/// the process, so use spans on files that nobody writes to in place.</para>
/// <para>Reading from several threads at once is safe; disposing meanwhile isn't.</para>
/// </remarks>
public sealed class SafetensorsReader : IDisposable
{
    private const int Piece = 1 << 16;

    private readonly ImmutableArray<SafetensorsShard> _shards;
    private readonly Dictionary<string, Stored> _tensors = new(StringComparer.Ordinal);
    private bool _disposed;

    private SafetensorsReader(string path, ImmutableArray<SafetensorsShard> shards)
    {
        Path = path;
        _shards = shards;
        Entries = shards is [var only] ? only.Header.Entries : [.. shards.SelectMany(shard => shard.Header.Entries)];
        foreach (var shard in shards)
        foreach (var entry in shard.Header.Entries)
            _tensors.Add(entry.Name, new Stored(entry, shard));
        Metadata = shards.Reverse().Aggregate(shards[0].Header.Metadata, (all, s) => all.SetItems(s.Header.Metadata));
    }

    /// <summary>The file or index that was opened.</summary>
    public string Path { get; }

    /// <summary>The tensors in the order of their bytes; of a set, shard after shard. Begin and End count within the
    /// tensor's own shard.</summary>
    public ImmutableArray<SafetensorsEntry> Entries { get; }

    /// <summary>The names of the tensors, in the order of <see cref="Entries"/>.</summary>
    public IEnumerable<string> Names => Entries.Select(entry => entry.Name);

    /// <summary>The file's own notes; of a set, those of all shards, the first one's where they differ.</summary>
    public ImmutableSortedDictionary<string, string> Metadata { get; }

    /// <summary>What the header says of a tensor.</summary>
    /// <param name="name">Its name.</param>
    /// <exception cref="ArgumentException">There is no such tensor.</exception>
    public SafetensorsEntry this[string name] => Find(name).Entry;

    internal static SafetensorsReader Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return new SafetensorsReader(
            path,
            SafetensorsIndex.IsIndex(path) ? [.. SafetensorsIndex.Open(path)] : [SafetensorsShard.Open(path)]
        );
    }

    /// <summary>Whether there is a tensor of that name.</summary>
    /// <param name="name">The name.</param>
    /// <returns>Whether it is in <see cref="Names"/>.</returns>
    public bool Contains(string name) => _tensors.ContainsKey(name);

    /// <summary>The bytes of a tensor, in place: little-endian, row by row, of any of the format's types.</summary>
    /// <param name="name">The tensor.</param>
    /// <returns>A span that is valid until this reader is disposed of.</returns>
    /// <exception cref="ArgumentException">There is no such tensor, or it has more than 2³¹−1 bytes: read it in
    /// parts.</exception>
    /// <exception cref="InvalidDataException">The file became shorter.</exception>
    public ReadOnlySpan<byte> Bytes(string name)
    {
        var (entry, shard) = Find(name);
        if (entry.Bytes > int.MaxValue)
            throw new ArgumentException(
                $"'{name}' has {entry.Bytes} bytes; a span holds {int.MaxValue}. Ask for parts: Bytes(name, start, length).",
                nameof(name)
            );
        return shard.Bytes(entry, 0, (int)entry.Bytes);
    }

    /// <summary>A part of the bytes of a tensor, in place.</summary>
    /// <param name="name">The tensor.</param>
    /// <param name="start">Where in the tensor the part begins, from 0.</param>
    /// <param name="length">How many bytes.</param>
    /// <returns>A span that is valid until this reader is disposed of.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The part isn't within the tensor.</exception>
    /// <exception cref="ArgumentException">There is no such tensor.</exception>
    /// <exception cref="InvalidDataException">The file became shorter.</exception>
    public ReadOnlySpan<byte> Bytes(string name, long start, int length)
    {
        var (entry, shard) = Find(name);
        CheckPart(entry, start, length);
        return shard.Bytes(entry, start, length);
    }

    /// <summary>Copies a part of the bytes of a tensor.</summary>
    /// <param name="name">The tensor.</param>
    /// <param name="start">Where in the tensor the part begins, from 0.</param>
    /// <param name="destination">Where to; filled completely.</param>
    /// <exception cref="ArgumentOutOfRangeException">The part isn't within the tensor.</exception>
    /// <exception cref="ArgumentException">There is no such tensor.</exception>
    /// <exception cref="InvalidDataException">The file became shorter.</exception>
    /// <exception cref="IOException">The file can't be read.</exception>
    public void ReadBytes(string name, long start, Span<byte> destination)
    {
        var (entry, shard) = Find(name);
        CheckPart(entry, start, destination.Length);
        shard.Read(entry, start, destination);
    }

    /// <summary>Reads a tensor.</summary>
    /// <param name="name">The tensor.</param>
    /// <returns>A new tensor on the CPU, of the file's type and shape; it belongs to the caller.</returns>
    /// <exception cref="ArgumentException">There is no such tensor.</exception>
    /// <exception cref="InvalidDataException">Tensors don't have its type, it is BOOL with bytes other than 0 and 1, or
    /// the file became shorter.</exception>
    /// <exception cref="IOException">The file can't be read, or there is no memory for the tensor.</exception>
    public Tensor Read(string name)
    {
        var (entry, shard) = Find(name);
        Check(entry, shard);
        var tensor = Empty(entry, shard);
        try
        {
            shard.Read(entry, tensor);
            return tensor;
        }
        catch
        {
            tensor.Dispose();
            throw;
        }
    }

    /// <summary>Copies a tensor into an existing one, such as a network's parameter.</summary>
    /// <param name="name">The tensor.</param>
    /// <param name="target">Where to: of the same shape; keeps its type and device. Values are converted between all
    /// types but not between those with and those without a fraction.</param>
    /// <exception cref="ArgumentException">There is no such tensor.</exception>
    /// <exception cref="InvalidDataException">The shapes differ, the types can't be converted, or as for
    /// <see cref="Read"/>. Only where the file becomes shorter or unreadable in the middle of the tensor has the target
    /// changed.</exception>
    /// <exception cref="IOException">The file can't be read, or there is no memory for the tensor.</exception>
    public void CopyTo(string name, Tensor target)
    {
        ArgumentNullException.ThrowIfNull(target);
        var (entry, shard) = Find(name);
        Check(entry, shard);
        if (TensorKind.Of(entry).MismatchWith(target, "the target's") is { } mismatch)
            throw new InvalidDataException($"{shard.Path}: '{FileText.Shown(name)}' {mismatch}.");
        using var frozen = no_grad();
        using var values = target.detach();
        if (target.dtype == entry.DType && target.device.type == TorchSharp.DeviceType.CPU && values.is_contiguous())
        {
            shard.Read(entry, values);
            MarkChanged(values);
            return;
        }
        using var read = Read(name);
        values.copy_(read);
    }

    /// <summary>Closes the files; spans from <see cref="Bytes(string)"/> are invalid from now on.</summary>
    public void Dispose()
    {
        _disposed = true;
        foreach (var shard in _shards)
            shard.Dispose();
    }

    /// <summary>Refuses a tensor that can't be read although its header is right.</summary>
    internal void Check(string name)
    {
        var (entry, shard) = Find(name);
        Check(entry, shard);
    }

    private static void Check(SafetensorsEntry entry, SafetensorsShard shard)
    {
        if (entry.DType is null)
            throw new InvalidDataException(
                $"{shard.Path}: '{FileText.Shown(entry.Name)}' is of {entry.TypeName}, which tensors don't have; they have "
                    + $"{SafetensorsDType.Tensors}. Its bytes can be read."
            );
        // libtorch takes a boolean for one bit and misbehaves when it isn't.
        if (entry.DType == ScalarType.Bool && !AllBits(entry, shard))
            throw new InvalidDataException(
                $"{shard.Path}: '{FileText.Shown(entry.Name)}' is BOOL but has bytes other than 0 and 1."
            );
    }

    private static bool AllBits(SafetensorsEntry entry, SafetensorsShard shard)
    {
        Span<byte> buffer = new byte[(int)long.Min(Piece, entry.Bytes)];
        for (long start = 0; start < entry.Bytes; start += buffer.Length)
        {
            var piece = buffer[..(int)long.Min(buffer.Length, entry.Bytes - start)];
            shard.Read(entry, start, piece);
            if (piece.ContainsAnyExceptInRange((byte)0, (byte)1))
                return false;
        }
        return true;
    }

    private static Tensor Empty(SafetensorsEntry entry, SafetensorsShard shard)
    {
        try
        {
            return empty(entry.Shape.ToArray(), dtype: entry.DType, device: CPU).DetachFromDisposeScope();
        }
        catch (ExternalException e)
        {
            throw new IOException(
                $"{shard.Path}: there is no memory for the {entry.Bytes} bytes of '{FileText.Shown(entry.Name)}'.",
                e
            );
        }
    }

    // Autograd counts a tensor's changes, so that gradients of values which are gone are refused; bytes that are
    // written past it must be reported.
    private static void MarkChanged(Tensor values)
    {
        using var flat = values.view(-1);
        using var nothing = flat.narrow(0, 0, 0);
        nothing.zero_();
    }

    private static void CheckPart(SafetensorsEntry entry, long start, int length)
    {
        if (start < 0 || length < 0 || start > entry.Bytes - length)
            throw new ArgumentOutOfRangeException(
                nameof(start),
                start,
                $"'{entry.Name}' has {entry.Bytes} bytes; {length} from {start} aren't within it."
            );
    }

    private Stored Find(string name)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentNullException.ThrowIfNull(name);
        if (_tensors.TryGetValue(name, out var found))
            return found;
        var hint = ClosestName.Of(name, Names) is { } closest
            ? $"; the closest name is '{FileText.Shown(closest)}'"
            : "";
        throw new ArgumentException($"{Path} has no tensor '{FileText.Shown(name)}'{hint}.", nameof(name));
    }

    private sealed record Stored(SafetensorsEntry Entry, SafetensorsShard Shard);
}
