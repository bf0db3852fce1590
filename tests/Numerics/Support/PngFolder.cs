using Diffusion.Api;

namespace Diffusion.Numerics;

/// <summary>Small PNG files in folders for tests.</summary>
internal static class PngFolder
{
    /// <summary>Writes a picture of one colour, and its folder where it isn't there.</summary>
    internal static string Write(
        TemporaryFolder folder,
        string name,
        int height = 8,
        int width = 8,
        params byte[] colour
    )
    {
        var path = folder.File(name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        byte[] pixel = colour.Length == 0 ? [100] : colour;
        byte[] pixels = [.. Enumerable.Repeat(pixel, height * width).SelectMany(p => p)];
        new Picture(width, height, pixel.Length, pixels).SavePng(path);
        return path;
    }

    /// <summary>A folder with so many grey images in each of some classes.</summary>
    internal static string WriteClasses(TemporaryFolder folder, string name, int each, params string[] classes)
    {
        for (var c = 0; c < classes.Length; c++)
        for (var i = 0; i < each; i++)
            Write(folder, $"{name}/{classes[c]}/{i:D3}.png", colour: (byte)(40 * c + i));
        return folder.File(name);
    }
}
