using System.Collections.Immutable;

namespace Diffusion.Api;

/// <summary>The probability flow's likelihood as reports have it. Immutable.</summary>
/// <param name="BitsPerDim">−log₂ p of the dequantised images, a dimension.</param>
/// <param name="Ci95">Lower and upper end of its 95 % confidence interval.</param>
/// <param name="Nats">−ln p, an image.</param>
/// <param name="Images">Number of images.</param>
/// <param name="Trace">How the divergence was found.</param>
/// <param name="Solver">How the flow was integrated.</param>
/// <param name="Calls">Network calls, of the slowest batch.</param>
/// <param name="Seconds">The time it took.</param>
public sealed record FlowReport(
    double BitsPerDim,
    ImmutableArray<double> Ci95,
    double Nats,
    int Images,
    string Trace,
    string Solver,
    int Calls,
    double Seconds
)
{
    /// <summary>The report of a result.</summary>
    /// <param name="result">The result.</param>
    /// <param name="options">How it was computed.</param>
    /// <param name="time">The time it took.</param>
    public static FlowReport Of(FlowResult result, FlowOptions options, TimeSpan time)
    {
        ArgumentNullException.ThrowIfNull(result);
        ArgumentNullException.ThrowIfNull(options);
        var bits = result.BitsPerDimension;
        return new FlowReport(
            bits.Mean,
            [bits.Low, bits.High],
            result.Nats.Mean,
            bits.Count,
            options.Trace.Name,
            options.Solver.Name,
            result.NetworkCalls,
            time.TotalSeconds
        );
    }
}
