using System.Text.Json;
using System.Text.Json.Serialization;
using Diffusion.Nn;
using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>One checkpoint: a folder of safetensors and a position, written aside, flushed and renamed.</summary>
internal static class Checkpoint
{
    internal const string WeightsFile = "weights.safetensors";
    internal const string OptimizerRole = "optimizer";
    internal const string EmaFile = "ema.safetensors";
    private const string OptimizerFile = "optimizer.safetensors";
    private const string PositionFile = "position.json";

    /// <summary>The files of tensors, and what each holds.</summary>
    internal static readonly (string File, string Role)[] Parts =
    [
        (EmaFile, "EMA"),
        (WeightsFile, "weights"),
        (OptimizerFile, OptimizerRole),
    ];

    private sealed record Position([property: JsonRequired] long Step, [property: JsonRequired] double Seconds);

    /// <summary>Writes a checkpoint; at any kill there is the whole folder, or the one before it, or none.</summary>
    /// <param name="folder">Its place; one that is there is replaced.</param>
    /// <param name="aside">Where it is until it is whole, on the same disk.</param>
    /// <param name="state">What to save.</param>
    /// <param name="elapsed">Training time so far.</param>
    internal static void Save(string folder, string aside, TrainerState state, TimeSpan elapsed)
    {
        if (Directory.Exists(aside))
            Directory.Delete(aside, recursive: true);
        Directory.CreateDirectory(aside);
        Save(aside, WeightsFile, state.Weights);
        Save(aside, EmaFile, state.Ema);
        Save(aside, OptimizerFile, state.Optimizer);
        AtomicFile.WriteText(
            Path.Combine(aside, PositionFile),
            JsonSerializer.Serialize(new Position(state.Step, elapsed.TotalSeconds))
        );
        AtomicFile.MoveFolder(aside, folder);
    }

    /// <summary>Reads a checkpoint and hands its state over; the tensors live only that long.</summary>
    /// <returns>The training time that went into it.</returns>
    /// <exception cref="InvalidDataException">A file of it is missing, damaged or cut short.</exception>
    internal static TimeSpan Load(string folder, Action<TrainerState> restore)
    {
        try
        {
            var (step, elapsed) = ReadPosition(folder);
            using var weights = Safetensors.Load(Path.Combine(folder, WeightsFile));
            using var ema = Safetensors.Load(Path.Combine(folder, EmaFile));
            using var optimizer = Safetensors.Load(Path.Combine(folder, OptimizerFile));
            restore(new TrainerState(step, weights.Tensors, ema.Tensors, optimizer.Tensors));
            return elapsed;
        }
        catch (FileNotFoundException missing)
        {
            throw new InvalidDataException(
                $"The checkpoint '{folder}' is not whole: there is no {Path.GetFileName(missing.FileName)} in it.",
                missing
            );
        }
    }

    /// <summary>Reads how far a checkpoint is.</summary>
    /// <returns>Optimizer steps and training time.</returns>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    /// <exception cref="FileNotFoundException">It is missing.</exception>
    internal static (long Step, TimeSpan Elapsed) ReadPosition(string folder)
    {
        var file = Path.Combine(folder, PositionFile);
        try
        {
            var position = JsonSerializer.Deserialize<Position>(File.ReadAllText(file));
            return
                position is { Step: >= 0 } && position.Seconds >= 0 && position.Seconds < TimeSpan.MaxValue.TotalSeconds
                ? (position.Step, TimeSpan.FromSeconds(position.Seconds))
                : throw new InvalidDataException($"The checkpoint file '{file}' says an impossible step or time.");
        }
        catch (JsonException damaged)
        {
            throw new InvalidDataException($"The checkpoint file '{file}' is damaged: {damaged.Message}", damaged);
        }
    }

    private static void Save(string folder, string file, IReadOnlyDictionary<string, Tensor> tensors) =>
        Safetensors.Save(Path.Combine(folder, file), tensors.Select(pair => (pair.Key, pair.Value)));
}
