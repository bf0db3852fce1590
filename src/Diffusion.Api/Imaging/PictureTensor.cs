using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>A picture as a network takes it.</summary>
internal static class PictureTensor
{
    /// <summary>Reads a PNG file and fits it to a shape.</summary>
    /// <returns>[C, H, W] in [−1, 1].</returns>
    /// <exception cref="InvalidDataException">It isn't a sound PNG file, or the shape is neither grey nor RGB.</exception>
    internal static Tensor Load(string path, ImageShape shape)
    {
        var picture = Picture.LoadPng(path);
        if (!ImageFit.CanConvert(picture.Channels, shape.Channels))
            throw new InvalidDataException(
                $"'{path}': a PNG file gives 1 channel (grey) or 3 (RGB); the network takes {shape.Channels}."
            );
        var bytes = new byte[shape.Bytes];
        ImageFit.Write(
            ImageFit.Planes(picture),
            new ImageShape(picture.Channels, picture.Height, picture.Width),
            bytes,
            shape
        );
        return tensor(bytes.Select(Pixels.ToValue).ToArray()).reshape(shape.Channels, shape.Height, shape.Width);
    }
}
