using System.Text.Json;
using Diffusion.Nn;

namespace Diffusion.Api;

/// <summary>
/// The class that stands for none, which classifier-free guidance needs: the last row of the network's table. That a network
/// has one is said by the key <c>_null_class</c> of its config, which other programs pass over.
/// </summary>
public static class NullLabel
{
    private const string Key = "_null_class";

    /// <summary>The null label of a network; null where it has none.</summary>
    /// <param name="config">The network's config.</param>
    /// <exception cref="InvalidDataException">The config names one that isn't the last row.</exception>
    public static int? Of(UNet2DConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        if (!config.UnknownKeys.TryGetValue(Key, out var value))
            return null;
        var last = config.NumClassEmbeds - 1;
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var label) && label == last
            ? label
            : throw new InvalidDataException($"{Key} must be the last class, {last}, not {value.GetRawText()}.");
    }

    /// <summary>A config with a row more, for the null label; unchanged where it has one.</summary>
    /// <param name="config">With a table of classes.</param>
    /// <exception cref="InvalidDataException">The network has no table of classes.</exception>
    public static UNet2DConfig AddTo(UNet2DConfig config)
    {
        if (Of(config) is not null)
            return config;
        if (config.ClassEmbedType is not null || config.NumClassEmbeds is not { } classes)
            throw NoTable();
        using var label = JsonDocument.Parse(JsonSerializer.Serialize(classes));
        return config with
        {
            NumClassEmbeds = classes + 1,
            UnknownKeys = config.UnknownKeys.SetItem(Key, label.RootElement.Clone()),
        };
    }

    /// <summary>How many classes a network's table holds, without the null label; null where it holds none.</summary>
    internal static int? ClassesBeside(UNet2DConfig config) =>
        config.ClassEmbedType is not null ? null : Of(config) ?? config.NumClassEmbeds;

    /// <summary>The config with a table of so many classes, and the null label behind them where there was one.</summary>
    internal static UNet2DConfig WithClasses(UNet2DConfig config, int classes) =>
        Of(config) is null
            ? config with
            {
                NumClassEmbeds = classes,
            }
            : AddTo(config with { NumClassEmbeds = classes, UnknownKeys = config.UnknownKeys.Remove(Key) });

    /// <summary>Refuses to drop labels where there is no null label.</summary>
    internal static void Require(UNet2DConfig? config)
    {
        if (config is null || config.ClassEmbedType is not null || config.NumClassEmbeds is null)
            throw NoTable();
        if (Of(config) is null)
            throw new InvalidDataException(
                $"Labels can't be dropped: the network's table has no row for the null label (no {Key} in its config)."
            );
    }

    private static InvalidDataException NoTable() =>
        new("Labels can only be dropped of a network with a table of classes (--classes, num_class_embeds).");
}
