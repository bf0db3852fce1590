namespace Diffusion.Api;

/// <summary>How images of one shape stand in rows and columns of a picture. Sizes are checked.</summary>
internal sealed class GridLayout
{
    internal GridLayout(int count, ReadOnlySpan<long> shape, int columns, int scale, int gap)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(scale, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(gap);
        if (shape.Length != 3 || shape[0] is not (1 or 3) || shape[1] < 1 || shape[2] < 1)
            throw new ArgumentException(
                $"The images have the shape [{string.Join(", ", shape.ToArray())}]; a grid needs [C, H, W] with C = 1 or 3."
            );
        (Count, Scale, Gap) = (count, scale, gap);
        (Channels, Height, Width) = ((int)shape[0], checked((int)shape[1]), checked((int)shape[2]));
        Columns = int.Min(columns, count);
        Rows = (count - 1) / Columns + 1;
        (GridWidth, GridHeight) = (Side(Columns, Width, Channels), Side(Rows, Height, 1));
    }

    internal int Count { get; }

    internal int Channels { get; }

    internal int Height { get; }

    internal int Width { get; }

    internal int Columns { get; }

    internal int Rows { get; }

    internal int Scale { get; }

    internal int Gap { get; }

    internal int GridWidth { get; }

    internal int GridHeight { get; }

    // A row of bytes is an array too.
    private int Side(int images, int size, int bytes)
    {
        var side = ((Int128)images * ((long)size + Gap) + Gap) * Scale;
        return side * bytes <= Array.MaxLength
            ? (int)side
            : throw new ArgumentException(
                $"The picture would be {side} pixels wide or high; draw fewer images, or smaller ones."
            );
    }
}
