using System.Text.Json.Nodes;
using NUnit.Framework;

namespace Diffusion.Properties.Support;

/// <summary>
/// Every recorded run of every file: those of the directory that DIFFUSION_GOLDEN_DIR names, or the repository's copy.
/// </summary>
internal static class GoldenFiles
{
    private static readonly string Own = Path.Combine(TestContext.CurrentContext.TestDirectory, "Golden");

    /// <summary>
    /// The name of each run, and how to read it: only there does a configuration that can't be expressed throw, so that it
    /// fails alone.
    /// </summary>
    public static IEnumerable<(string Name, Func<GoldenRun> Read)> Runs =>
        In(Environment.GetEnvironmentVariable("DIFFUSION_GOLDEN_DIR") ?? Own);

    /// <summary>A run of the repository's copy.</summary>
    public static GoldenRun Find(string name) => In(Own).First(run => run.Name == name).Read();

    private static IEnumerable<(string Name, Func<GoldenRun> Read)> In(string directory) =>
        Directory
            .GetFiles(directory, "*.json")
            .Order(StringComparer.Ordinal)
            .Select(path => JsonNode.Parse(File.ReadAllText(path))!)
            .SelectMany(file =>
                file["configs"]!
                    .AsArray()
                    .Select(run => ((string)run!["name"]!, (Func<GoldenRun>)(() => new GoldenRun(file, run!))))
            );
}
