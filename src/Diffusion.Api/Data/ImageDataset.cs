using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;
using Diffusion.Nn;
using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>
/// Images of one size, held as bytes, from which batches of network values in [−1, 1] are made; with the number of each
/// one's class where they have classes. Immutable.
/// </summary>
public sealed class ImageDataset
{
    /// <summary>Class numbers are below this.</summary>
    internal const int MostClasses = 65536;

    private readonly ReadOnlyMemory<byte> _pixels;

    /// <summary>Takes images that are in memory already.</summary>
    /// <param name="pixels">N·C·H·W bytes, in the order of a tensor [N, C, H, W].</param>
    /// <param name="channels">C: 1 for grey, 3 for colour.</param>
    /// <param name="height">H in pixels.</param>
    /// <param name="width">W in pixels.</param>
    /// <param name="name">What error messages call it.</param>
    /// <param name="labels">The class of each image, from 0; empty (the default) for images without classes.</param>
    /// <param name="classNames">The name of each class; empty (the default) where they have none.</param>
    /// <exception cref="InvalidDataException">There is no image, the bytes aren't a whole number of images, or the labels
    /// don't fit the images or the names.</exception>
    public ImageDataset(
        ReadOnlyMemory<byte> pixels,
        int channels,
        int height,
        int width,
        string name = "the images",
        ImmutableArray<int> labels = default,
        ImmutableArray<string> classNames = default
    )
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        if (height < 1 || width < 1)
            throw new InvalidDataException($"{name}: images of {height}×{width} pixels are empty.");
        var bytes = new ImageShape(channels, height, width).Bytes;
        if (pixels.Length == 0)
            throw new InvalidDataException($"{name}: there is no image in it.");
        if (pixels.Length % bytes != 0)
            throw new InvalidDataException(
                $"{name}: {pixels.Length} bytes are not a whole number of {channels}×{height}×{width} images."
            );
        (_pixels, Channels, Height, Width, Name) = (pixels, channels, height, width, name);
        Count = (int)(pixels.Length / bytes);
        (Labels, ClassNames) = (labels.IsDefault ? [] : labels, classNames.IsDefault ? [] : classNames);
        CheckLabels();
    }

    /// <summary>Number of images.</summary>
    public int Count { get; }

    /// <summary>Channels of each image.</summary>
    public int Channels { get; }

    /// <summary>Height in pixels.</summary>
    public int Height { get; }

    /// <summary>Width in pixels.</summary>
    public int Width { get; }

    /// <summary>Where the images come from, as error messages say it.</summary>
    public string Name { get; }

    /// <summary>The class of each image, 0 … <see cref="ClassCount"/> − 1; empty where they have none.</summary>
    public ImmutableArray<int> Labels { get; }

    /// <summary>The name of each class; empty where they have none.</summary>
    public ImmutableArray<string> ClassNames { get; }

    /// <summary>Number of classes: that of the names, else the largest label and 1; 0 without labels.</summary>
    public int ClassCount =>
        !ClassNames.IsEmpty ? ClassNames.Length
        : Labels.IsEmpty ? 0
        : Labels.Max() + 1;

    /// <summary>The files that were left out because they can't be read.</summary>
    public ImmutableArray<SkippedImage> Skipped { get; internal init; } = [];

    /// <summary>What else a user might want to know of how the images were read, one line each.</summary>
    public ImmutableArray<string> Notices { get; internal init; } = [];

    /// <summary>Whether an image was scaled, cropped, or given other channels when it was read.</summary>
    public bool IsFitted { get; internal init; }

    private int ImageSize => Channels * Height * Width;

    /// <summary>Reads grey images from an IDX file, and their classes from a label file where one is given.</summary>
    /// <param name="imageFile">[N, H, W] bytes, gzip-compressed or not.</param>
    /// <param name="labelFile">[N] bytes; null where there is none.</param>
    /// <exception cref="FileNotFoundException">A file is missing.</exception>
    /// <exception cref="InvalidDataException">A file is damaged, empty, of another shape, or the counts differ.</exception>
    public static ImageDataset FromIdx(string imageFile, string? labelFile = null)
    {
        var images = IdxFile.Read(imageFile);
        if (images.Shape.Length != 3)
            throw new InvalidDataException(
                $"'{imageFile}' has {images.Shape.Length} dimensions ({string.Join("×", images.Shape)}); images have 3: count, height, width."
            );
        var labels = labelFile is null ? null : IdxFile.Read(labelFile);
        if (labels is not null && (labels.Shape.Length != 1 || labels.Shape[0] != images.Shape[0]))
            throw new InvalidDataException(
                $"'{labelFile}' has {string.Join("×", labels.Shape)} labels for the {images.Shape[0]} images of '{imageFile}'."
            );
        return new ImageDataset(
            images.Data,
            1,
            images.Shape[1],
            images.Shape[2],
            $"'{imageFile}'",
            labels is null ? [] : [.. labels.Data.Span.ToArray().Select(label => (int)label)]
        );
    }

    /// <summary>
    /// Reads a path as a user gives it: an IDX file; a safetensors file; a folder with MNIST's names in it
    /// (<c>train-images-idx3-ubyte</c>, and <c>train-labels-idx1-ubyte</c> where it is there; with or without
    /// <c>.gz</c>); a folder of PNG files, or of folders of them, one a class.
    /// </summary>
    /// <param name="path">File or folder. A safetensors file is known by its name's end, and holds <c>images</c>
    /// [N, C, H, W], as bytes, or as floats in [0, 1] or, where one is negative, in [−1, 1]; and <c>labels</c> [N],
    /// whole numbers, where it has classes.</param>
    /// <param name="loading">Size, channels, bad files; by default the images stay as they are, and none may be bad.</param>
    /// <exception cref="FileNotFoundException">There is nothing at the path.</exception>
    /// <exception cref="InvalidDataException">A file is damaged, there is no image, their labels or shapes don't go
    /// together, or they can't be brought to the channels asked for.</exception>
    public static ImageDataset Load(string path, ImageLoading? loading = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        loading ??= new ImageLoading();
        if (loading.Size is { } size && (size.Height < 1 || size.Width < 1))
            throw new ArgumentOutOfRangeException(nameof(loading), size, $"Images can't have the size {size}.");
        if (!Directory.Exists(path))
            return (Is(path, ".safetensors") ? TensorImages.Read(path) : FromFile(path)).Fitted(loading);
        return Find(path, "train-images-idx3-ubyte") is { } images
            ? FromIdx(images, Find(path, "train-labels-idx1-ubyte")).Fitted(loading)
            : new ImageFolderReader(ImageFolder.Scan(path), loading).Read();
    }

    private static ImageDataset FromFile(string path) =>
        Is(path, ".png") && File.Exists(path)
            ? throw new InvalidDataException($"'{path}' is one PNG file; name the folder that the images are in.")
            : FromIdx(path);

    private static bool Is(string path, string extension) =>
        path.EndsWith(extension, StringComparison.OrdinalIgnoreCase);

    private static string? Find(string folder, string name) =>
        new[] { name, name + ".gz" }.Select(n => Path.Combine(folder, n)).FirstOrDefault(File.Exists);

    /// <summary>These images with other numbers and names for their classes.</summary>
    /// <param name="numbers">The new number of each class.</param>
    /// <param name="names">The new names; empty for none.</param>
    internal ImageDataset WithClasses(ImmutableArray<int> numbers, ImmutableArray<string> names) =>
        new(_pixels, Channels, Height, Width, Name, [.. Labels.Select(label => numbers[label])], names)
        {
            Skipped = Skipped,
            Notices = Notices,
            IsFitted = IsFitted,
        };

    /// <summary>These images in the shape that is asked for.</summary>
    internal ImageDataset Fitted(ImageLoading loading)
    {
        var from = new ImageShape(Channels, Height, Width);
        var to = new ImageShape(
            loading.Channels ?? Channels,
            loading.Size?.Height ?? Height,
            loading.Size?.Width ?? Width
        );
        if (from == to)
            return this;
        if (!ImageFit.CanConvert(from.Channels, to.Channels))
            throw new InvalidDataException(
                $"{Name} holds images of {from.Channels} channels; {to.Channels} are asked for. Only 1 (grey) and 3 (RGB) can "
                    + "be made from each other."
            );
        to.CheckRoom(Count, Name);
        var pixels = new byte[Count * to.Bytes];
        Parallel.For(
            0,
            Count,
            i => ImageFit.Write(PixelsOf(i).Span, from, pixels.AsSpan((int)(i * to.Bytes), (int)to.Bytes), to)
        );
        return new ImageDataset(pixels, to.Channels, to.Height, to.Width, Name, Labels, ClassNames)
        {
            Notices = Notices.Add($"{Name}: the images are brought from {from} to {to} (channels×height×width)."),
            IsFitted = true,
        };
    }

    /// <summary>Tells data sets apart: a digest of the pixels, their shape and the labels (SHA-256, hexadecimal).</summary>
    internal string Fingerprint()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> number = stackalloc byte[4];
        foreach (var value in (ReadOnlySpan<int>)[Count, Channels, Height, Width, .. Labels])
        {
            BinaryPrimitives.WriteInt32LittleEndian(number, value);
            hash.AppendData(number);
        }
        hash.AppendData(_pixels.Span);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>The classes of a batch.</summary>
    /// <param name="indices">B image numbers in 0 … Count − 1.</param>
    /// <returns>[B], 64-bit integers on the CPU.</returns>
    /// <exception cref="InvalidOperationException">The images have no classes.</exception>
    public Tensor LabelBatch(ReadOnlySpan<int> indices)
    {
        if (Labels.IsEmpty)
            throw new InvalidOperationException($"{Name} has no labels.");
        var labels = new long[indices.Length];
        for (var b = 0; b < labels.Length; b++)
            labels[b] = Labels[Checked(indices[b])];
        return tensor(labels);
    }

    /// <summary>Makes a batch of network values.</summary>
    /// <param name="indices">B image numbers in 0 … Count − 1; an image may come more than once.</param>
    /// <param name="flipped">Which of them to mirror left to right; empty for none.</param>
    /// <returns>[B, C, H, W], 32-bit floats in [−1, 1] on the CPU.</returns>
    public Tensor Batch(ReadOnlySpan<int> indices, ReadOnlySpan<bool> flipped = default)
    {
        if (flipped.Length != 0 && flipped.Length != indices.Length)
            throw new ArgumentException(
                $"{flipped.Length} flips were given for {indices.Length} images.",
                nameof(flipped)
            );
        var values = new float[indices.Length * ImageSize];
        for (var b = 0; b < indices.Length; b++)
        {
            Fill(
                PixelsOf(Checked(indices[b])).Span,
                values.AsSpan(b * ImageSize, ImageSize),
                flipped.Length != 0 && flipped[b]
            );
        }
        return tensor(values, [indices.Length, Channels, Height, Width]);
    }

    private ReadOnlyMemory<byte> PixelsOf(int image) => _pixels.Slice(image * ImageSize, ImageSize);

    private int Checked(int image) =>
        (uint)image < (uint)Count
            ? image
            : throw new ArgumentOutOfRangeException(
                "indices",
                image,
                $"Image {image} was asked for; there are images 0 to {Count - 1}."
            );

    private void Fill(ReadOnlySpan<byte> source, Span<float> target, bool flip)
    {
        for (var i = 0; i < source.Length; i++)
            target[i] = Pixels.ToValue(source[i]);
        if (!flip)
            return;
        for (var row = 0; row < target.Length; row += Width)
            target.Slice(row, Width).Reverse();
    }

    private void CheckLabels()
    {
        if (Labels.IsEmpty)
        {
            if (!ClassNames.IsEmpty)
                throw new InvalidDataException($"{Name}: there are {ClassNames.Length} classes, but no labels.");
            return;
        }
        if (Labels.Length != Count)
            throw new InvalidDataException($"{Name}: there are {Labels.Length} labels for {Count} images.");
        var most = ClassNames.IsEmpty ? MostClasses : ClassNames.Length;
        foreach (var label in Labels)
            if ((uint)label >= (uint)most)
                throw new InvalidDataException($"{Name}: the label {label} is outside of 0 … {most - 1}.");
    }
}
