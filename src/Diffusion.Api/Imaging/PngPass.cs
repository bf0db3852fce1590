namespace Diffusion.Api;

/// <summary>One of the smaller pictures that an interlaced PNG consists of (PNG specification, section 8.2).</summary>
/// <param name="Left">Column of its first pixel in the whole picture.</param>
/// <param name="Top">Row of its first pixel.</param>
/// <param name="StepX">Columns between its pixels.</param>
/// <param name="StepY">Rows between its pixels.</param>
/// <param name="Width">Its own width, at least 1.</param>
/// <param name="Height">Its own height, at least 1.</param>
internal readonly record struct PngPass(int Left, int Top, int StepX, int StepY, int Width, int Height)
{
    private static readonly (int Left, int Top, int StepX, int StepY)[] Adam7 =
    [
        (0, 0, 8, 8),
        (4, 0, 8, 8),
        (0, 4, 4, 8),
        (2, 0, 4, 4),
        (0, 2, 2, 4),
        (1, 0, 2, 2),
        (0, 1, 1, 2),
    ];

    /// <summary>The passes of a picture that have pixels, in the file's order; one where it isn't interlaced.</summary>
    internal static IEnumerable<PngPass> Of(PngHeader header) =>
        header.Interlaced
            ? Adam7
                .Where(p => p.Left < header.Width && p.Top < header.Height)
                .Select(p => new PngPass(
                    p.Left,
                    p.Top,
                    p.StepX,
                    p.StepY,
                    (header.Width - p.Left + p.StepX - 1) / p.StepX,
                    (header.Height - p.Top + p.StepY - 1) / p.StepY
                ))
            : [new PngPass(0, 0, 1, 1, header.Width, header.Height)];
}
