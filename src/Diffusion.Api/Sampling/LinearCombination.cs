using Diffusion.Math;
using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>Σ c_k·X_k, clipped where that is asked for, in a <see cref="CombinationPass"/> of its own.</summary>
internal static class LinearCombination
{
    /// <summary>The combination; terms with coefficient 0 aren't read. Of none but those, zeros.</summary>
    /// <param name="terms">Coefficients and tensors, all of one shape.</param>
    /// <param name="range">Where given, every number of the result is taken into [−range, range]; NaN stays.</param>
    internal static Tensor Of(IReadOnlyList<(double Coefficient, Tensor Term)> terms, double? range = null)
    {
        var pass = new CombinationPass();
        var result = pass.Add(terms, range);
        pass.Run();
        return result;
    }

    /// <summary>The terms of a model's output in another quantity.</summary>
    /// <param name="map">From the output and x_t.</param>
    /// <param name="output">What the model gave.</param>
    /// <param name="x">x_t, of the same shape.</param>
    internal static (double Coefficient, Tensor Term)[] Terms(this PredictionMap map, Tensor output, Tensor x) =>
        [(map.ModelCoefficient, output), (map.XtCoefficient, x)];
}
