namespace Diffusion.Api;

/// <summary>Reads the images that a model is evaluated on, which it must not have been trained on.</summary>
public static class HeldOutImages
{
    private const string ImageFile = "-images-idx3-ubyte";
    private const string LabelFile = "-labels-idx1-ubyte";

    /// <summary>
    /// Reads a path as a user gives it: as <see cref="ImageDataset.Load"/> does, but of a folder with MNIST's names the
    /// test part (<c>t10k-images-idx3-ubyte</c>, <c>t10k-labels-idx1-ubyte</c>; with or without <c>.gz</c>), and with a
    /// file <c>X-images-idx3-ubyte</c> the labels <c>X-labels-idx1-ubyte</c> that lie beside it.
    /// </summary>
    /// <param name="path">File or folder.</param>
    /// <param name="loading">Size and channels to bring the images to; by default they stay as they are.</param>
    /// <exception cref="FileNotFoundException">There is nothing at the path.</exception>
    /// <exception cref="InvalidDataException">
    /// A file is damaged, or the folder holds MNIST's training part and no test part.
    /// </exception>
    public static ImageDataset Load(string path, ImageLoading? loading = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        loading ??= new ImageLoading();
        if (!Directory.Exists(path))
            return LabelsOf(path) is { } labels
                ? ImageDataset.FromIdx(path, labels).Fitted(loading)
                : ImageDataset.Load(path, loading);
        if (Find(Path.Combine(path, "t10k" + ImageFile)) is { } images)
            return ImageDataset.FromIdx(images, LabelsOf(images)).Fitted(loading);
        if (Find(Path.Combine(path, "train" + ImageFile)) is { } training)
            throw new InvalidDataException(
                $"The folder '{path}' holds training images ({Path.GetFileName(training)}) and no t10k{ImageFile}: a"
                    + " model is evaluated on images it wasn't trained on. Name a file of such."
            );
        return ImageDataset.Load(path, loading);
    }

    /// <summary>How held-out images of a model are read: as they are; scaled as for its training, where that scaled any.</summary>
    /// <param name="folder">The model's folder.</param>
    /// <exception cref="InvalidDataException">The run's setup is damaged, and no checkpoint holds it.</exception>
    public static ImageLoading LoadingOf(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        return SetupIn(folder) is { ImagesAreFitted: true } setup
            ? new ImageLoading { Size = setup.Network.SampleSize, Channels = setup.Network.InChannels }
            : new ImageLoading();
    }

    /// <summary>Where the images are that a run was trained on, which held-out images are compared with.</summary>
    /// <param name="folder">The run's folder.</param>
    /// <returns>The path; null where the folder holds a model, but no training run.</returns>
    /// <exception cref="InvalidDataException">The run's setup is damaged, and no checkpoint holds it.</exception>
    public static string? TrainingPathOf(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        return SetupIn(folder)?.Data;
    }

    // A complete model is none the worse for a damaged training.json: a checkpoint mostly knows the same.
    private static TrainingSetup? SetupIn(string folder) =>
        TrainingSetup.IsIn(folder) ? TrainingSetup.ForResuming(folder) : null;

    private static string? LabelsOf(string imageFile)
    {
        var name = Path.GetFileName(imageFile);
        var end = name.IndexOf(ImageFile, StringComparison.Ordinal);
        return end < 0 ? null : Find(Path.Combine(Path.GetDirectoryName(imageFile) ?? "", name[..end] + LabelFile));
    }

    private static string? Find(string path) => new[] { path, path + ".gz" }.FirstOrDefault(File.Exists);
}
