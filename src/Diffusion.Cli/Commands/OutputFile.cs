namespace Diffusion.Cli;

/// <summary>Looks before long work whether its result can be written.</summary>
internal static class OutputFile
{
    /// <summary>Refuses a file that can't be written.</summary>
    /// <exception cref="IOException">There is no such folder, or the path is a folder.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder isn't writable.</exception>
    internal static void Check(string path, string option = "--out")
    {
        ArgumentException.ThrowIfNullOrEmpty(path, option);
        if (Directory.Exists(path))
            throw new IOException($"{option}: '{path}' is a folder; name a file in it.");
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        if (!Directory.Exists(folder))
            throw new IOException(
                $"{option}: there is no folder '{folder}' for '{Path.GetFileName(path)}'; make it first."
            );
        var probe = Path.Combine(folder, Path.GetRandomFileName());
        try
        {
            using (File.Create(probe, 1, FileOptions.DeleteOnClose)) { }
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            // The probe's name would say nothing.
            var why =
                refused is IOException
                    ? refused.Message.Replace(probe, folder, StringComparison.Ordinal)
                    : "you have no permission to.";
            throw new IOException($"{option}: the folder '{folder}' can't be written: {why}", refused);
        }
    }
}
