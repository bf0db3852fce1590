using Microsoft.Win32.SafeHandles;

namespace Diffusion.Nn;

/// <summary>Opens files of unknown origin for reading.</summary>
internal static class RegularFile
{
    /// <summary>Opens a file that has content.</summary>
    /// <exception cref="InvalidDataException">It is empty.</exception>
    /// <exception cref="IOException">It isn't there, is a folder, or can't be read.</exception>
    internal static SafeFileHandle Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var info = new FileInfo(path);
        if (Directory.Exists(path))
            throw new IOException($"{path} is a folder, not a file.");
        if (!info.Exists)
            throw new FileNotFoundException($"There is no file {path}.", path);
        // Before it is opened: opening a pipe waits for a writer, and pipes and devices have the length 0.
        var length = info.ResolveLinkTarget(returnFinalTarget: true) is FileInfo target ? target.Length : info.Length;
        return length > 0
            ? File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete)
            : throw new InvalidDataException($"{path}: 0 bytes are too short for a safetensors file or index.");
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
}
