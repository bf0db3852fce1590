using Diffusion.Nn;

namespace Diffusion.Api;

/// <summary>
/// What a run's folder holds before its setup does, and nobody would miss: the lock, and of a run that begins with a model
/// its first checkpoint. A kill leaves that, and a new run may take its place.
/// </summary>
internal static class RunBeginning
{
    /// <summary>Whether there is no more than that in a folder; so where it is empty, too.</summary>
    internal static bool IsAll(string folder) =>
        !TrainingSetup.IsIn(folder)
        && Directory.EnumerateFileSystemEntries(folder).All(entry => IsPart(Path.GetFileName(entry)))
        && CheckpointStore.IsBeginning(folder);

    /// <summary>Removes it, but the lock, which the caller holds.</summary>
    internal static void Clear(string folder)
    {
        foreach (var entry in Directory.EnumerateFileSystemEntries(folder))
            if (Directory.Exists(entry))
                Directory.Delete(entry, recursive: true);
            else if (Path.GetFileName(entry) != RunLock.Name)
                File.Delete(entry);
    }

    private static bool IsPart(string name) =>
        name is RunLock.Name or ClassNames.FileName or CheckpointStore.FolderName
        || AtomicFile.IsAsideOf(name, ClassNames.FileName)
        || AtomicFile.IsAsideOf(name, TrainingSetup.FileName);
}
