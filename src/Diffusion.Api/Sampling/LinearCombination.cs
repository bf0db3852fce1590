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
}
