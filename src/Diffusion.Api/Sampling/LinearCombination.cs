using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>Σ c_k·X_k with one multiplication and one fused multiply-add for each further term.</summary>
internal static class LinearCombination
{
    /// <summary>The combination; terms with coefficient 0 aren't read. Of none but those, zeros.</summary>
    internal static Tensor Of(IReadOnlyList<(double Coefficient, Tensor Term)> terms)
    {
        Tensor? sum = null;
        foreach (var (coefficient, term) in terms)
        {
            if (coefficient == 0)
                continue;
            if (sum is null)
                sum = term.mul(coefficient);
            else
                sum.add_(term, coefficient);
        }
        return sum ?? zeros_like(terms[0].Term);
    }
}
