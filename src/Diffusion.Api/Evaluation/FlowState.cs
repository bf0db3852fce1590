using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>A batch on its way along the flow, or how fast it changes.</summary>
/// <param name="X">[B, C, …].</param>
/// <param name="LogVolume">[B] in double precision: the divergence gathered so far, which ln p has lost.</param>
internal readonly record struct FlowState(Tensor X, Tensor LogVolume)
{
    /// <summary>This state plus a step along slopes.</summary>
    internal FlowState Plus(double step, IEnumerable<double> weights, IReadOnlyList<FlowState> slopes)
    {
        using var scope = NewDisposeScope();
        List<(double, Tensor)> x = [(1, X)];
        List<(double, Tensor)> volume = [(1, LogVolume)];
        foreach (var (weight, slope) in weights.Zip(slopes))
        {
            x.Add((step * weight, slope.X));
            volume.Add((step * weight, slope.LogVolume));
        }
        return new FlowState(LinearCombination.Of(x), LinearCombination.Of(volume)).ToOuterScope();
    }

    internal FlowState ToOuterScope() => new(X.MoveToOuterDisposeScope(), LogVolume.MoveToOuterDisposeScope());

    internal void Dispose()
    {
        X.Dispose();
        LogVolume.Dispose();
    }
}
