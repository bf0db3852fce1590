using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>Draws the pixel rows of a grid as its images come, from the top; keeps one row of images.</summary>
internal sealed class GridRows
{
    private const byte Background = 255;

    private readonly GridLayout _layout;
    private readonly Row _write;

    // A row of images with the gaps beside them, each pixel row once.
    private readonly byte[][] _band;
    private int _drawn;

    /// <summary>Takes a row of pixels, channels interleaved; it must not keep it.</summary>
    internal delegate void Row(ReadOnlySpan<byte> pixels);

    internal GridRows(GridLayout layout, Row write)
    {
        (_layout, _write) = (layout, write);
        _band = [.. Enumerable.Range(0, layout.Height).Select(_ => new byte[layout.GridWidth * layout.Channels])];
        Clear();
        WriteGap();
    }

    internal int Left => _layout.Count - _drawn;

    internal void Add(Tensor images)
    {
        long[] shape = [_layout.Channels, _layout.Height, _layout.Width];
        if (images.dim() != 4 || images.shape[0] > Left || !images.shape.AsSpan(1).SequenceEqual(shape))
            throw new ArgumentException(
                $"The tensor has shape [{string.Join(", ", images.shape)}]; the grid takes [B, {string.Join(", ", shape)}]"
                    + $" with B up to {Left}.",
                nameof(images)
            );
        var pixels = Pixels.ToBytes(images);
        var size = _layout.Channels * _layout.Height * _layout.Width;
        for (var start = 0; start < pixels.Length; start += size)
            Draw(pixels.AsSpan(start, size));
    }

    private void Draw(ReadOnlySpan<byte> image)
    {
        var (width, scale) = (_layout.Width, _layout.Scale);
        var column = _drawn++ % _layout.Columns;
        var left = (column * (width + _layout.Gap) + _layout.Gap) * scale;
        for (var c = 0; c < _layout.Channels; c++)
        for (var y = 0; y < _layout.Height; y++)
        for (var x = 0; x < width * scale; x++)
            _band[y][(left + x) * _layout.Channels + c] = image[(c * _layout.Height + y) * width + x / scale];
        if (column == _layout.Columns - 1 || Left == 0)
            WriteBand();
    }

    private void WriteBand()
    {
        foreach (var row in _band)
            for (var i = 0; i < _layout.Scale; i++)
                _write(row);
        Clear();
        WriteGap();
    }

    // The band is blank here.
    private void WriteGap()
    {
        for (var i = 0; i < _layout.Gap * _layout.Scale; i++)
            _write(_band[0]);
    }

    private void Clear()
    {
        foreach (var row in _band)
            Array.Fill(row, Background);
    }
}
