using System.Collections.Immutable;
using Diffusion.Nn;

namespace Diffusion.Api;

/// <summary>The headers of a weights file, or of all shards of an index, as far as they can be read.</summary>
/// <param name="Tensors">What the readable files hold.</param>
/// <param name="Metadata">The files' own notes.</param>
/// <param name="Shards">The files, by their paths.</param>
/// <param name="Problems">What can't be read, by file.</param>
internal sealed record WeightsHeaders(
    ImmutableArray<TensorReport> Tensors,
    ImmutableSortedDictionary<string, string> Metadata,
    ImmutableArray<string> Shards,
    ImmutableArray<(string File, string Message)> Problems
)
{
    private const int Listed = 8;

    /// <summary>The numbers in all tensors.</summary>
    internal long Numbers => Tensors.Sum(t => t.Values);

    /// <summary>Reads a safetensors file, or all that an index names.</summary>
    internal static WeightsHeaders Read(string path) =>
        SafetensorsIndex.IsIndex(path) ? ReadIndex(path) : ReadFile(path);

    /// <summary>The files that an index names; none where it can't be read.</summary>
    internal static IEnumerable<string> ShardsOf(string index) =>
        ReadIndex(index).Shards.Where(shard => shard != index);

    private static WeightsHeaders ReadFile(string path)
    {
        try
        {
            var header = Safetensors.ReadHeader(path);
            return new WeightsHeaders([.. header.Entries.Select(TensorReport.Of)], header.Metadata, [path], []);
        }
        catch (Exception refused) when (refused is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            return Unreadable(path, refused);
        }
    }

    private static WeightsHeaders ReadIndex(string path)
    {
        Dictionary<string, string> map;
        try
        {
            map = SafetensorsIndex.Read(path);
        }
        catch (Exception refused) when (refused is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            return Unreadable(path, refused);
        }
        var folder = Path.GetDirectoryName(path)!;
        var shards = map.Values.Distinct().Order(StringComparer.Ordinal).ToList();
        var parts = shards.Select(shard => (Shard: shard, Read: ReadShard(path, folder, shard))).ToList();
        var problems = new List<(string, string)>();
        foreach (var (shard, read) in parts)
        {
            problems.AddRange(read.Problems);
            if (!read.Problems.IsEmpty)
                continue;
            var held = read.Tensors.Select(t => t.Name).ToHashSet(StringComparer.Ordinal);
            var listed = map.Where(t => t.Value == shard).Select(t => t.Key).ToHashSet(StringComparer.Ordinal);
            AddNames(problems, path, listed.Except(held), $"not in {shard}, where the index says");
            AddNames(problems, path, held.Except(listed), $"in {shard}, but the index doesn't say so");
        }
        return new WeightsHeaders(
            [.. parts.SelectMany(p => p.Read.Tensors).DistinctBy(t => t.Name)],
            parts
                .SelectMany(p => p.Read.Metadata)
                .DistinctBy(note => note.Key)
                .ToImmutableSortedDictionary(StringComparer.Ordinal),
            [.. parts.Select(p => Path.Combine(folder, p.Shard))],
            [.. problems]
        );
    }

    private static void AddNames(List<(string, string)> problems, string path, IEnumerable<string> names, string what)
    {
        var list = names.Order(StringComparer.Ordinal).ToList();
        problems.AddRange(list.Take(Listed).Select(name => (path, $"'{name}' is {what}.")));
        if (list.Count > Listed)
            problems.Add((path, $"And {list.Count - Listed} more tensors are {what}."));
    }

    private static WeightsHeaders ReadShard(string index, string folder, string name)
    {
        try
        {
            return ReadFile(FolderPath.Inside(folder, name, index));
        }
        catch (InvalidDataException outside)
        {
            return Unreadable(index, outside);
        }
    }

    private static WeightsHeaders Unreadable(string path, Exception refused) =>
        new(
            [],
            ImmutableSortedDictionary<string, string>.Empty,
            [path],
            [(path, refused.Message.Replace($"{path}: ", "", StringComparison.Ordinal))]
        );
}
