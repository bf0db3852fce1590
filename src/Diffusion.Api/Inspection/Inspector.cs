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
    /// <param name="variant">Which of a folder's weights, as for <see cref="Pipeline.Load"/>; null for the usual.</param>
    /// <returns>What is there, what would load, and why the rest wouldn't.</returns>
    /// <exception cref="FileNotFoundException">There is nothing at the path.</exception>
    /// <exception cref="ArgumentException">A variant is no plain name, or the path is a file, which has none.</exception>
    public static InspectionReport Inspect(string path, string? variant = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (File.Exists(path))
            return variant is null
                ? new Inspection(path, Path.GetDirectoryName(Path.GetFullPath(path))!, null).OfFile()
                : throw new ArgumentException($"--variant chooses among a folder's weights; '{path}' is a file.");
        if (!Directory.Exists(path))
            throw new FileNotFoundException($"There is no file or folder '{path}'.", path);
        return new Inspection(path, path, variant).OfFolder();
    }
}
