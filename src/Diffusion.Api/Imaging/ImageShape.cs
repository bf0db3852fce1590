namespace Diffusion.Api;

/// <summary>The shape of one image as networks hold it: channels, then rows, then columns.</summary>
internal readonly record struct ImageShape(int Channels, int Height, int Width)
{
    /// <summary>Bytes of an image with a byte a value; the largest number where it has more than that.</summary>
    internal long Bytes => long.CreateSaturating((Int128)Channels * Height * Width);

    /// <summary>Refuses more images of this shape than a data set can hold.</summary>
    /// <exception cref="InvalidDataException">The message begins with <paramref name="name"/>.</exception>
    internal void CheckRoom(long count, string name)
    {
        if ((Int128)count * Bytes > Array.MaxLength)
            throw new InvalidDataException(
                $"{name}: {count} images of {this} bytes are more than the {Array.MaxLength} bytes that a data set can have "
                    + "in memory. Use smaller images, or fewer."
            );
    }

    public override string ToString() => $"{Channels}×{Height}×{Width}";
}
