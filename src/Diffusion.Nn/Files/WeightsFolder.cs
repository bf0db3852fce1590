using System.Text.RegularExpressions;

namespace Diffusion.Nn;

/// <summary>The names under which diffusers' folders hold weights.</summary>
internal static partial class WeightsFolder
{
    /// <summary>How the name of every weights file begins.</summary>
    internal const string Stem = "diffusion_pytorch_model";

    /// <summary>The name of weights without shards or a variant.</summary>
    internal const string SingleFile = Stem + SafetensorsSet.Extension;

    private static readonly string[] Pickles = [".bin", ".pt", ".pth", ".ckpt", ".pkl"];

    /// <summary>Finds weights; see <see cref="Weights.FileIn"/>.</summary>
    /// <param name="root">The folder that no link may lead out of.</param>
    /// <param name="part">The network's folder within it; null where it is the same.</param>
    /// <param name="variant">The variant; null for none.</param>
    internal static string FileIn(string root, string? part, string? variant)
    {
        ArgumentException.ThrowIfNullOrEmpty(root);
        CheckVariant(variant);
        var folder = part is null ? root : FolderPath.Inside(root, part, root);
        var names = Names(variant);
        return names.FirstOrDefault(name => File.Exists(Path.Combine(folder, name))) is { } found
            ? FolderPath.Inside(root, part is null ? found : $"{part}/{found}", root)
            : throw new FileNotFoundException(
                $"{folder}: there are no weights: neither {string.Join(" nor ", names)}. {Instead(folder)}".TrimEnd()
            );
    }

    /// <summary>Whether a folder holds weights without a variant, sharded or not.</summary>
    internal static bool IsIn(string root, string part) =>
        Names(null).Any(name => File.Exists(Path.Combine(root, part, name)));

    /// <summary>Refuses a variant that can't be part of a file's name; null is none.</summary>
    internal static void CheckVariant(string? variant)
    {
        if (variant is not null && !PlainName().IsMatch(variant))
            throw new ArgumentException(
                $"A variant is letters, digits, '_', '-' and '.', such as fp16; got '{FileText.Shown(variant)}'.",
                nameof(variant)
            );
    }

    /// <summary>Whether a file is a pickle by its name.</summary>
    internal static bool IsPickle(string file) => Pickles.Contains(Path.GetExtension(file).ToLowerInvariant());

    // Today's diffusers puts the variant of an index behind 'index'; earlier releases put it before.
    private static string[] Names(string? variant) =>
        variant is null
            ? [SingleFile + SafetensorsSet.IndexExtension, SingleFile]
            :
            [
                $"{SingleFile}.index.{variant}.json",
                $"{SingleFile}.{variant}.index.json",
                $"{Stem}.{variant}.safetensors.index.json",
                $"{Stem}.{variant}.safetensors",
            ];

    private static string Instead(string folder)
    {
        if (!Directory.Exists(folder))
            return "There is no such folder.";
        var files = Directory
            .EnumerateFiles(folder)
            .Select(file => Path.GetFileName(file))
            .Order(StringComparer.Ordinal)
            .ToList();
        var variants = files
            .Where(file => !Shard().IsMatch(file))
            .Select(file => VariantName().Match(file))
            .Where(match => match.Success)
            .Select(match => match.Groups.Cast<Group>().Skip(1).First(group => group.Success).Value)
            .Distinct()
            .Order(StringComparer.Ordinal);
        var there = variants.Select(variant => $"the variant '{variant}'");
        if (files.Exists(Names(null).Contains))
            there = there.Prepend("weights without a variant");
        if (there.Any())
            return $"There are {string.Join(", ", there)}; choose by variant (--variant), none by default.";
        return files.Find(IsPickle) is { } pickle
            ? $"There is {FileText.Shown(pickle)}, a pickle, which could run any code and is never read here. Convert it in "
                + "Python: load the model with diffusers and call save_pretrained(folder, safe_serialization=True)."
            : "";
    }

    [GeneratedRegex(@"^[A-Za-z0-9_.-]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex PlainName();

    [GeneratedRegex(@"-[0-9]{5}-of-[0-9]{5}\.", RegexOptions.CultureInvariant)]
    private static partial Regex Shard();

    [GeneratedRegex(
        @"^diffusion_pytorch_model\.(?:safetensors\.index\.([A-Za-z0-9_.-]+)\.json|safetensors\.([A-Za-z0-9_.-]+)\.index\.json"
            + @"|(?!safetensors\.)([A-Za-z0-9_.-]+)\.safetensors(?:\.index\.json)?)\z",
        RegexOptions.CultureInvariant
    )]
    private static partial Regex VariantName();
}
