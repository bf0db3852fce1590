using System.Globalization;
using System.Text.RegularExpressions;
using static TorchSharp.torch;

namespace Diffusion.Nn;

/// <summary>Writes shards and their index.</summary>
internal static partial class SafetensorsSet
{
    internal const string Extension = ".safetensors";
    internal const string IndexExtension = ".index.json";
    private const int MaxShards = 99_999;

    internal static string Save(
        string path,
        IEnumerable<(string Name, Tensor Tensor)> tensors,
        long maxShardBytes,
        IReadOnlyDictionary<string, string>? metadata
    )
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxShardBytes, 1);
        if (!path.EndsWith(Extension, StringComparison.Ordinal))
            throw new ArgumentException($"The path must end in {Extension}, got {path}.", nameof(path));
        var shards = Split(SafetensorsWriter.Checked(tensors), maxShardBytes);
        if (shards.Count > MaxShards)
            throw new ArgumentException(
                $"{maxShardBytes} bytes a shard make {shards.Count} shards, at most {MaxShards} are possible.",
                nameof(maxShardBytes)
            );
        var index = path + IndexExtension;
        var old = Existing(path);
        if (shards.Count == 1)
        {
            AtomicFile.Write(path, new SafetensorsWriter(shards[0], metadata).Write);
            File.Delete(index);
            old.ForEach(File.Delete);
            return path;
        }
        var names = Enumerable.Range(1, shards.Count).Select(i => ShardName(path, i, shards.Count)).ToList();
        var writers = shards.ConvertAll(shard => new SafetensorsWriter(shard, metadata));
        AtomicFile.WriteSet(
            [.. names.Zip(writers, (name, writer) => (name, (Action<FileStream>)writer.Write))],
            index,
            stream =>
                SafetensorsIndex.Write(
                    stream,
                    shards.Sum(shard => shard.Sum(t => SafetensorsWriter.SizeOf(t.Tensor))),
                    shards.SelectMany((shard, i) => shard.Select(t => (t.Name, Path.GetFileName(names[i]))))
                )
        );
        File.Delete(path);
        old.Except(names, StringComparer.Ordinal).ToList().ForEach(File.Delete);
        return index;
    }

    // In the order given, as Hugging Face's libraries do: a shard is closed when the next tensor doesn't fit.
    private static List<List<(string Name, Tensor Tensor)>> Split(
        List<(string Name, Tensor Tensor)> tensors,
        long maxBytes
    )
    {
        var shards = new List<List<(string Name, Tensor Tensor)>> { new() };
        long size = 0;
        foreach (var tensor in tensors)
        {
            var bytes = SafetensorsWriter.SizeOf(tensor.Tensor);
            if (shards[^1].Count > 0 && size + bytes > maxBytes)
            {
                shards.Add([]);
                size = 0;
            }
            shards[^1].Add(tensor);
            size += bytes;
        }
        return shards;
    }

    private static string ShardName(string path, int number, int count) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{path[..^Extension.Length]}-{number:d5}-of-{count:d5}{Extension}"
        );

    private static List<string> Existing(string path)
    {
        var start = path[..^Extension.Length];
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        if (!Directory.Exists(folder))
            return [];
        var name = Path.GetFileName(start);
        return
        [
            .. Directory
                .EnumerateFiles(folder)
                .Select(file => Path.GetFileName(file))
                .Where(file => file.StartsWith(name, StringComparison.Ordinal) && Ending().IsMatch(file[name.Length..]))
                .Select(file => start + file[name.Length..]),
        ];
    }

    [GeneratedRegex(@"^-[0-9]{5}-of-[0-9]{5}\.safetensors\z", RegexOptions.CultureInvariant)]
    private static partial Regex Ending();
}
