using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using NUnit.Framework;

namespace Diffusion.Properties.Support;

/// <summary>
/// Every recorded run of every file: those of the directory that DIFFUSION_GOLDEN_DIR names, or the repository's copy.
/// </summary>
internal static partial class GoldenFiles
{
    private static readonly Lazy<IReadOnlyList<(string Name, Func<GoldenRun> Read)>> Own = new(() =>
        In(Path.Combine(TestContext.CurrentContext.TestDirectory, "Golden"))
    );

    private static readonly Lazy<IReadOnlyList<(string Name, Func<GoldenRun> Read)>> Others = new(() =>
        Environment.GetEnvironmentVariable("DIFFUSION_GOLDEN_DIR") is { Length: > 0 } directory
            ? In(directory)
            : Own.Value
    );

    /// <summary>
    /// The name of each run, and how to read it: only there does a configuration that can't be expressed throw, so that it
    /// fails alone.
    /// </summary>
    public static IReadOnlyList<(string Name, Func<GoldenRun> Read)> Runs => Others.Value;

    /// <summary>The runs of the repository's copy.</summary>
    public static IEnumerable<GoldenRun> OwnRuns => Own.Value.Select(run => run.Read());

    /// <summary>A run of the repository's copy.</summary>
    public static GoldenRun Find(string name) => Own.Value.First(run => run.Name == name).Read();

    /// <summary>
    /// Reads JSON as Python writes it: NaN and infinities, which are bare there, become text.
    /// </summary>
    public static JsonNode Parse(string json) =>
        JsonNode.Parse(
            TextOrName().Replace(json, match => match.Value.StartsWith('"') ? match.Value : $"\"{match.Value}\"")
        )!;

    // What holds no runs is a case that fails.
    private static IReadOnlyList<(string Name, Func<GoldenRun> Read)> In(string directory)
    {
        string[] paths = Directory.Exists(directory) ? Directory.GetFiles(directory, "*.json") : [];
        return paths.Length == 0
            ? [Missing(directory, "no *.json")]
            : [.. paths.Order(StringComparer.Ordinal).SelectMany(Of)];
    }

    private static IEnumerable<(string Name, Func<GoldenRun> Read)> Of(string path)
    {
        JsonNode file = Parse(File.ReadAllText(path));
        return file is JsonObject && file["configs"] is JsonArray runs
            ? runs.Select(run => ((string)run!["name"]!, (Func<GoldenRun>)(() => new GoldenRun(file, run!))))
            : [Missing(path, "no \"configs\"")];
    }

    private static (string Name, Func<GoldenRun> Read) Missing(string path, string what) =>
        (path, () => throw new NotSupportedException($"{path} holds no recorded runs: it has {what}."));

    [GeneratedRegex(
        """
            "(?:\\.|[^"\\])*"|-?Infinity|NaN
            """
    )]
    private static partial Regex TextOrName();
}
