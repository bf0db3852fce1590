namespace Diffusion.Api;

/// <summary>What the samples of a PNG's pixels are; the numbers are the format's own (PNG specification, table 8).</summary>
internal enum PngColour : byte
{
    Grey = 0,
    Rgb = 2,
    Palette = 3,
    GreyAlpha = 4,
    Rgba = 6,
}
