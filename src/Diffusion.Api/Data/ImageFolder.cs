using System.Collections.Immutable;

namespace Diffusion.Api;

/// <summary>
/// The PNG files of a folder, in ordinal order of their names; those of its sub-folders where the images are sorted into
/// classes. Names that begin with a dot are hidden, and not looked at.
/// </summary>
/// <param name="Path">The folder.</param>
/// <param name="Files">The images.</param>
/// <param name="Labels">The number of each image's class; empty where there are no classes.</param>
/// <param name="ClassNames">The sub-folders' names, in ordinal order; empty where there are none.</param>
/// <param name="Notices">What was left out, one line each.</param>
internal sealed record ImageFolder(
    string Path,
    ImmutableArray<string> Files,
    ImmutableArray<int> Labels,
    ImmutableArray<string> ClassNames,
    ImmutableArray<string> Notices
)
{
    private const string Extension = ".png";

    // Not read, but clearly meant as images.
    private static readonly ImmutableArray<string> OtherFormats =
    [
        ".jpg",
        ".jpeg",
        ".webp",
        ".gif",
        ".bmp",
        ".tif",
        ".tiff",
    ];

    /// <summary>Looks what is in a folder.</summary>
    /// <exception cref="InvalidDataException">There is no PNG file, or some are in classes and some aren't.</exception>
    internal static ImageFolder Scan(string path)
    {
        var others = Others(path);
        var top = Pngs(path);
        var classes = Folders(path).Select(folder => (Folder: folder, Files: Pngs(folder))).ToList();
        var filled = classes.Where(c => c.Files.Count > 0).ToList();
        foreach (var (folder, _) in classes)
        {
            others += Others(folder);
            if (Folders(folder).FirstOrDefault(inner => Pngs(inner).Count > 0) is { } deep)
                throw new InvalidDataException(
                    $"'{deep}' holds images two folders below '{path}'. Classes are folders right in the one that is "
                        + "named; name the one above them, or move the images up."
                );
        }
        if (top.Count > 0 && filled.Count > 0)
            throw new InvalidDataException(
                $"'{path}' holds images at its top ('{Name(top[0])}') and in its folder '{Name(filled[0].Folder)}'. "
                    + "Either move all into folders, one a class, or all to the top."
            );
        if (top.Count == 0 && filled.Count == 0)
            throw new InvalidDataException(
                $"'{path}' holds no PNG file, nor do folders in it."
                    + (others > 0 ? $" It holds {others} images of other formats: save them as PNG." : "")
            );
        var notices = classes
            .Except(filled)
            .Select(c => $"'{c.Folder}' holds no PNG file and is no class.")
            .Concat(
                others > 0 ? [$"'{path}' holds {others} images of other formats than PNG; they are left out."] : []
            );
        return new ImageFolder(
            path,
            [.. top, .. filled.SelectMany(c => c.Files)],
            [.. filled.SelectMany((c, label) => c.Files.Select(_ => label))],
            [.. filled.Select(c => Name(c.Folder))],
            [.. notices]
        );
    }

    private static string Name(string path) => System.IO.Path.GetFileName(path);

    private static List<string> Pngs(string folder) =>
        [.. Visible(Directory.EnumerateFiles(folder)).Where(f => Is(f, Extension))];

    private static int Others(string folder) =>
        Visible(Directory.EnumerateFiles(folder)).Count(f => OtherFormats.Any(e => Is(f, e)));

    private static IEnumerable<string> Folders(string folder) => Visible(Directory.EnumerateDirectories(folder));

    private static IEnumerable<string> Visible(IEnumerable<string> paths) =>
        paths.Where(p => !Name(p).StartsWith('.')).Order(StringComparer.Ordinal);

    private static bool Is(string file, string extension) =>
        file.EndsWith(extension, StringComparison.OrdinalIgnoreCase);
}
