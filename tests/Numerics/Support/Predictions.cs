using Diffusion.Math;

namespace Diffusion.Numerics;

/// <summary>Everything that a network may predict.</summary>
internal static class Predictions
{
    internal static readonly Prediction[] All =
    [
        Prediction.Epsilon,
        Prediction.X0,
        Prediction.V,
        Prediction.Score,
        Prediction.FlowVelocity,
        Prediction.Edm(),
    ];
}
