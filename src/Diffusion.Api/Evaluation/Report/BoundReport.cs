using System.Collections.Immutable;

namespace Diffusion.Api;

/// <summary>The variational bound as reports have it, in bits a dimension where nothing else is said. Immutable.</summary>
/// <param name="Prior">L_T.</param>
/// <param name="SumKl">Σ_{t=2..T} L_{t−1}.</param>
/// <param name="Decoder">L₀.</param>
/// <param name="TotalBitsPerDim">The sum of the three.</param>
/// <param name="Ci95">Lower and upper end of its 95 % confidence interval.</param>
/// <param name="TotalNats">The sum in nats an image.</param>
/// <param name="Images">Number of images.</param>
/// <param name="Estimator">How the sum over t was estimated.</param>
/// <param name="Calls">Network calls an image.</param>
/// <param name="Seconds">The time it took.</param>
/// <param name="ByTime">The mean terms of t = 2 … T where every time was evaluated; null else.</param>
public sealed record BoundReport(
    double Prior,
    double SumKl,
    double Decoder,
    double TotalBitsPerDim,
    ImmutableArray<double> Ci95,
    double TotalNats,
    int Images,
    string Estimator,
    int Calls,
    double Seconds,
    ImmutableArray<double>? ByTime = null
)
{
    /// <summary>The report of a result.</summary>
    /// <param name="result">The result.</param>
    /// <param name="options">How it was estimated.</param>
    /// <param name="time">The time it took.</param>
    public static BoundReport Of(BoundResult result, BoundOptions options, TimeSpan time)
    {
        ArgumentNullException.ThrowIfNull(result);
        ArgumentNullException.ThrowIfNull(options);
        var total = result.InBits(result.Total);
        return new BoundReport(
            result.InBits(result.Prior).Mean,
            result.InBits(result.Transitions).Mean,
            result.InBits(result.Reconstruction).Mean,
            total.Mean,
            [total.Low, total.High],
            result.Total.Mean,
            result.Images,
            options.AllTimes ? "every t" : $"{options.TimesPerImage} stratified t an image, by importance",
            result.CallsPerImage,
            time.TotalSeconds,
            result.ByTime.IsEmpty
                ? null
                : [.. result.ByTime.Select(term => term * Math.VariationalBound.BitsPerDimension(1, result.Dimension))]
        );
    }
}
