namespace Diffusion.Api;

/// <summary>The files of a pipeline folder. None is read that lies outside of it, by whatever way.</summary>
internal sealed class PipelineFolder
{
    // As many as Linux follows.
    private const int MostLinks = 40;
    private const long LargestConfig = 16 << 20;

    private readonly string _path;
    private readonly string _real;

    internal PipelineFolder(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        (_path, _real) = (path, Path.TrimEndingDirectorySeparator(Resolved(path)));
    }

    /// <summary>The path of a file or folder, whether it is there or not.</summary>
    /// <param name="relative">Below the folder, such as <c>unet/config.json</c>.</param>
    /// <exception cref="InvalidDataException">It leads out of the folder.</exception>
    internal string PathOf(string relative)
    {
        var path = Path.Combine(_path, relative);
        var real = Resolved(path);
        if (!real.StartsWith(_real + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            throw new InvalidDataException(
                $"'{path}' leads out of the pipeline folder, to '{real}'; put the file itself there (cp -rL copies a"
                    + " folder without its links)."
            );
        return path;
    }

    /// <summary>The text of a config file.</summary>
    /// <exception cref="FileNotFoundException">It isn't there.</exception>
    /// <exception cref="InvalidDataException">It leads out of the folder, or is far too large for a config.</exception>
    internal string ReadText(string relative)
    {
        var file = new FileInfo(PathOf(relative));
        if (!file.Exists)
            throw new FileNotFoundException($"'{_path}' is not a whole pipeline folder: there is no {relative} in it.");
        return file.Length <= LargestConfig
            ? File.ReadAllText(file.FullName)
            : throw new InvalidDataException(
                $"'{file}' has {file.Length} bytes; a config has at most {LargestConfig}."
            );
    }

    /// <summary>Reads a config file, and names it where it is refused.</summary>
    internal T Parse<T>(string relative, Func<string, T> parse)
    {
        var text = ReadText(relative);
        try
        {
            return parse(text);
        }
        catch (InvalidDataException damaged)
        {
            throw new InvalidDataException($"'{Path.Combine(_path, relative)}': {damaged.Message}", damaged);
        }
    }

    // The absolute path without links; of what isn't there, as far as it is.
    private static string Resolved(string path)
    {
        var full = Path.GetFullPath(path);
        var current = Path.GetPathRoot(full)!;
        var rest = new Stack<string>();
        Push(full[current.Length..]);
        var links = 0;
        while (rest.TryPop(out var name))
        {
            if (name == "..")
            {
                current = Path.GetDirectoryName(current) ?? current;
                continue;
            }
            var next = Path.Combine(current, name);
            if (new FileInfo(next).LinkTarget is not { } target)
            {
                current = next;
                continue;
            }
            if (++links > MostLinks)
                throw new InvalidDataException($"'{path}' goes through more than {MostLinks} symbolic links.");
            if (Path.IsPathRooted(target))
                current = Path.GetPathRoot(target)!;
            Push(target);
        }
        return current;

        void Push(string names)
        {
            foreach (var name in names.Split(Path.DirectorySeparatorChar).Where(n => n is not ("" or ".")).Reverse())
                rest.Push(name);
        }
    }
}
