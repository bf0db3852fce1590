using System.Collections.Immutable;
using System.Text.Json;

namespace Diffusion.Api;

/// <summary>A line of a run's <c>metrics.jsonl</c>. Immutable.</summary>
/// <param name="Step">Steps done, from 1.</param>
/// <param name="Loss">The loss.</param>
/// <param name="LearningRate">The learning rate.</param>
/// <param name="Seconds">Training time so far.</param>
public sealed record TrainingMetrics(long Step, double Loss, double LearningRate, double Seconds)
{
    /// <summary>The gradient's norm before clipping; null where the line doesn't have it.</summary>
    public double? GradientNorm { get; init; }

    /// <summary>The file's name.</summary>
    public const string FileName = "metrics.jsonl";

    /// <summary>The lines of a run; none where it has no file yet.</summary>
    /// <param name="folder">The run's folder.</param>
    /// <remarks>A last line that isn't whole is left out: a killed run leaves such.</remarks>
    /// <exception cref="InvalidDataException">Another line is damaged.</exception>
    public static ImmutableArray<TrainingMetrics> Load(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var file = Path.Combine(folder, FileName);
        if (!File.Exists(file))
            return [];
        var metrics = ImmutableArray.CreateBuilder<TrainingMetrics>();
        var damaged = default(string);
        foreach (var line in File.ReadLines(file))
        {
            if (damaged is not null)
                throw new InvalidDataException($"'{file}', line {metrics.Count + 1}: {damaged}");
            var last = metrics.Count == 0 ? 0 : metrics[^1].Step;
            if (Read(line, last) is { } read)
                metrics.Add(read);
            else
                damaged = "it isn't a JSON object with numbers for step, loss, learning_rate and seconds.";
        }
        return metrics.ToImmutable();
    }

    /// <summary>A line; null where it is none, or not of a later step than the one before.</summary>
    internal static TrainingMetrics? Read(string line, long last)
    {
        try
        {
            return Parse(line, last);
        }
        catch (Exception refused)
            when (refused is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            return null;
        }
    }

    private static TrainingMetrics Parse(string line, long last)
    {
        using var json = JsonDocument.Parse(line);
        var root = json.RootElement;
        var step = root.GetProperty("step").GetInt64();
        if (step <= last)
            throw new FormatException();
        var seconds = Number("seconds");
        if (!(seconds >= 0 && seconds < TimeSpan.MaxValue.TotalSeconds))
            throw new FormatException();
        return new TrainingMetrics(step, Number("loss"), Number("learning_rate"), seconds)
        {
            GradientNorm = root.TryGetProperty("gradient_norm", out _) ? Number("gradient_norm") : null,
        };

        double Number(string key) =>
            root.GetProperty(key).GetDouble() is var value && double.IsFinite(value)
                ? value
                : throw new FormatException();
    }
}
