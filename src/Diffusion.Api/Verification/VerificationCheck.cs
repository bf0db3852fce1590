using System.Collections.Immutable;
using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>One recorded tensor against what the network computes.</summary>
/// <param name="Name">The tensor's name in the recording, such as <c>stage.mid</c> or <c>output</c>.</param>
/// <param name="Precision">What the network computed in.</param>
/// <param name="Shape">The tensor's sizes.</param>
/// <param name="MaxDifference">The largest absolute difference; NaN where either has a NaN.</param>
/// <param name="Tolerance">What it may be.</param>
public sealed record VerificationCheck(
    string Name,
    ScalarType Precision,
    ImmutableArray<long> Shape,
    double MaxDifference,
    double Tolerance
)
{
    /// <summary>Whether the difference is within the tolerance; NaN isn't.</summary>
    public bool Passed => MaxDifference <= Tolerance;
}
