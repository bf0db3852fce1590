using System.Globalization;

namespace Diffusion.Api;

/// <summary>The checkpoints of a run, <c>checkpoints/step-NNN</c>; the newest two are kept.</summary>
/// <param name="runFolder">The run's folder.</param>
/// <param name="canBeginAgain">Whether a run without checkpoints can begin: its first weights are a function of its
/// seed.</param>
internal sealed class CheckpointStore(string runFolder, bool canBeginAgain)
{
    private const int Kept = 2;
    private const string Prefix = "step-";
    private const string Aside = "partial";

    /// <summary>The folder of a run that they are in.</summary>
    internal const string FolderName = "checkpoints";

    private readonly string _folder = Path.Combine(runFolder, FolderName);

    /// <summary>Where a checkpoint is until it is whole; left behind where a run is killed meanwhile.</summary>
    internal string AsideFolder => Path.Combine(_folder, Aside);

    /// <summary>Saves a checkpoint, then removes all but the newest two.</summary>
    internal void Save(TrainerState state, TimeSpan elapsed)
    {
        Directory.CreateDirectory(_folder);
        Checkpoint.Save(FolderOf(state.Step), AsideFolder, state, elapsed);
        foreach (var old in Folders().SkipLast(Kept))
            Directory.Delete(old, recursive: true);
    }

    /// <summary>Reads the newest checkpoint, if there is one, and hands its state over.</summary>
    /// <returns>The training time that went into it; zero where there is none.</returns>
    /// <exception cref="InvalidDataException">It is damaged, the message says what is left; or there is none, and the run
    /// can't do without.</exception>
    internal TimeSpan LoadNewest(Action<TrainerState> restore)
    {
        var folders = Folders().ToList();
        if (folders.Count == 0)
            return canBeginAgain
                ? TimeSpan.Zero
                : throw new InvalidDataException(
                    $"'{_folder}' holds no checkpoint, and this run began with one, a model's weights. Begin a new run."
                );
        var newest = folders[^1];
        try
        {
            return Checkpoint.Load(
                newest,
                state =>
                {
                    if (FolderOf(state.Step) != newest)
                        throw new InvalidDataException(
                            $"The checkpoint '{newest}' says that it is of step {state.Step}."
                        );
                    restore(state);
                }
            );
        }
        catch (InvalidDataException damaged)
        {
            var remedy =
                folders.Count > 1 ? $"Delete the folder '{newest}' to go on from {Path.GetFileName(folders[^2])}."
                : canBeginAgain ? $"Delete the folder '{newest}' to start again from step 0."
                : "There is no other; begin a new run.";
            throw new InvalidDataException($"{damaged.Message} {remedy}", damaged);
        }
    }

    private string FolderOf(long step) =>
        Path.Combine(_folder, Prefix + step.ToString("D9", CultureInfo.InvariantCulture));

    /// <summary>The checkpoints' folders, the oldest first.</summary>
    internal IEnumerable<string> Folders() =>
        Directory.Exists(_folder)
            ? Directory.EnumerateDirectories(_folder, Prefix + "*").Order(StringComparer.Ordinal)
            : [];
}
