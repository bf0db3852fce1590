using System.Globalization;

namespace Diffusion.Nn;

/// <summary>Height and width of an image in pixels.</summary>
/// <param name="Height">Rows, at least 1.</param>
/// <param name="Width">Columns, at least 1.</param>
public readonly record struct ImageSize(int Height, int Width)
{
    /// <summary>A square.</summary>
    /// <param name="side">Rows and columns.</param>
    public static implicit operator ImageSize(int side) => new(side, side);

    /// <summary>The square of the given side.</summary>
    /// <param name="side">Rows and columns.</param>
    /// <returns>The size.</returns>
    public static ImageSize Square(int side) => side;

    /// <summary>Height x width.</summary>
    /// <returns>Such as 28x28.</returns>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Height}x{Width}");
}
