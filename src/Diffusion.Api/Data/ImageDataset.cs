using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>
/// Images of one size, held as bytes, from which batches of network values in [−1, 1] are made. Immutable.
/// </summary>
public sealed class ImageDataset
{
    private readonly ReadOnlyMemory<byte> _pixels;

    /// <summary>Takes images that are in memory already.</summary>
    /// <param name="pixels">N·C·H·W bytes, in the order of a tensor [N, C, H, W].</param>
    /// <param name="channels">C: 1 for grey, 3 for colour.</param>
    /// <param name="height">H in pixels.</param>
    /// <param name="width">W in pixels.</param>
    /// <param name="name">What error messages call it.</param>
    /// <exception cref="InvalidDataException">There is no image, or the bytes aren't a whole number of images.</exception>
    public ImageDataset(ReadOnlyMemory<byte> pixels, int channels, int height, int width, string name = "the images")
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        if (height < 1 || width < 1)
            throw new InvalidDataException($"{name}: images of {height}×{width} pixels are empty.");
        ImageSize = channels * height * width;
        if (pixels.Length == 0)
            throw new InvalidDataException($"{name}: there is no image in it.");
        if (pixels.Length % ImageSize != 0)
            throw new InvalidDataException(
                $"{name}: {pixels.Length} bytes are not a whole number of {channels}×{height}×{width} images."
            );
        (_pixels, Channels, Height, Width, Name) = (pixels, channels, height, width, name);
        Count = pixels.Length / ImageSize;
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

    private int ImageSize { get; }

    /// <summary>Reads grey images from an IDX file, and checks them against a label file where one is given.</summary>
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
        if (labelFile is not null)
        {
            var labels = IdxFile.Read(labelFile);
            if (labels.Shape.Length != 1 || labels.Shape[0] != images.Shape[0])
                throw new InvalidDataException(
                    $"'{labelFile}' has {string.Join("×", labels.Shape)} labels for the {images.Shape[0]} images of '{imageFile}'."
                );
        }
        return new ImageDataset(images.Data, 1, images.Shape[1], images.Shape[2], $"'{imageFile}'");
    }

    /// <summary>
    /// Reads a path as a user gives it: an IDX file, or a folder with MNIST's names in it
    /// (<c>train-images-idx3-ubyte</c>, and <c>train-labels-idx1-ubyte</c> where it is there; with or without <c>.gz</c>).
    /// </summary>
    /// <exception cref="FileNotFoundException">There is nothing at the path, or the folder holds no such file.</exception>
    /// <exception cref="InvalidDataException">As <see cref="FromIdx"/>.</exception>
    public static ImageDataset Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!Directory.Exists(path))
            return FromIdx(path);
        return FromIdx(
            Find(path, "train-images-idx3-ubyte")
                ?? throw new FileNotFoundException(
                    $"The folder '{path}' holds no train-images-idx3-ubyte or train-images-idx3-ubyte.gz."
                ),
            Find(path, "train-labels-idx1-ubyte")
        );
    }

    private static string? Find(string folder, string name) =>
        new[] { name, name + ".gz" }.Select(n => Path.Combine(folder, n)).FirstOrDefault(File.Exists);

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
            if ((uint)indices[b] >= (uint)Count)
                throw new ArgumentOutOfRangeException(
                    nameof(indices),
                    indices[b],
                    $"Image {indices[b]} was asked for; there are images 0 to {Count - 1}."
                );
            var source = _pixels.Span.Slice(indices[b] * ImageSize, ImageSize);
            Fill(source, values.AsSpan(b * ImageSize, ImageSize), flipped.Length != 0 && flipped[b]);
        }
        return tensor(values, [indices.Length, Channels, Height, Width]);
    }

    private void Fill(ReadOnlySpan<byte> source, Span<float> target, bool flip)
    {
        for (var i = 0; i < source.Length; i++)
            target[i] = Pixels.ToValue(source[i]);
        if (!flip)
            return;
        for (var row = 0; row < target.Length; row += Width)
            target.Slice(row, Width).Reverse();
    }
}
