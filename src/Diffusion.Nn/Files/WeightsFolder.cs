using System.Text.RegularExpressions;

namespace Diffusion.Nn;

/// <summary>The names under which diffusers' folders hold weights.</summary>
internal static partial class WeightsFolder
{
    private const string Stem = "diffusion_pytorch_model";
    private static readonly string[] Pickles = [".bin", ".pt", ".pth", ".ckpt"];

    internal static string FileIn(string folder, string? variant)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        if (variant is not null && !PlainName().IsMatch(variant))
            throw new ArgumentException(
                $"A variant is letters, digits, '_' and '-', such as fp16; got '{FileText.Shown(variant)}'.",
                nameof(variant)
            );
        if (!Directory.Exists(folder))
            throw new DirectoryNotFoundException($"There is no folder {folder}.");
        var names = Names(variant);
        return names.FirstOrDefault(name => File.Exists(Path.Combine(folder, name))) is { } found
            ? FolderPath.Inside(folder, found, folder)
            : throw new InvalidDataException(
                $"{folder} has no weights: {string.Join(" or ", names)}. {Instead(folder)}".TrimEnd()
            );
    }

    // Today's diffusers puts the variant of an index behind 'index'; earlier releases put it before.
    private static string[] Names(string? variant) =>
        variant is null
            ? [$"{Stem}.safetensors.index.json", $"{Stem}.safetensors"]
            :
            [
                $"{Stem}.safetensors.index.{variant}.json",
                $"{Stem}.safetensors.{variant}.index.json",
                $"{Stem}.{variant}.safetensors.index.json",
                $"{Stem}.{variant}.safetensors",
            ];

    private static string Instead(string folder)
    {
        var files = Directory
            .EnumerateFiles(folder)
            .Select(file => Path.GetFileName(file))
            .Order(StringComparer.Ordinal)
            .ToList();
        var variants = files
            .Select(file => VariantName().Match(file))
            .Where(match => match.Success)
            .Select(match => match.Groups.Cast<Group>().Skip(1).First(group => group.Success).Value)
            .Distinct()
            .ToList();
        if (variants.Count > 0)
            return $"There are the variants {string.Join(", ", variants.Select(v => $"'{v}'"))}; ask for one.";
        if (files.Contains($"{Stem}.safetensors") || files.Contains($"{Stem}.safetensors.index.json"))
            return "There are weights without a variant; ask for none.";
        return files.Find(file => Pickles.Contains(Path.GetExtension(file))) is { } pickle
            ? $"There is {FileText.Shown(pickle)}, a pickle, which could run any code and is never opened here. Convert it in "
                + "Python: load the model with diffusers and call save_pretrained(folder, safe_serialization=True)."
            : "";
    }

    [GeneratedRegex(@"^[A-Za-z0-9_-]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex PlainName();

    [GeneratedRegex(
        @"^diffusion_pytorch_model\.(?:([A-Za-z0-9_-]+)\.safetensors(?:\.index\.json)?|safetensors\.index\.([A-Za-z0-9_-]+)\.json"
            + @"|safetensors\.([A-Za-z0-9_-]+)\.index\.json)\z",
        RegexOptions.CultureInvariant
    )]
    private static partial Regex VariantName();
}
