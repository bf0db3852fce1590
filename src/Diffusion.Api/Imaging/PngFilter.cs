namespace Diffusion.Api;

/// <summary>Takes back what a PNG's writer did to a row so that it compresses better (PNG specification, section 9).</summary>
internal static class PngFilter
{
    /// <summary>Restores a row in place.</summary>
    /// <param name="type">The filter, 0 … 4.</param>
    /// <param name="row">The bytes as they are in the file.</param>
    /// <param name="above">The restored row above; zeros for the first.</param>
    /// <param name="step">Bytes a pixel, at least 1: the distance to what stands to the left.</param>
    /// <exception cref="InvalidDataException">There is no such filter.</exception>
    internal static void Undo(byte type, Span<byte> row, ReadOnlySpan<byte> above, int step)
    {
        switch (type)
        {
            case 0:
                break;
            case 1:
                for (var i = step; i < row.Length; i++)
                    row[i] += row[i - step];
                break;
            case 2:
                for (var i = 0; i < row.Length; i++)
                    row[i] += above[i];
                break;
            case 3:
                for (var i = 0; i < row.Length; i++)
                    row[i] += (byte)(((i < step ? 0 : row[i - step]) + above[i]) / 2);
                break;
            case 4:
                for (var i = 0; i < row.Length; i++)
                    row[i] += i < step ? above[i] : Paeth(row[i - step], above[i], above[i - step]);
                break;
            default:
                throw new InvalidDataException($"a row has the filter {type}; there are 0 to 4. The file is damaged.");
        }
    }

    // Of left, above and above left: that which is nearest to left + above − above left.
    private static byte Paeth(byte left, byte above, byte corner)
    {
        var (toLeft, toAbove) = (int.Abs(above - corner), int.Abs(left - corner));
        var toCorner = int.Abs(left + above - 2 * corner);
        return toLeft <= toAbove && toLeft <= toCorner ? left
            : toAbove <= toCorner ? above
            : corner;
    }
}
