using Diffusion.Api;

namespace Diffusion.Cli;

/// <summary>A picture of a page and what it shows.</summary>
/// <param name="Picture">The picture.</param>
/// <param name="Label">A few words.</param>
internal sealed record FramePicture(Picture Picture, string Label)
{
    /// <summary>As a page holds it: written anew, so that nothing but pixels comes from a file.</summary>
    internal string ToDataUri()
    {
        using var png = new MemoryStream();
        Picture.WritePng(png);
        return $"data:image/png;base64,{Convert.ToBase64String(png.GetBuffer().AsSpan(0, (int)png.Length))}";
    }
}
