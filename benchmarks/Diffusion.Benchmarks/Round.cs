using System.Diagnostics;
using System.Text.Json;

namespace Diffusion.Benchmarks;

/// <summary>A process that measured and printed its figures as JSON, and what was seen of it from outside.</summary>
internal sealed class Round
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);

    private readonly JsonElement _figures;

    private Round(string who, JsonElement figures) => (Who, _figures) = (who, figures);

    internal string Who { get; }

    /// <summary>The most memory it had at once, in bytes.</summary>
    internal long PeakMemory { get; private init; }

    /// <summary>Page faults of the whole process.</summary>
    internal long PageFaults { get; private init; }

    /// <summary>How many CPUs others kept busy meanwhile; a core that is busy on purpose doesn't count.</summary>
    internal double OtherCpus { get; private init; }

    /// <summary>How many CPUs the host took away meanwhile.</summary>
    internal double StolenCpus { get; private init; }

    /// <summary>Runs a process to its end.</summary>
    /// <param name="who">What the reports call it.</param>
    /// <param name="info">What to start.</param>
    /// <param name="core">A core that is kept busy on purpose; null for none.</param>
    /// <exception cref="InvalidDataException">It failed, or printed no JSON object.</exception>
    internal static Round Run(string who, ProcessStartInfo info, BusyCore? core)
    {
        info.RedirectStandardOutput = true;
        var (before, spun) = (MachineLoad.Now, core?.Seconds ?? 0);
        using var process = Process.Start(info)!;
        string text;
        long peak = 0;
        try
        {
            var output = process.StandardOutput.ReadToEndAsync();
            while (!process.WaitForExit(LookEvery))
                peak = long.Max(peak, ProcessFigures.PeakMemory(process.Id));
            text = output.Result;
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
        var after = MachineLoad.Now;
        if (process.ExitCode != 0)
            throw new InvalidDataException($"{who} ended with exit code {process.ExitCode}; it said: {text.Trim()}");
        return new Round(who, Parse(who, text))
        {
            PeakMemory = peak,
            PageFaults = after.Own.ChildrenPageFaults - before.Own.ChildrenPageFaults,
            OtherCpus = after.OtherCpusSince(before, (core?.Seconds ?? 0) - spun),
            StolenCpus = after.StolenCpusSince(before),
        };
    }

    /// <summary>A figure's median; null where it isn't printed.</summary>
    internal double? Median(string figure) => Number(figure, "median");

    /// <summary>How many CPUs others kept busy while a figure was measured; where that isn't printed, in the whole round.</summary>
    internal double OtherCpusDuring(string figure) => Number(figure, "other_cpus_busy") ?? OtherCpus;

    /// <summary>Page faults a step of a figure; null where they aren't printed.</summary>
    internal double? PageFaultsOf(string figure) => Number(figure, "page_faults");

    /// <summary>A figure that is a number by itself; null where it isn't printed.</summary>
    internal double? Plain(string figure) =>
        _figures.TryGetProperty(figure, out var value) && value.ValueKind == JsonValueKind.Number
            ? value.GetDouble()
            : null;

    /// <summary>A profile that was asked for; empty where there is none.</summary>
    internal IReadOnlyList<OperatorShare> Operators(string figure) =>
        _figures.TryGetProperty(figure, out var value)
            ? value.Deserialize<List<OperatorShare>>(OwnRound.Json) ?? []
            : [];

    private double? Number(string figure, string part) =>
        _figures.TryGetProperty(figure, out var value)
        && value.ValueKind == JsonValueKind.Object
        && value.TryGetProperty(part, out var number)
            ? number.GetDouble()
            : null;

    // Some peers say something before.
    private static JsonElement Parse(string who, string text)
    {
        try
        {
            return JsonSerializer.Deserialize<JsonElement>(text[int.Max(0, text.IndexOf('{'))..]);
        }
        catch (JsonException broken)
        {
            throw new InvalidDataException($"{who} printed no JSON object: {broken.Message}", broken);
        }
    }
}
