using System.Collections.Immutable;
using System.Text.Json;

namespace Diffusion.Benchmarks;

/// <summary>A way to run a peer. The file <c>peer-settings.json</c> lists those that are compared.</summary>
/// <param name="Name">What the reports call it.</param>
/// <param name="Why">What the settings do.</param>
/// <param name="Environment">Variables that the peer gets. It gets none of the other settings'.</param>
/// <param name="Arguments">What follows its command.</param>
/// <param name="Best">Whether it is what goals are measured against.</param>
internal sealed record PeerSettings(
    string Name,
    string Why,
    ImmutableSortedDictionary<string, string> Environment,
    ImmutableArray<string> Arguments,
    bool Best = false
)
{
    internal static string UsualFile => Path.Combine(AppContext.BaseDirectory, "peer-settings.json");

    /// <exception cref="InvalidDataException">The file doesn't list settings.</exception>
    internal static ImmutableArray<PeerSettings> Load(string path)
    {
        ImmutableArray<PeerSettings> settings;
        try
        {
            settings = JsonSerializer.Deserialize<ImmutableArray<PeerSettings>>(
                File.ReadAllText(path),
                JsonSerializerOptions.Web
            );
        }
        catch (JsonException broken)
        {
            throw new InvalidDataException($"'{path}': {broken.Message}", broken);
        }
        if (settings.IsDefaultOrEmpty || settings.Any(s => s.Environment is null || s.Arguments.IsDefault))
            throw new InvalidDataException(
                $"'{path}' must list settings with name, why, environment and arguments; see docs/performance.md."
            );
        return settings;
    }
}
