namespace Diffusion.Api;

/// <summary>Keeps a second trainer out of a run's folder. The system lets go of it when the process ends, however it ends.</summary>
/// <remarks>The file stays: deleting it would let two in, one at the file that is gone and one at a new one.</remarks>
internal sealed class RunLock : IDisposable
{
    /// <summary>The file's name.</summary>
    internal const string Name = "training.lock";

    private readonly FileStream _file;

    /// <summary>Takes the folder.</summary>
    /// <exception cref="IOException">Another process has it, or the folder can't be written.</exception>
    internal RunLock(string folder)
    {
        var path = Path.Combine(folder, Name);
        try
        {
            _file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (UnauthorizedAccessException refused)
        {
            throw new IOException(
                $"The run's folder '{folder}' can't be written: {refused.Message} Make it writable, or copy it to where it is.",
                refused
            );
        }
        catch (IOException taken) when (File.Exists(path) && CanWriteTo(folder))
        {
            throw new IOException(
                $"The run in '{folder}' is being trained by another process. Wait for it, or stop it first.",
                taken
            );
        }
    }

    public void Dispose() => _file.Dispose();

    // A lock that is held and a disk that is read-only are both an IOException.
    private static bool CanWriteTo(string folder)
    {
        var probe = Path.Combine(folder, Name + "." + Environment.ProcessId);
        try
        {
            using var file = new FileStream(
                probe,
                FileMode.Create,
                FileAccess.Write,
                FileShare.None,
                1,
                FileOptions.DeleteOnClose
            );
            return true;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
