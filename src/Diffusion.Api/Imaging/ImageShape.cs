namespace Diffusion.Api;

/// <summary>The shape of one image as networks hold it: channels, then rows, then columns.</summary>
internal readonly record struct ImageShape(int Channels, int Height, int Width)
{
    /// <summary>Bytes of an image with a byte a value.</summary>
    internal long Bytes => (long)Channels * Height * Width;

    public override string ToString() => $"{Channels}×{Height}×{Width}";
}
