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
    private readonly HashSet<string> _damaged = [];

    /// <summary>Where a checkpoint is until it is whole; left behind where a run is killed meanwhile.</summary>
    internal string AsideFolder => Path.Combine(_folder, Aside);

    /// <summary>Saves a checkpoint, then removes all but the newest two, and damaged ones that it makes up for.</summary>
    /// <exception cref="IOException">It can't be written; says what is left.</exception>
    internal void Save(TrainerState state, CheckpointPosition position)
    {
        var folder = FolderOf(state.Step);
        try
        {
            Directory.CreateDirectory(_folder);
            Checkpoint.Save(folder, AsideFolder, state, position);
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            var left = Folders().LastOrDefault();
            throw new IOException(
                $"The checkpoint of step {state.Step} can't be written: {failed.Message} "
                    + (left is null ? "There is none yet." : $"The newest is {Path.GetFileName(left)}, and whole.")
                    + " Make room, then resume the run.",
                failed
            );
        }
        _damaged.Remove(folder);
        var folders = Folders().ToList();
        foreach (var old in folders.Except(_damaged).SkipLast(Kept).Concat(folders.Intersect(_damaged)))
            Directory.Delete(old, recursive: true);
        _damaged.Clear();
    }

    /// <summary>Reads the newest checkpoint that isn't damaged, if there is one, and hands its state over.</summary>
    /// <param name="restore">Takes it up; may refuse it by an <see cref="InvalidDataException"/>.</param>
    /// <param name="onDamaged">Told of each that was passed over, one line.</param>
    /// <returns>Where in the run it is; null where there is none.</returns>
    /// <exception cref="InvalidDataException">All are damaged; or there is none, and the run can't do without.</exception>
    internal CheckpointPosition? LoadNewest(Action<TrainerState, CheckpointPosition> restore, Action<string> onDamaged)
    {
        var folders = Folders().ToList();
        if (folders.Count == 0)
            return canBeginAgain
                ? null
                : throw new InvalidDataException(
                    $"'{_folder}' holds no checkpoint, and this run began with one, a model's weights. Begin a new run."
                );
        for (var i = folders.Count - 1; ; i--)
            try
            {
                return Load(folders[i], restore);
            }
            catch (InvalidDataException damaged) when (i > 0)
            {
                _damaged.Add(folders[i]);
                onDamaged($"{damaged.Message} Going on from {Path.GetFileName(folders[i - 1])}.");
            }
            catch (InvalidDataException damaged)
            {
                throw new InvalidDataException(
                    $"{damaged.Message} "
                        + (
                            canBeginAgain
                                ? $"Delete the folder '{_folder}' to start again from step 0."
                                : "There is no other; begin a new run."
                        ),
                    damaged
                );
            }
    }

    /// <summary>Whether a run has no checkpoint but one of step 0, or of none at all.</summary>
    internal static bool IsBeginning(string runFolder)
    {
        var store = new CheckpointStore(runFolder, canBeginAgain: true);
        return !Directory.Exists(store._folder)
            || Directory
                .EnumerateFileSystemEntries(store._folder)
                .All(entry => entry == store.AsideFolder || entry == store.FolderOf(0));
    }

    private CheckpointPosition Load(string folder, Action<TrainerState, CheckpointPosition> restore)
    {
        CheckpointPosition? found = null;
        Checkpoint.Load(
            folder,
            (state, position) =>
            {
                if (FolderOf(state.Step) != folder)
                    throw new InvalidDataException($"The checkpoint '{folder}' says that it is of step {state.Step}.");
                restore(state, position);
                found = position;
            }
        );
        return found!;
    }

    private string FolderOf(long step) =>
        Path.Combine(_folder, Prefix + step.ToString("D9", CultureInfo.InvariantCulture));

    /// <summary>The checkpoints' folders, the oldest first.</summary>
    internal IEnumerable<string> Folders() =>
        Directory.Exists(_folder)
            ? Directory.EnumerateDirectories(_folder, Prefix + "*").Order(StringComparer.Ordinal)
            : [];
}
