namespace Diffusion.Api;

/// <summary>
/// Looks at a model's files and says everything that is in them and everything that is wrong with them. Never stops at
/// the first problem, never changes anything.
/// </summary>
public static class Inspector
{
    /// <summary>Inspects a model.</summary>
    /// <param name="path">
    /// A pipeline folder, a training run's folder, a network's own folder, a safetensors file, or the index of a sharded
    /// one; it may be damaged.
    /// </param>
    /// <returns>What is there, what would load, and why the rest wouldn't.</returns>
    /// <exception cref="FileNotFoundException">There is nothing at the path.</exception>
    public static InspectionReport Inspect(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (File.Exists(path))
            return new Inspection(path, Path.GetDirectoryName(Path.GetFullPath(path))!).OfFile();
        if (!Directory.Exists(path))
            throw new FileNotFoundException($"There is no file or folder '{path}'.", path);
        return new Inspection(path, path).OfFolder();
    }
}
