namespace Diffusion.Api;

/// <summary>
/// Where a user's feature networks are kept, one for each set of training images, so that all runs on the same images are
/// compared in the same features: <c>$XDG_CACHE_HOME/diffusion</c>, by default <c>~/.cache/diffusion</c>. All that is in it
/// can be deleted: the same images give the same network on the same machine.
/// </summary>
public static class FeatureCache
{
    private const string Variable = "XDG_CACHE_HOME";

    /// <summary>The file for some training images; null where the user has no place for it.</summary>
    /// <param name="trainedOn">The images' digest, see <see cref="FeatureNetwork.DigestOf"/>.</param>
    public static string? FileFor(string trainedOn)
    {
        ArgumentException.ThrowIfNullOrEmpty(trainedOn);
        return Folder() is { } folder
            ? Path.Combine(folder, $"features-{FeatureNetwork.Architecture}-{trainedOn}.safetensors")
            : null;
    }

    // The variable must be an absolute path, or is to be passed over (XDG Base Directory Specification).
    private static string? Folder()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named && Path.IsPathFullyQualified(named))
            return Path.Combine(named, "diffusion");
        if (OperatingSystem.IsWindows())
            return Under(Environment.SpecialFolder.LocalApplicationData, "diffusion");
        return Under(Environment.SpecialFolder.UserProfile, ".cache", "diffusion");
    }

    private static string? Under(Environment.SpecialFolder place, params string[] names) =>
        Environment.GetFolderPath(place) is { Length: > 0 } folder ? Path.Combine([folder, .. names]) : null;
}
