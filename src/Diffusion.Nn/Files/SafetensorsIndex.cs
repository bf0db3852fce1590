using System.Text.Json;

namespace Diffusion.Nn;

/// <summary>The list beside a set of shards: which tensor is in which file.</summary>
internal static class SafetensorsIndex
{
    /// <summary>How the name of such a list ends.</summary>
    internal static bool IsIndex(string path) => path.EndsWith(".json", StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads the map from tensors to the names of shards.</summary>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    internal static Dictionary<string, string> Read(string path)
    {
        using var file = RegularFile.Open(path);
        var length = RandomAccess.GetLength(file);
        if (length > SafetensorsHeader.MaxLength)
            throw new InvalidDataException(
                $"{path}: an index of {length} bytes is above the limit of {SafetensorsHeader.MaxLength}."
            );
        try
        {
            var json = new JsonFile(file, 0, length);
            return Read(ref json, path);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new InvalidDataException($"{path}: the index isn't valid JSON: {FileText.Shown(e.Message)}", e);
        }
        catch (EndOfStreamException e)
        {
            throw new InvalidDataException($"{path}: the index is cut off: the file became shorter.", e);
        }
    }

    /// <summary>Opens all shards that an index names and compares them with it.</summary>
    /// <exception cref="InvalidDataException">A shard is missing, damaged or outside the folder, or a tensor isn't in
    /// exactly the shard that the index says.</exception>
    internal static List<SafetensorsShard> Open(string path)
    {
        var map = Read(path);
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        var shards = new List<SafetensorsShard>();
        try
        {
            var owners = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var name in map.Values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
            {
                var shard = OpenShard(folder, name, path);
                shards.Add(shard);
                foreach (var entry in shard.Header.Entries)
                    CheckOwner(entry.Name, name, map, owners, path);
            }
            foreach (var (tensor, shard) in map)
                if (!owners.ContainsKey(tensor))
                    throw Bad(path, tensor, $"isn't in '{FileText.Shown(shard)}', where the index says", owners.Keys);
            return shards;
        }
        catch
        {
            shards.ForEach(shard => shard.Dispose());
            throw;
        }
    }

    /// <summary>Writes an index as Hugging Face's libraries do.</summary>
    internal static void Write(Stream target, long totalSize, IEnumerable<(string Tensor, string Shard)> map)
    {
        using (var json = new Utf8JsonWriter(target, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
        {
            json.WriteStartObject();
            json.WriteStartObject("metadata");
            json.WriteNumber("total_size", totalSize);
            json.WriteEndObject();
            json.WriteStartObject("weight_map");
            foreach (var (tensor, shard) in map.OrderBy(pair => pair.Tensor, CodePointOrder.Instance))
                json.WriteString(tensor, shard);
            json.WriteEndObject();
            json.WriteEndObject();
        }
        target.WriteByte((byte)'\n');
    }

    private static Dictionary<string, string> Read(ref JsonFile json, string path)
    {
        Dictionary<string, string>? map = null;
        json.Next();
        if (json.Token != JsonTokenType.StartObject)
            throw new InvalidDataException($"{path}: an index is a JSON object, got {json.Kind}.");
        var keys = new HashSet<string>(StringComparer.Ordinal);
        while (json.NextKey(out var key))
        {
            if (!keys.Add(key))
                throw new InvalidDataException($"{path}: '{FileText.Shown(key)}' is there twice.");
            json.Next();
            // What else there is describes the set in words; its total size is often one of an earlier precision.
            if (key == "weight_map")
                map = ReadMap(ref json, path);
            else
                json.Skip();
        }
        json.Next();
        return map is { Count: > 0 }
            ? map
            : throw new InvalidDataException($"{path}: the index has no weight_map with tensors in it.");
    }

    private static Dictionary<string, string> ReadMap(ref JsonFile json, string path)
    {
        if (json.Token != JsonTokenType.StartObject)
            throw new InvalidDataException($"{path}: weight_map must be an object, got {json.Kind}.");
        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        // One text for each shard, not one for each tensor.
        var shards = new Dictionary<string, string>(StringComparer.Ordinal);
        while (json.NextKey(out var tensor))
        {
            json.Next();
            if (json.Token != JsonTokenType.String)
                throw new InvalidDataException(
                    $"{path}: '{FileText.Shown(tensor)}' must have the name of a shard, got {json.Kind}."
                );
            var shard = json.Text();
            if (!shards.TryAdd(shard, shard))
                shard = shards[shard];
            if (!map.TryAdd(tensor, shard))
                throw new InvalidDataException($"{path}: '{FileText.Shown(tensor)}' is there twice.");
        }
        return map;
    }

    private static SafetensorsShard OpenShard(string folder, string name, string index)
    {
        var path = FolderPath.Inside(folder, name, index);
        return File.Exists(path)
            ? SafetensorsShard.Open(path)
            : throw new InvalidDataException(
                $"{index}: the shard '{FileText.Shown(name)}' isn't there; download it or save the model again."
            );
    }

    private static void CheckOwner(
        string tensor,
        string shard,
        Dictionary<string, string> map,
        Dictionary<string, string> owners,
        string path
    )
    {
        if (!map.TryGetValue(tensor, out var expected))
            throw Bad(path, tensor, $"is in '{FileText.Shown(shard)}' but not in the index", map.Keys);
        if (!owners.TryAdd(tensor, shard))
            throw Bad(path, tensor, $"is in '{FileText.Shown(owners[tensor])}' and in '{FileText.Shown(shard)}'");
        if (expected != shard)
            throw Bad(
                path,
                tensor,
                $"is in '{FileText.Shown(shard)}', not in '{FileText.Shown(expected)}' as the index says"
            );
    }

    private static InvalidDataException Bad(
        string path,
        string tensor,
        string what,
        IEnumerable<string>? known = null
    ) =>
        new(
            $"{path}: '{FileText.Shown(tensor)}' {what}"
                + (
                    ClosestName.Of(tensor, known ?? []) is { } closest
                        ? $" (closest: '{FileText.Shown(closest)}')."
                        : "."
                )
        );
}
