using System.Globalization;
using System.Text.Json;
using Diffusion.Nn;

namespace Diffusion.Api;

/// <summary>
/// A run's <c>metrics.jsonl</c>: one JSON object a line and step, with <c>step</c>, <c>loss</c>, <c>learning_rate</c> and
/// <c>seconds</c> of training so far.
/// </summary>
internal sealed class MetricsLog : IDisposable
{
    private const string Name = "metrics.jsonl";

    private readonly StreamWriter _writer;

    /// <summary>Opens the log, and drops the lines of steps that a killed run did after its newest checkpoint.</summary>
    internal MetricsLog(string folder, long stepsDone)
    {
        var path = Path.Combine(folder, Name);
        if (File.Exists(path))
        {
            var kept = File.ReadLines(path).TakeWhile(line => StepOf(line) is { } step && step <= stepsDone).ToList();
            AtomicFile.WriteText(path, string.Concat(kept.Select(line => line + "\n")));
        }
        _writer = new StreamWriter(path, append: true) { AutoFlush = true };
    }

    internal void Write(long step, double loss, double rate, TimeSpan elapsed) =>
        _writer.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{{\"step\":{step},\"loss\":{loss:R},\"learning_rate\":{rate:R},\"seconds\":{elapsed.TotalSeconds:F3}}}"
            )
        );

    /// <summary>The losses of a run, by step.</summary>
    internal static IReadOnlyList<(long Step, double Loss)> Losses(string folder)
    {
        var path = Path.Combine(folder, Name);
        if (!File.Exists(path))
            throw new FileNotFoundException($"'{folder}' has no {Name}.");
        var losses = new List<(long, double)>();
        foreach (var line in File.ReadLines(path))
        {
            using var json = JsonDocument.Parse(line);
            losses.Add(
                (json.RootElement.GetProperty("step").GetInt64(), json.RootElement.GetProperty("loss").GetDouble())
            );
        }
        return losses;
    }

    public void Dispose() => _writer.Dispose();

    // Null for a line that a kill cut short.
    private static long? StepOf(string line)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            return json.RootElement.GetProperty("step").GetInt64();
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
