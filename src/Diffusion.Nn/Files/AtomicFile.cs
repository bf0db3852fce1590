using System.Runtime.InteropServices;

namespace Diffusion.Nn;

/// <summary>Writes files and folders that are whole or absent: aside, flushed to the disk, then renamed.</summary>
internal static class AtomicFile
{
    private const int ReadOnly = 0;

    /// <summary>Writes a file; what was at the path stays until the new one is complete.</summary>
    internal static void Write(string path, Action<FileStream> write)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var aside = path + ".partial";
        try
        {
            using (var stream = new FileStream(aside, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }
            File.Move(aside, path, overwrite: true);
            FlushFolderOf(path);
        }
        catch
        {
            File.Delete(aside);
            throw;
        }
    }

    /// <summary>Writes a text file in UTF-8, as <see cref="Write"/> does.</summary>
    internal static void WriteText(string path, string text) =>
        Write(
            path,
            stream =>
            {
                using var writer = new StreamWriter(stream, leaveOpen: true);
                writer.Write(text);
            }
        );

    /// <summary>Renames a folder whose files are flushed, in place of one that may be there.</summary>
    /// <param name="aside">The complete folder.</param>
    /// <param name="path">Its name from now on.</param>
    internal static void MoveFolder(string aside, string path)
    {
        var replaced = aside + ".replaced";
        if (Directory.Exists(path))
            Directory.Move(path, replaced);
        Directory.Move(aside, path);
        FlushFolderOf(path);
        if (Directory.Exists(replaced))
            Directory.Delete(replaced, recursive: true);
    }

    // A rename survives a power cut only when the folder that holds it is flushed too; .NET has no call for that.
    private static void FlushFolderOf(string path)
    {
        if (!OperatingSystem.IsLinux())
            return;
        var folder = open(Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/", ReadOnly);
        if (folder < 0)
            return;
        _ = fsync(folder);
        _ = close(folder);
    }

    [DllImport("libc")]
    private static extern int open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc")]
    private static extern int fsync(int file);

    [DllImport("libc")]
    private static extern int close(int file);
}
