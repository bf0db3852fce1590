namespace Diffusion.Nn;

/// <summary>Keeps files that a config names within the config's folder.</summary>
internal static class FolderPath
{
    private const int MaxLinks = 40;

    /// <summary>The path of a file or folder that a file of unknown origin names.</summary>
    /// <param name="folder">Where it must be.</param>
    /// <param name="name">A relative path with '/'; it need not exist.</param>
    /// <param name="origin">Who names it, for messages.</param>
    /// <returns>The folder and the name, joined.</returns>
    /// <exception cref="InvalidDataException">The name is empty, absolute, goes up (<c>..</c>), isn't a plain path on
    /// every system, or is or passes a symbolic link that leads out of the folder or in a circle.</exception>
    internal static string Inside(string folder, string name, string origin)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentNullException.ThrowIfNull(name);
        var shown = FileText.Shown(name);
        if (name.Length == 0 || name.AsSpan().IndexOfAny(@"\:") >= 0 || name.Any(char.IsControl))
            throw new InvalidDataException($"{origin}: '{shown}' isn't a relative path of plain names and '/'.");
        if (name[0] == '/' || Path.IsPathRooted(name) || name.Split('/').Contains(".."))
            throw new InvalidDataException($"{origin}: '{shown}' leaves the folder; name a file inside it.");
        var path = Path.Combine(folder, name);
        var (root, real) = (Real(folder), Real(path));
        if (!real.StartsWith(Path.EndsInDirectorySeparator(root) ? root : root + '/', StringComparison.Ordinal))
            throw new InvalidDataException(
                $"{origin}: '{shown}' is a symbolic link that leaves the folder, to '{FileText.Shown(real)}'; copy the "
                    + "folder with what its links point to (cp -rL FROM TO), as for one of the Hugging Face cache."
            );
        return path;
    }

    // Segment by segment as the system does it: '..' behind a link means the parent of the link's target.
    private static string Real(string path)
    {
        var full = Path.IsPathRooted(path) ? path : Path.Combine(Directory.GetCurrentDirectory(), path);
        var current = Path.GetPathRoot(full)!;
        var pending = new Stack<string>();
        Push(pending, full[current.Length..]);
        for (var links = 0; pending.TryPop(out var segment); )
        {
            if (segment is "" or ".")
                continue;
            if (segment == "..")
            {
                current = Path.GetDirectoryName(current) ?? current;
                continue;
            }
            var next = Path.Combine(current, segment);
            if (new FileInfo(next).LinkTarget is not { } target)
            {
                current = next;
                continue;
            }
            if (++links > MaxLinks)
                throw new InvalidDataException($"{path} goes through more than {MaxLinks} symbolic links.");
            if (Path.IsPathRooted(target))
            {
                current = Path.GetPathRoot(target)!;
                target = target[current.Length..];
            }
            Push(pending, target);
        }
        return current;
    }

    private static void Push(Stack<string> pending, string path)
    {
        foreach (var segment in path.Split(Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar).Reverse())
            pending.Push(segment);
    }
}
