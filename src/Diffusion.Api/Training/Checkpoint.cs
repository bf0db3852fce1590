using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;
using Diffusion.Nn;
using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>One checkpoint: a folder of safetensors and a position, written aside, flushed and renamed.</summary>
internal static class Checkpoint
{
    internal const string WeightsFile = "weights.safetensors";
    internal const string OptimizerRole = "optimizer";
    internal const string EmaFile = "ema.safetensors";
    internal const string MoreAverages = "ema-*.safetensors";
    private const string OptimizerFile = "optimizer.safetensors";
    private const string TimesFile = "times.safetensors";
    private const string PositionFile = "position.json";

    /// <summary>The files of tensors that every checkpoint has, and what each holds.</summary>
    internal static readonly (string File, string Role)[] Parts =
    [
        (EmaFile, "EMA"),
        (WeightsFile, "weights"),
        (OptimizerFile, OptimizerRole),
    ];

    /// <summary>Writes a checkpoint; at any kill there is the whole folder, or the one before it, or none.</summary>
    /// <param name="folder">Its place; one that is there is replaced.</param>
    /// <param name="aside">Where it is until it is whole, on the same disk.</param>
    /// <param name="state">What to save.</param>
    /// <param name="position">Where in the run it is.</param>
    internal static void Save(string folder, string aside, TrainerState state, CheckpointPosition position)
    {
        if (Directory.Exists(aside))
            Directory.Delete(aside, recursive: true);
        Directory.CreateDirectory(aside);
        try
        {
            var digests = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
            foreach (var (file, tensors) in PartsOf(state))
            {
                var path = Path.Combine(aside, file);
                Safetensors.Save(path, tensors.Select(pair => (pair.Key, pair.Value)));
                digests[file] = Digest(path);
            }
            position = position with
            {
                Step = state.Step,
                EmaDecays = [.. state.Averages.Select(average => average.Decay!.Value)],
                Sha256 = digests.ToImmutable(),
            };
            AtomicFile.WriteText(Path.Combine(aside, PositionFile), JsonSerializer.Serialize(position));
            AtomicFile.MoveFolder(aside, folder);
        }
        catch
        {
            // Gives the room back where the disk is full.
            if (Directory.Exists(aside))
                Directory.Delete(aside, recursive: true);
            throw;
        }
    }

    /// <summary>Reads a checkpoint and hands its state over; the tensors live only that long.</summary>
    /// <exception cref="InvalidDataException">A file of it is missing, damaged or cut short.</exception>
    internal static void Load(string folder, Action<TrainerState, CheckpointPosition> restore)
    {
        var files = new List<SafetensorsFile>();
        try
        {
            var position = ReadPosition(folder);
            foreach (var (file, digest) in position.Sha256 ?? ImmutableSortedDictionary<string, string>.Empty)
                if (Digest(Path.Combine(folder, file)) != digest)
                    throw new InvalidDataException(
                        $"The checkpoint file '{Path.Combine(folder, file)}' is damaged: it is not what was written."
                    );
            // The first average's decay isn't in checkpoints of before there were several.
            double?[] decays = position.EmaDecays is { } known ? [.. known] : [null];
            var averages = decays
                .Select((decay, i) => new AverageState(decay, Read(EmaFileOf(i, decay ?? 0))))
                .ToImmutableArray();
            var times = File.Exists(Path.Combine(folder, TimesFile))
                ? Read(TimesFile)
                : new Dictionary<string, Tensor>();
            restore(new TrainerState(position.Step, Read(WeightsFile), averages, Read(OptimizerFile), times), position);
        }
        catch (FileNotFoundException missing)
        {
            throw new InvalidDataException(
                $"The checkpoint '{folder}' is not whole: there is no {Path.GetFileName(missing.FileName)} in it.",
                missing
            );
        }
        finally
        {
            foreach (var file in files)
                file.Dispose();
        }

        IReadOnlyDictionary<string, Tensor> Read(string file)
        {
            files.Add(Safetensors.Load(Path.Combine(folder, file)));
            return files[^1].Tensors;
        }
    }

    /// <summary>The file of an average; the first one's has no decay in its name.</summary>
    internal static string EmaFileOf(int index, double decay) =>
        index == 0 ? EmaFile : $"{AverageState.NameOf(decay)}.safetensors";

    /// <summary>Reads where a checkpoint is.</summary>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    /// <exception cref="FileNotFoundException">It is missing.</exception>
    internal static CheckpointPosition ReadPosition(string folder)
    {
        var file = Path.Combine(folder, PositionFile);
        try
        {
            var position = JsonSerializer.Deserialize<CheckpointPosition>(RegularFile.ReadText(file));
            return
                position is { Step: >= 0 } && position.Seconds >= 0 && position.Seconds < TimeSpan.MaxValue.TotalSeconds
                ? position
                : throw new InvalidDataException($"The checkpoint file '{file}' says an impossible step or time.");
        }
        catch (JsonException damaged)
        {
            throw new InvalidDataException($"The checkpoint file '{file}' is damaged: {damaged.Message}", damaged);
        }
    }

    private static IEnumerable<(string File, IReadOnlyDictionary<string, Tensor> Tensors)> PartsOf(TrainerState state)
    {
        yield return (WeightsFile, state.Weights);
        for (var i = 0; i < state.Averages.Length; i++)
            yield return (EmaFileOf(i, state.Averages[i].Decay!.Value), state.Averages[i].Values);
        yield return (OptimizerFile, state.Optimizer);
        if (state.Times.Count > 0)
            yield return (TimesFile, state.Times);
    }

    private static string Digest(string path)
    {
        using var stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}
