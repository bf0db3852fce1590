using System.Collections.Immutable;
using Diffusion.Nn;
using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>A training run that isn't finished, as a model: the average of its newest checkpoint.</summary>
internal static class UnfinishedRun
{
    /// <summary>Whether a folder holds a run and no pipeline yet.</summary>
    internal static bool IsIn(string folder) => !Pipeline.IsIn(folder) && TrainingSetup.CanResume(folder);

    /// <summary>Loads it as <see cref="Pipeline.Load"/> does; a notice says of which step it is.</summary>
    /// <exception cref="FileNotFoundException">It has no checkpoint yet, or none of that average.</exception>
    /// <exception cref="InvalidDataException">The setup or all checkpoints are damaged, or those of a run that began with a
    /// model are gone.</exception>
    internal static Pipeline Load(string folder, Device? device, ScalarType? dtype, string? variant)
    {
        WeightsFolder.CheckVariant(variant);
        var setup = TrainingSetup.Load(folder);
        var network = new UNet2D(setup.Network);
        try
        {
            ImmutableArray<string> notices = [];
            ImmutableArray<string> averages = [];
            var position = new CheckpointStore(folder, canBeginAgain: setup.From is null).LoadNewest(
                (state, _) =>
                {
                    averages = [.. state.Averages.Skip(1).Select(a => AverageState.NameOf(a.Decay!.Value))];
                    var chosen = variant is null ? 0 : 1 + averages.IndexOf(variant);
                    if (variant is null || chosen > 0)
                        Weights.Copy(state.Averages[chosen].Values, network.state_dict(), "the checkpoint's average");
                },
                damaged => notices = notices.Add(damaged)
            );
            if (position is null)
                throw new FileNotFoundException(
                    $"The run in '{folder}' isn't finished, and has no checkpoint yet. Train it on first (train --resume)."
                );
            network.eval();
            if (variant is not null && !averages.Contains(variant))
                throw NoAverage(folder, variant, averages);
            return new Pipeline(network, setup.Scheduler, device, dtype)
            {
                Notices = notices.Add(
                    $"the run isn't finished: this is its average at step {position.Step} of {setup.Options.Steps}; train"
                        + " --resume goes on with it."
                ),
            };
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    /// <summary>An average that a run doesn't have.</summary>
    internal static FileNotFoundException NoAverage(string folder, string variant, ImmutableArray<string> averages) =>
        new(
            $"The run in '{folder}' has no average '{variant}'"
                + (averages.IsEmpty ? "." : $"; it has {string.Join(", ", averages)}.")
        );
}
