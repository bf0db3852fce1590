namespace Diffusion.Numerics;

/// <summary>Pipeline folders recorded from Python's diffusers: the repository's copy, or another set.</summary>
internal static class GoldenFolders
{
    private static string Root => RootOf(Environment.GetEnvironmentVariable("DIFFUSION_GOLDEN_UNET_DIR"));

    /// <summary>The folder that a setting means: a relative one is in the repository, wherever the tests run.</summary>
    internal static string RootOf(string? setting) =>
        string.IsNullOrWhiteSpace(setting)
            ? Path.Combine(AppContext.BaseDirectory, "Golden", "unet")
            : Path.Combine(Repository.Root, setting);

    /// <summary>Every folder of the set, at any depth, that holds a recording.</summary>
    internal static IEnumerable<string> All =>
        Directory
            .EnumerateFiles(Root, "expected.safetensors", SearchOption.AllDirectories)
            .Select(file => Path.GetDirectoryName(file)!)
            .Order(StringComparer.Ordinal);

    /// <summary>A folder of the repository's copy, whatever the set.</summary>
    internal static string Named(string name) => Path.Combine(AppContext.BaseDirectory, "Golden", "unet", name);

    /// <summary>Copies a folder, to be broken.</summary>
    internal static string CopyTo(string source, string target)
    {
        foreach (var file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(target, Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.WriteAllBytes(copy, File.ReadAllBytes(file));
        }
        return target;
    }
}
