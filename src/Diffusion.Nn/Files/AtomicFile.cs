using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace Diffusion.Nn;

/// <summary>Writes files and folders that are whole or absent: aside, flushed to the disk, then renamed.</summary>
internal static partial class AtomicFile
{
    /// <summary>How the names end of files and folders that are not whole yet.</summary>
    internal const string AsideSuffix = ".partial";

    private const int RandomDigits = 8;
    private const int ReadOnly = 0;

    /// <summary>Writes a file; what was at the path stays until the new one is complete.</summary>
    internal static void Write(string path, Action<FileStream> write)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var aside = WriteAside(path, write);
        try
        {
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
        var asides = new List<string>();
        try
        {
            foreach (var (path, write) in files)
                asides.Add(WriteAside(path, write));
            asides.Add(WriteAside(list, writeList));
            File.Delete(list);
            FlushFolderOf(list);
            foreach (var ((path, _), aside) in files.Zip(asides))
                File.Move(aside, path, overwrite: true);
            FlushFolderOf(list);
            File.Move(asides[^1], list);
            FlushFolderOf(list);
        }
        catch
        {
            asides.ForEach(File.Delete);
            throw;
        }
    }

    /// <summary>Whether a name is one that a file of another name had until it was whole.</summary>
    /// <param name="name">The name that may be; files of before there were random ones count.</param>
    /// <param name="file">The file's name.</param>
    internal static bool IsAsideOf(string name, string file) =>
        name == file + AsideSuffix
        || (name.StartsWith(file, StringComparison.Ordinal) && Ending().Match(name).Index == file.Length);

    /// <summary>Removes what kills have left of files that were never whole, in a folder and in those within; what is being
    /// written stays.</summary>
    internal static void ClearAsides(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(folder, "*" + AsideSuffix, SearchOption.AllDirectories).ToList())
            try
            {
                // Whoever writes it has it alone.
                if (Ending().IsMatch(file))
                    new FileStream(
                        file,
                        FileMode.Open,
                        FileAccess.ReadWrite,
                        FileShare.None,
                        1,
                        FileOptions.DeleteOnClose
                    ).Dispose();
            }
            catch (Exception taken) when (taken is IOException or UnauthorizedAccessException)
            {
                // Not ours to remove, then.
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

    // Under a name of its own: another process may be writing the same file, and nothing that was there is touched.
    private static string WriteAside(string path, Action<FileStream> write)
    {
        var aside = $"{path}.{RandomNumberGenerator.GetHexString(RandomDigits, lowercase: true)}{AsideSuffix}";
        var stream = new FileStream(aside, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16);
        try
        {
            using (stream)
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }
            return aside;
        }
        catch
        {
            File.Delete(aside);
            throw;
        }
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

    [GeneratedRegex(@"\.[0-9a-f]{8}\.partial\z", RegexOptions.CultureInvariant)]
    private static partial Regex Ending();

    [DllImport("libc")]
    private static extern int open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc")]
    private static extern int fsync(int file);

    [DllImport("libc")]
    private static extern int close(int file);
}
