using System.Collections.Immutable;
using System.Globalization;
using MathNet.Numerics.Distributions;

namespace Diffusion.Api;

/// <summary>A mean over independent images, and how sure it is. Immutable.</summary>
/// <param name="Mean">The mean of the images' numbers, an unbiased estimate of the expectation.</param>
/// <param name="StandardError">Their standard deviation (n − 1 in the denominator) over √n.</param>
/// <param name="Count">n, the number of images.</param>
/// <remarks>
/// The interval is Student's t with n − 1 degrees of freedom: it covers the choice of the images as well as every random
/// number that was drawn for each of them, since both make the images' numbers differ.
/// </remarks>
public readonly record struct Estimate(double Mean, double StandardError, int Count)
{
    private const double Upper = 0.975;

    /// <summary>The lower end of the 95 % confidence interval.</summary>
    public double Low => Mean - HalfWidth;

    /// <summary>The upper end of the 95 % confidence interval.</summary>
    public double High => Mean + HalfWidth;

    /// <summary>Half the width of the 95 % confidence interval.</summary>
    public double HalfWidth => StudentT.InvCDF(0, 1, Count - 1, Upper) * StandardError;

    /// <summary>The estimate from one number an image.</summary>
    /// <param name="values">At least two finite numbers, independent of each other.</param>
    /// <exception cref="ArgumentException">There are fewer than two: one image has no spread.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is not finite.</exception>
    public static Estimate Of(params IEnumerable<double> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        ImmutableArray<double> all = [.. values];
        if (all.Length < 2)
            throw new ArgumentException(
                $"An interval needs the numbers of at least 2 images, not of {all.Length}.",
                nameof(values)
            );
        foreach (var value in all)
            if (!double.IsFinite(value))
                throw new ArgumentOutOfRangeException(
                    nameof(values),
                    value,
                    $"An image's number is {value.ToString(CultureInfo.InvariantCulture)}; all must be finite."
                );
        var mean = all.Average();
        var squares = all.Sum(value => (value - mean) * (value - mean));
        return new Estimate(mean, double.Sqrt(squares / (all.Length - 1) / all.Length), all.Length);
    }

    /// <summary>The estimate of the number times a factor, as for other units.</summary>
    /// <param name="factor">Finite; a negative one turns the interval round.</param>
    public Estimate Times(double factor) => new(Mean * factor, StandardError * double.Abs(factor), Count);

    /// <summary>The estimate of the number plus a constant.</summary>
    /// <param name="constant">Finite.</param>
    public Estimate Plus(double constant) => this with { Mean = Mean + constant };

    /// <summary>Mean and half width, with four digits after the point.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Mean:F4} ± {HalfWidth:F4} (95 %, n = {Count})");
}
