using System.Text.Json.Nodes;

namespace Diffusion.Api;

/// <summary>Finds what of a run's setup isn't as it was when a checkpoint was saved.</summary>
internal static class SetupDifference
{
    private const int Shown = 5;

    // These change nothing of what is computed: where the same images are, and how often something is written.
    private static readonly string[] Free =
    [
        "data",
        "data_description",
        "options.CheckpointEvery",
        "options.LogEvery",
        "options.SampleEvery",
        "options.TensorBoard",
    ];

    /// <summary>Refuses a setup that isn't the one that a checkpoint was saved under.</summary>
    /// <param name="file">The setup's file, for the message.</param>
    /// <param name="then">As it was; null where the checkpoint doesn't say.</param>
    /// <param name="now">As it is.</param>
    /// <exception cref="ArgumentException">They differ; shows how.</exception>
    internal static void Refuse(string file, JsonObject? then, JsonObject now)
    {
        if (then is null)
            return;
        var (before, after) = (Flat(then), Flat(now));
        List<string> changed =
        [
            .. before
                .Keys.Union(after.Keys)
                .Where(key => !Free.Contains(key) && before.GetValueOrDefault(key) != after.GetValueOrDefault(key))
                .Order(StringComparer.Ordinal)
                .Select(key => $"{key} was {Show(before, key)}, is {Show(after, key)}"),
        ];
        if (changed.Count > 0)
            throw new ArgumentException(
                $"'{file}' has changed since the checkpoint was saved, so that the run can't go on as it would have: "
                    + string.Join("; ", changed.Take(Shown))
                    + (changed.Count > Shown ? $"; and {changed.Count - Shown} more" : "")
                    + ". Change it back, or begin a new run."
            );
    }

    private static string Show(Dictionary<string, string> values, string key) =>
        values.GetValueOrDefault(key) ?? "absent";

    private static Dictionary<string, string> Flat(JsonObject json)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        Add("", json);
        return values;

        void Add(string path, JsonNode? node)
        {
            if (node is JsonObject map)
                foreach (var (key, value) in map)
                    Add(path.Length == 0 ? key : $"{path}.{key}", value);
            else
                values[path] = node?.ToJsonString() ?? "null";
        }
    }
}
