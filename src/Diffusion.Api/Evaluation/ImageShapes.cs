namespace Diffusion.Api;

/// <summary>Refuses images of another shape than others have.</summary>
internal static class ImageShapes
{
    internal static ImageShape Of(ImageDataset images) => new(images.Channels, images.Height, images.Width);

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
