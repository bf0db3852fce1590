using System.Collections.Immutable;
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
                JsonSerializer.Deserialize<string?[]>(RegularFile.ReadText(FolderPath.Inside(folder, Name, folder)))
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

    /// <summary>Writes a folder's class names.</summary>
    /// <param name="folder">A run or a pipeline folder, which is there.</param>
    /// <param name="names">The names.</param>
    internal static void Save(string folder, ImmutableArray<string> names) =>
        AtomicFile.WriteText(Path.Combine(folder, FileName), JsonSerializer.Serialize(names, Readable) + "\n");
}
