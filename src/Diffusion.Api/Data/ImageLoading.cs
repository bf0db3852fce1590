using Diffusion.Nn;

namespace Diffusion.Api;

/// <summary>How images are brought to the shape that a network takes, and what is done with files that can't be read. Immutable.</summary>
public sealed record ImageLoading
{
    /// <summary>
    /// Height and width of the images: each is scaled so that it just covers them, then cropped in the middle. Null leaves
    /// the images as they are; all must have one size then.
    /// </summary>
    public ImageSize? Size { get; init; }

    /// <summary>
    /// Channels: 1 (grey) or 3 (RGB) can be made from each other. Null leaves the images as they are; a folder of PNG
    /// files has 3 when one of them is in colour.
    /// </summary>
    public int? Channels { get; init; }

    /// <summary>
    /// Whether PNG files that can't be read are left out and named in <see cref="ImageDataset.Skipped"/>; by default they
    /// are an error.
    /// </summary>
    public bool SkipBad { get; init; }

    /// <summary>Is told after every PNG file how many are done and how many there are; called from several threads.</summary>
    public Action<int, int>? OnImage { get; init; }
}
