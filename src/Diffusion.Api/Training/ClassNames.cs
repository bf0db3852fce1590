using System.Collections.Immutable;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Diffusion.Nn;

namespace Diffusion.Api;

/// <summary>
/// The names of a class-conditional model's classes, in the order of their numbers: <c>class_names.json</c> in its
/// folder, a list of texts.
/// </summary>
public static class ClassNames
{
    internal const string FileName = "class_names.json";

    private static readonly JsonSerializerOptions Readable = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Reads a folder's class names.</summary>
    /// <param name="folder">A run or a pipeline folder.</param>
    /// <returns>The names; empty where the folder doesn't say.</returns>
    /// <exception cref="InvalidDataException">The file is no list of different texts.</exception>
    public static ImmutableArray<string> Load(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var file = Path.Combine(folder, FileName);
        if (!File.Exists(file))
            return [];
        try
        {
            var names =
                JsonSerializer.Deserialize<string?[]>(RegularFile.ReadText(FolderPath.Inside(folder, FileName, folder)))
                ?? [];
            if (names.Contains(null) || names.Distinct().Count() != names.Length)
                throw new InvalidDataException($"'{file}': each class needs a name of its own.");
            return [.. names.OfType<string>()];
        }
        catch (JsonException damaged)
        {
            throw new InvalidDataException($"'{file}' is no list of texts: {damaged.Message}", damaged);
        }
    }

    /// <summary>
    /// Images with the numbers that a model knows their classes by. Classes with names on both sides are matched by them. Where
    /// the model has none, names that are its numbers stand for these, and others, unless they are all numbers, in their order if
    /// there is one for each.
    /// </summary>
    /// <param name="images">With or without names and labels.</param>
    /// <param name="known">The model's names, in the order of its numbers; empty where it has none.</param>
    /// <param name="classes">How many classes the model knows; null for as many as it has names.</param>
    /// <param name="who">What knows the classes, as messages call it.</param>
    /// <exception cref="InvalidDataException">A class of the images is none of the model's.</exception>
    public static ImageDataset Match(
        ImageDataset images,
        ImmutableArray<string> known,
        int? classes = null,
        string who = "the model"
    )
    {
        ArgumentNullException.ThrowIfNull(images);
        var names = images.ClassNames;
        if (names.IsEmpty)
            return images;
        if (!known.IsDefaultOrEmpty)
            return names.Where(name => !known.Contains(name)).ToArray() is { Length: > 0 } others
                ? throw new InvalidDataException(
                    $"{images.Name}: {who} knows no class {string.Join(", ", others.Select(name => $"'{name}'"))}; it knows "
                        + $"{string.Join(", ", known)}. Name the folders as those that it was trained on, or leave these out."
                )
                : images.WithClasses([.. names.Select(name => known.IndexOf(name))], known);
        if (classes is not { } count)
            return images;
        int[] numbers =
        [
            .. names.Select(name =>
                int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1
            ),
        ];
        if (numbers.All(number => number >= 0 && number < count) && numbers.Distinct().Count() == numbers.Length)
            return images.WithClasses([.. numbers], []);
        // Ones that count from 1, say, would be mistaken in silence: their order is that of texts, 1, 10, 2.
        return names.Length == count && !names.All(name => name.All(char.IsAsciiDigit))
            ? images
            : throw new InvalidDataException(
                $"{images.Name} has the classes {string.Join(", ", names)}; {who} knows {count}, by the numbers 0 … {count - 1} "
                    + "alone. Name the folders after these."
            );
    }

    /// <summary>Writes a folder's class names.</summary>
    /// <param name="folder">A run or a pipeline folder, which is there.</param>
    /// <param name="names">The names.</param>
    internal static void Save(string folder, ImmutableArray<string> names) =>
        AtomicFile.WriteText(Path.Combine(folder, FileName), JsonSerializer.Serialize(names, Readable) + "\n");
}
