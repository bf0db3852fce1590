using FluentAssertions;

namespace Diffusion.Properties.Support;

/// <summary>Comparison of rounded results, relative to the size of what went into them.</summary>
internal static class Close
{
    /// <summary>|actual − expected| ≤ tolerance · max(|expected|, |each of the sizes|).</summary>
    public static void ShouldBeClose(this double actual, double expected, double tolerance, params double[] sizes)
    {
        double size = sizes.Append(expected).Max(double.Abs);
        double.Abs(actual - expected)
            .Should()
            .BeLessThanOrEqualTo(tolerance * size, "{0:R} should be {1:R} at size {2:G3}", actual, expected, size);
    }
}
