using System.Runtime.InteropServices;

namespace Diffusion.Nn;

/// <summary>Writes files and folders that are whole or absent: aside, flushed to the disk, then renamed.</summary>
internal static class AtomicFile
{
    /// <summary>How the names end of files that aren't whole yet; left behind by a kill.</summary>
    internal const string AsideSuffix = ".partial";

    private const int ReadOnly = 0;

    /// <summary>Writes a file; what was at the path stays until the new one is complete.</summary>
    internal static void Write(string path, Action<FileStream> write)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var aside = Aside(path);
        try
        {
            WriteFlushed(aside, write);
            File.Move(aside, path, overwrite: true);
            FlushFolderOf(path);
        }
        catch
        {
            File.Delete(aside);
            throw;
        }
    }

    /// <summary>Writes files that only make sense together, all in one folder; while they are renamed, the one that
    /// lists the others is absent.</summary>
    internal static void WriteSet(
        IReadOnlyList<(string Path, Action<FileStream> Write)> files,
        string list,
        Action<FileStream> writeList
    )
    {
        try
        {
            foreach (var (path, write) in files)
                WriteFlushed(Aside(path), write);
            WriteFlushed(Aside(list), writeList);
            File.Delete(list);
            FlushFolderOf(list);
            foreach (var (path, _) in files)
                File.Move(Aside(path), path, overwrite: true);
            FlushFolderOf(list);
            File.Move(Aside(list), list);
            FlushFolderOf(list);
        }
        catch
        {
            foreach (var (path, _) in files)
                File.Delete(Aside(path));
            File.Delete(Aside(list));
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
        {
            // Left by a kill between the two renames below, and made up for since.
            if (Directory.Exists(replaced))
                Directory.Delete(replaced, recursive: true);
            Directory.Move(path, replaced);
        }
        Directory.Move(aside, path);
        FlushFolderOf(path);
        if (Directory.Exists(replaced))
            Directory.Delete(replaced, recursive: true);
    }

    private static string Aside(string path) => path + AsideSuffix;

    private static void WriteFlushed(string path, Action<FileStream> write)
    {
        using var stream = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16);
        write(stream);
        stream.Flush(flushToDisk: true);
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
