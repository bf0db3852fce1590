using System.Collections.Immutable;

namespace Diffusion.Api;

/// <summary>One part of a data set with its labels, where it has them. Immutable.</summary>
/// <param name="Images">The images.</param>
/// <param name="Labels">One class 0, 1, … an image; empty where there are none.</param>
public sealed record LabelledImages(ImageDataset Images, ImmutableArray<byte> Labels)
{
    /// <summary>
    /// Reads a path as a user gives it: an IDX file of images, or a folder with MNIST's names in it
    /// (<c>train-images-idx3-ubyte</c>, <c>t10k-labels-idx1-ubyte</c>, …; with or without <c>.gz</c>). The labels of a
    /// file <c>X-images-idx3-ubyte</c> are those of <c>X-labels-idx1-ubyte</c> beside it.
    /// </summary>
    /// <param name="path">File or folder.</param>
    /// <param name="part">Which part of a folder: <c>train</c> or <c>t10k</c>.</param>
    /// <exception cref="FileNotFoundException">There is nothing at the path, or the folder holds no such file.</exception>
    /// <exception cref="InvalidDataException">A file is damaged or empty, or labels and images aren't as many.</exception>
    public static LabelledImages Load(string path, string part)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentException.ThrowIfNullOrEmpty(part);
        var file = Directory.Exists(path)
            ? Find(Path.Combine(path, $"{part}-images-idx3-ubyte"))
                ?? throw new FileNotFoundException(
                    $"The folder '{path}' holds no {part}-images-idx3-ubyte or {part}-images-idx3-ubyte.gz."
                )
            : path;
        var labelFile = LabelFileOf(file);
        return new LabelledImages(
            ImageDataset.FromIdx(file, labelFile),
            labelFile is null ? [] : [.. IdxFile.Read(labelFile).Data.Span]
        );
    }

    private static string? LabelFileOf(string imageFile)
    {
        const string images = "-images-idx3-ubyte";
        var name = Path.GetFileName(imageFile);
        var end = name.IndexOf(images, StringComparison.Ordinal);
        return end < 0
            ? null
            : Find(Path.Combine(Path.GetDirectoryName(imageFile) ?? "", $"{name[..end]}-labels-idx1-ubyte"));
    }

    private static string? Find(string path) => new[] { path, path + ".gz" }.FirstOrDefault(File.Exists);
}
