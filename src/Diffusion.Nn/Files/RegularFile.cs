using Microsoft.Win32.SafeHandles;

namespace Diffusion.Nn;

/// <summary>Opens files of unknown origin for reading.</summary>
internal static class RegularFile
{
    private const long LargestText = 16 << 20;

    /// <summary>Opens a safetensors file or index.</summary>
    /// <exception cref="InvalidDataException">It is empty.</exception>
    /// <exception cref="IOException">It isn't there, is a folder, or can't be read.</exception>
    internal static SafeFileHandle Open(string path) =>
        LengthOf(path) > 0
            ? File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete)
            : throw new InvalidDataException($"{path}: 0 bytes are too short for a safetensors file or index.");

    /// <summary>The text of a config, or of what is as small.</summary>
    /// <param name="path">The file.</param>
    /// <param name="what">What it should be, with its article.</param>
    /// <exception cref="InvalidDataException">It is empty, or far too large for that.</exception>
    /// <exception cref="IOException">It isn't there, is a folder, or can't be read.</exception>
    internal static string ReadText(string path, string what = "a config")
    {
        RequireContent(path, LargestText, what);
        return File.ReadAllText(path);
    }

    /// <summary>Refuses what can't be opened without waiting, or read without filling the memory.</summary>
    /// <param name="path">The file.</param>
    /// <param name="most">Most bytes.</param>
    /// <param name="what">What it should be, with its article.</param>
    /// <exception cref="InvalidDataException">It is empty, a pipe or a device, or too large.</exception>
    /// <exception cref="IOException">It isn't there, or is a folder.</exception>
    internal static void RequireContent(string path, long most, string what)
    {
        var length = LengthOf(path);
        if (length == 0)
            throw new InvalidDataException(
                $"'{path}' has 0 bytes and is not {what}: it is empty, or a pipe or a device, which isn't read."
            );
        if (length > most)
            throw new InvalidDataException($"'{path}' has {length} bytes; {what} has at most {most}.");
    }

    /// <summary>Fills the buffer from a place in the file.</summary>
    /// <returns>Whether there were enough bytes.</returns>
    internal static bool TryRead(SafeFileHandle file, long offset, Span<byte> buffer)
    {
        while (buffer.Length > 0)
        {
            var count = RandomAccess.Read(file, buffer, offset);
            if (count == 0)
                return false;
            offset += count;
            buffer = buffer[count..];
        }
        return true;
    }

    // Before it is opened: opening a pipe waits for a writer, and pipes and devices have the length 0.
    private static long LengthOf(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var info = new FileInfo(path);
        if (Directory.Exists(path))
            throw new IOException($"{path} is a folder, not a file.");
        if (!info.Exists)
            throw new FileNotFoundException($"There is no file {path}.", path);
        return info.ResolveLinkTarget(returnFinalTarget: true) is FileInfo target ? target.Length : info.Length;
    }
}
