namespace Diffusion.Api;

/// <summary>Which images a model was evaluated on. Immutable.</summary>
/// <param name="Name">Where they came from.</param>
/// <param name="Count">How many there are.</param>
/// <param name="Digest">Digest of pixels, shape and labels, 16 hexadecimal digits.</param>
public sealed record HeldOutReport(string Name, int Count, string Digest)
{
    /// <summary>The images of a data set.</summary>
    /// <param name="images">The held-out images.</param>
    public static HeldOutReport Of(ImageDataset images)
    {
        ArgumentNullException.ThrowIfNull(images);
        return new HeldOutReport(images.Name.Trim('\''), images.Count, images.Fingerprint()[..16]);
    }
}
