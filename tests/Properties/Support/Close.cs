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

    /// <summary>Each number to a relative tolerance; below 1e-4 absolute, in parts of 1e-4.</summary>
    public static void ShouldEqual(this double[] actual, double[] expected, double tolerance)
    {
        actual.Should().HaveSameCount(expected);
        for (int i = 0; i < actual.Length; i++)
        {
            actual[i]
                .Should()
                .BeApproximately(expected[i], tolerance * double.Max(double.Abs(expected[i]), 1e-4), "at {0}", i);
        }
    }
}
