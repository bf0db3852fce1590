using System.Globalization;
using System.Text.Json;
using Diffusion.Nn;
using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>
/// The checkpoints of a run: one folder each, written aside, flushed and renamed, so that at any kill there is a whole
/// one. The newest two are kept.
/// </summary>
internal sealed class CheckpointStore(string runFolder)
{
    private const int Kept = 2;
    private const string Prefix = "step-";
    private const string Aside = "partial-";
    private const string WeightsFile = "weights.safetensors";
    private const string EmaFile = "ema.safetensors";
    private const string OptimizerFile = "optimizer.safetensors";
    private const string PositionFile = "position.json";

    private readonly string _folder = Path.Combine(runFolder, "checkpoints");

    private sealed record Position(long Step, double Seconds);

    /// <summary>The newest checkpoint's folder, or null where there is none.</summary>
    internal string? Newest() => Directory.Exists(_folder) ? Folders().LastOrDefault() : null;

    /// <summary>Saves a checkpoint, then removes all but the newest two.</summary>
    internal void Save(TrainerState state, TimeSpan elapsed)
    {
        Directory.CreateDirectory(_folder);
        foreach (var left in Directory.EnumerateDirectories(_folder, Aside + "*"))
            Directory.Delete(left, recursive: true);
        var name = state.Step.ToString("D9", CultureInfo.InvariantCulture);
        var aside = Path.Combine(_folder, Aside + name);
        Directory.CreateDirectory(aside);
        Save(aside, WeightsFile, state.Weights);
        Save(aside, EmaFile, state.Ema);
        Save(aside, OptimizerFile, state.Optimizer);
        AtomicFile.WriteText(
            Path.Combine(aside, PositionFile),
            JsonSerializer.Serialize(new Position(state.Step, elapsed.TotalSeconds))
        );
        var final = Path.Combine(_folder, Prefix + name);
        if (Directory.Exists(final))
            Directory.Delete(final, recursive: true);
        Directory.Move(aside, final);
        foreach (var old in Folders().SkipLast(Kept))
            Directory.Delete(old, recursive: true);
    }

    /// <summary>Reads a checkpoint and hands its state over; the tensors live only that long.</summary>
    /// <returns>The training time that went into it.</returns>
    /// <exception cref="InvalidDataException">A file of it is damaged or cut short.</exception>
    internal static TimeSpan Load(string folder, Action<TrainerState> restore)
    {
        var position = ReadPosition(Path.Combine(folder, PositionFile));
        using var weights = Safetensors.Load(Path.Combine(folder, WeightsFile));
        using var ema = Safetensors.Load(Path.Combine(folder, EmaFile));
        using var optimizer = Safetensors.Load(Path.Combine(folder, OptimizerFile));
        restore(new TrainerState(position.Step, weights.Tensors, ema.Tensors, optimizer.Tensors));
        return TimeSpan.FromSeconds(position.Seconds);
    }

    private static Position ReadPosition(string file)
    {
        try
        {
            return JsonSerializer.Deserialize<Position>(File.ReadAllText(file))
                ?? throw new JsonException("it is null");
        }
        catch (JsonException damaged)
        {
            throw new InvalidDataException($"The checkpoint file '{file}' is damaged: {damaged.Message}", damaged);
        }
    }

    private static void Save(string folder, string file, IReadOnlyDictionary<string, Tensor> tensors) =>
        Safetensors.Save(Path.Combine(folder, file), tensors.Select(pair => (pair.Key, pair.Value)));

    private IEnumerable<string> Folders() =>
        Directory.EnumerateDirectories(_folder, Prefix + "*").Order(StringComparer.Ordinal);
}
