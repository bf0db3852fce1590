using System.Collections.Immutable;
using static TorchSharp.torch;

namespace Diffusion.Nn;

/// <summary>Reads and writes safetensors files: named tensors and nothing that could be executed.</summary>
public static class Safetensors
{
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
        using var shard = SafetensorsShard.Open(path);
        return shard.Header;
    }

    /// <summary>Opens a file, or a set of shards, without reading its tensors.</summary>
    /// <param name="path">A safetensors file, or the index of a set (a name that ends in <c>.json</c>), whose shards must
    /// hold exactly the tensors that it lists and be in its folder or below.</param>
    /// <returns>The reader, to be disposed of.</returns>
    /// <exception cref="InvalidDataException">A file is damaged, a shard is missing or outside the folder, or tensors
    /// aren't where the index says; the message names the file and the tensor.</exception>
    /// <exception cref="IOException">A file can't be read.</exception>
    public static SafetensorsReader Open(string path) => SafetensorsReader.Open(path);

    /// <summary>Reads a whole file, or a set of shards.</summary>
    /// <param name="path">As for <see cref="Open"/>.</param>
    /// <returns>The tensors, on the CPU; to be disposed of.</returns>
    /// <exception cref="InvalidDataException">As for <see cref="Open"/>, or tensors don't have the type of one in the
    /// file.</exception>
    /// <exception cref="IOException">A file can't be read, or there is no memory for a tensor.</exception>
    public static SafetensorsFile Load(string path)
    {
        using var reader = Open(path);
        // Before the first is read: a type that can't be had should be refused at once.
        foreach (var name in reader.Names)
            reader.Check(name);
        var tensors = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        var content = new SafetensorsFile(tensors, reader.Metadata);
        try
        {
            foreach (var name in reader.Names)
                tensors.Add(name, reader.Read(name));
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
    /// <exception cref="ArgumentException">A name is there twice, reserved or no Unicode, a type has no place in the
    /// format, or all the names are too long for it.</exception>
    /// <exception cref="IOException">The file can't be written; what was there before still is.</exception>
    public static void Save(
        string path,
        IEnumerable<(string Name, Tensor Tensor)> tensors,
        IReadOnlyDictionary<string, string>? metadata = null
    )
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var writer = new SafetensorsWriter(tensors, metadata);
        AtomicFile.Write(path, writer.Write);
    }

    /// <summary>Writes tensors into as many files as a limit of size makes necessary, in Hugging Face's way: names end in
    /// <c>-00001-of-00003.safetensors</c>, and <c>.safetensors.index.json</c> lists which tensor is where. Where all
    /// fit into one file, that is written alone, without an index.</summary>
    /// <param name="path">Where a single file would be; ends in <c>.safetensors</c>. What earlier savings under this name
    /// left is replaced: the single file, the index, the shards.</param>
    /// <param name="tensors">Names and values; any device and layout. They are put into shards in this order.</param>
    /// <param name="maxShardBytes">The most bytes of tensors a shard holds, at least 1; a larger tensor gets a shard of
    /// its own.</param>
    /// <param name="metadata">Notes for each file; none by default. See <see cref="TorchMetadata"/>.</param>
    /// <returns>The path to open: of the index, or of the single file.</returns>
    /// <remarks>All is written aside and flushed, then renamed; the index goes first and comes last, so that no index ever
    /// lists a half-written set.</remarks>
    /// <exception cref="ArgumentException">As for <see cref="Save"/>, the path doesn't end in <c>.safetensors</c>, or
    /// there would be more than 99,999 shards.</exception>
    /// <exception cref="IOException">A file can't be written.</exception>
    public static string SaveSharded(
        string path,
        IEnumerable<(string Name, Tensor Tensor)> tensors,
        long maxShardBytes,
        IReadOnlyDictionary<string, string>? metadata = null
    ) => SafetensorsSet.Save(path, tensors, maxShardBytes, metadata);
}
