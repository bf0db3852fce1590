namespace Diffusion.Api;

/// <summary>An image that was left out of a data set because it can't be read.</summary>
/// <param name="File">Its file.</param>
/// <param name="Reason">What is wrong, the file's name included.</param>
public sealed record SkippedImage(string File, string Reason);
