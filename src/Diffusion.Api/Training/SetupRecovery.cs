namespace Diffusion.Api;

/// <summary>A run's setup from its checkpoints, each of which holds it, where <c>training.json</c> is damaged or gone.</summary>
internal static class SetupRecovery
{
    /// <summary>The setup of the newest checkpoint that has one; null where none has.</summary>
    internal static (TrainingSetup Setup, string From)? Find(string folder)
    {
        foreach (var checkpoint in new CheckpointStore(folder, canBeginAgain: true).Folders().Reverse())
            try
            {
                if (Checkpoint.ReadPosition(checkpoint).Setup is { } json)
                    return (TrainingSetup.FromJson(json), Path.GetFileName(checkpoint));
            }
            catch (Exception damaged) when (damaged is not OutOfMemoryException)
            {
                // Then an older one; whoever asks has the first failure to tell of.
            }
        return null;
    }

    /// <summary>Writes a setup that was found so; what is left of the file is kept beside it.</summary>
    internal static void Write(string folder, TrainingSetup setup)
    {
        var file = Path.Combine(folder, TrainingSetup.FileName);
        if (File.Exists(file))
            File.Move(file, file + ".damaged", overwrite: true);
        setup.Save(folder);
    }
}
