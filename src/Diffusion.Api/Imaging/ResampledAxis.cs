namespace Diffusion.Api;

/// <summary>
/// Along one side of an image: which pixels of the source make up each pixel of the result, and with what weights. The
/// filter is a triangle (bilinear interpolation), as wide as a result's pixel where that covers several of the source,
/// so that nothing is left out in shrinking.
/// </summary>
internal sealed class ResampledAxis
{
    private readonly int[] _first;
    private readonly float[][] _weights;

    /// <summary>Scales a side, and keeps its middle.</summary>
    /// <param name="source">Pixels of the source.</param>
    /// <param name="target">Pixels of the result, at most <paramref name="source"/> × <paramref name="scale"/>.</param>
    /// <param name="scale">Size of a source pixel in pixels of the result.</param>
    internal ResampledAxis(int source, int target, double scale)
    {
        var step = 1 / scale;
        var origin = double.Max(0, (source - target * step) / 2);
        // Unscaled pixels are cropped, not blurred by half a pixel.
        if (scale == 1)
            origin = double.Floor(origin);
        var reach = double.Max(1, step);
        (_first, _weights) = (new int[target], new float[target][]);
        for (var i = 0; i < target; i++)
        {
            var centre = origin + (i + 0.5) * step;
            var first = int.Max(0, (int)double.Floor(centre - reach));
            var end = int.Min(source, (int)double.Ceiling(centre + reach));
            var weights = new float[end - first];
            for (var j = 0; j < weights.Length; j++)
                weights[j] = (float)double.Max(0, 1 - double.Abs(first + j + 0.5 - centre) / reach);
            var sum = weights.Sum();
            for (var j = 0; j < weights.Length; j++)
                weights[j] /= sum;
            (_first[i], _weights[i]) = (first, weights);
        }
    }

    /// <summary>Pixels of the result.</summary>
    internal int Length => _first.Length;

    /// <summary>The first pixel of the source that any pixel of the result needs.</summary>
    internal int Begin => _first[0];

    /// <summary>One past the last.</summary>
    internal int End => _first[^1] + _weights[^1].Length;

    /// <summary>The first source pixel of a pixel of the result.</summary>
    internal int First(int pixel) => _first[pixel];

    /// <summary>The weights of the source pixels from there on; their sum is 1.</summary>
    internal ReadOnlySpan<float> Weights(int pixel) => _weights[pixel];
}
