using System.Collections.Immutable;
using Diffusion.Nn;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>
/// The table of a class-conditional network, a row a class, whose row is added to the time's embedding
/// (diffusers' <c>num_class_embeds</c>).
/// </summary>
public static class ClassTable
{
    private const string Name = "class_embedding.weight";

    /// <summary>A network's config with a table for the classes of some images.</summary>
    /// <param name="config">With or without classes so far.</param>
    /// <param name="data">Images with labels. Named classes get a row each; numbers without names keep the rows that are
    /// there, and add as many as the largest needs.</param>
    /// <returns>The config; unchanged where the class number is embedded like a time.</returns>
    /// <exception cref="InvalidDataException">The images have no labels, or the network wants more than a label.</exception>
    /// <remarks>A row for <see cref="NullLabel"/> stays the last.</remarks>
    public static UNet2DConfig For(UNet2DConfig config, ImageDataset data)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(data);
        RequireLabels(config, data);
        if (config.ClassEmbedType is not null)
            return config;
        var known = NullLabel.ClassesBeside(config) ?? 0;
        return NullLabel.WithClasses(
            config,
            data.ClassNames.IsEmpty ? int.Max(known, data.ClassCount) : data.ClassCount
        );
    }

    /// <summary>Refuses images whose labels a class-conditional network can't take.</summary>
    internal static void Check(UNet2DConfig config, ImageDataset data)
    {
        RequireLabels(config, data);
        if (NullLabel.ClassesBeside(config) is { } classes && data.Labels.Max() is var largest && largest >= classes)
            throw new InvalidDataException(
                $"{data.Name}: the label {largest} is outside of the network's classes, 0 … {classes - 1}."
            );
    }

    /// <summary>
    /// Copies a network's weights into one that differs from it in its table only. A class keeps its row, by its name
    /// where both have names, else by its number. New rows begin as the mean of the old; where there was no table all
    /// begin at zero, so that the function is the same at first.
    /// </summary>
    /// <param name="source">The network as it was.</param>
    /// <param name="target">The new one; has a table.</param>
    /// <param name="names">The old classes' names and the new; either may be empty.</param>
    /// <returns>What was done, one line each.</returns>
    internal static IEnumerable<string> CopyWeights(
        UNet2D source,
        UNet2D target,
        (ImmutableArray<string> Old, ImmutableArray<string> New) names
    )
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var weights = source.state_dict().ToDictionary();
        var rows = (int)target.state_dict()[Name].shape[0];
        if (!weights.TryGetValue(Name, out var table))
        {
            weights[Name] = zeros(target.state_dict()[Name].shape);
            Weights.Copy(weights, target.state_dict(), "the model");
            return
            [
                $"The model had no classes: it gets a table of {rows}, which begins at zero, so that it answers as before "
                    + "at first.",
            ];
        }
        var (oldNull, newNull) = (NullLabel.Of(source.Config), NullLabel.Of(target.Config));
        var old = oldNull ?? (int)table.shape[0];
        var kept = KeptRows(newNull ?? rows, old, names).ToArray();
        // Of all classes, so that a null label that is new begins as the average class too.
        var mean = table.narrow(0, 0, old).mean([0]);
        int[] all = newNull is null ? kept : [.. kept, oldNull ?? -1];
        weights[Name] = stack(all.Select(row => row < 0 ? mean : table[row]).ToArray());
        Weights.Copy(weights, target.state_dict(), "the model");
        return Report(kept, old, names);
    }

    // For each new row the old one that it is, −1 for none.
    private static IEnumerable<int> KeptRows(
        int rows,
        int old,
        (ImmutableArray<string> Old, ImmutableArray<string> New) names
    ) =>
        names.Old.IsEmpty || names.New.IsEmpty
            ? Enumerable.Range(0, rows).Select(row => row < old ? row : -1)
            : names.New.Select(name => names.Old.IndexOf(name));

    private static IEnumerable<string> Report(
        int[] kept,
        int old,
        (ImmutableArray<string> Old, ImmutableArray<string> New) names
    )
    {
        string NameOf(int row, ImmutableArray<string> known) => known.IsEmpty ? $"{row}" : $"'{known[row]}'";
        var added = Enumerable.Range(0, kept.Length).Where(row => kept[row] < 0).ToList();
        var gone = Enumerable.Range(0, old).Except(kept).ToList();
        if (added.Count > 0)
            yield return $"New classes, whose rows begin as the mean of the model's {old}: "
                + string.Join(", ", added.Select(row => NameOf(row, names.New)));
        if (gone.Count > 0)
            yield return "Classes of the model that the images don't have, and that are dropped: "
                + string.Join(", ", gone.Select(row => NameOf(row, names.Old)));
    }

    private static void RequireLabels(UNet2DConfig config, ImageDataset data)
    {
        if (config.ClassEmbedType == ClassEmbedType.Identity)
            throw new InvalidDataException(
                "The network takes an embedding in place of a class number (class_embed_type identity); training on labels "
                    + "needs one with num_class_embeds."
            );
        if (data.Labels.IsEmpty)
            throw new InvalidDataException(
                $"{data.Name} has no labels, and a network with classes needs them: sort PNG files into folders, one a class; "
                    + "put an IDX label file beside the images; or add a tensor 'labels'."
            );
    }
}
