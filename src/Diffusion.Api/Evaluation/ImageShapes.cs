using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>Refuses images of a shape that doesn't fit.</summary>
internal static class ImageShapes
{
    internal static ImageShape Of(ImageDataset images) => new(images.Channels, images.Height, images.Width);

    /// <summary>A batch [B, C, …] needs a number for each image.</summary>
    /// <exception cref="ArgumentException">There are others, or there are no images.</exception>
    internal static void RequireNumbers(Tensor x0, int numbers)
    {
        ArgumentNullException.ThrowIfNull(x0);
        if (x0.dim() < 2 || x0.shape[0] != numbers || x0.numel() == 0)
            throw new ArgumentException(
                $"{numbers} numbers were given for data of shape [{string.Join(", ", x0.shape)}]; data is [B, C, …] with"
                    + " one number for each of the batch.",
                nameof(x0)
            );
    }

    /// <exception cref="InvalidDataException">They differ.</exception>
    internal static void CheckSame(ImageDataset images, ImageDataset others)
    {
        if (Of(images) != Of(others))
            throw new InvalidDataException(
                $"{others.Name} holds images of {Of(others)} (channels, height, width), {images.Name} of {Of(images)};"
                    + " both must be of one shape."
            );
    }
}
