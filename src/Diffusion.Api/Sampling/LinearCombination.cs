using System.Numerics;
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>
/// Σ c_k·X_k. 32-bit floats on the CPU, as samplers' states are, in one pass over memory; anything else with one
/// multiplication and one fused multiply-add for each further term.
/// </summary>
internal static class LinearCombination
{
    // From here on the engine's threads gain more than a single pass.
    private const long MostNumbersOfOnePass = 1 << 20;

    // So much of the sum, and of a term beside it, stays in a processor's second cache.
    private const int Piece = 1 << 14;

    /// <summary>The combination; terms with coefficient 0 aren't read. Of none but those, zeros.</summary>
    internal static Tensor Of(IReadOnlyList<(double Coefficient, Tensor Term)> terms)
    {
        var read = terms.Where(term => term.Coefficient != 0).ToList();
        if (read.Count == 0)
            return zeros_like(terms[0].Term);
        var first = read[0].Term;
        if (read.Count > 1 && read.TrueForAll(term => CanPass(term.Term, first)))
            return InOnePass(read);
        var sum = first.mul(read[0].Coefficient);
        foreach (var (coefficient, term) in read.Skip(1))
            sum.add_(term, coefficient);
        return sum;
    }

    private static bool CanPass(Tensor term, Tensor first) =>
        term.dtype == ScalarType.Float32
        && term.device_type == DeviceType.CPU
        && term.numel() <= MostNumbersOfOnePass
        && term.is_contiguous()
        && (ReferenceEquals(term, first) || term.shape.AsSpan().SequenceEqual(first.shape))
        && !term.requires_grad;

    private static Tensor InOnePass(List<(double Coefficient, Tensor Term)> terms)
    {
        var result = empty_like(terms[0].Term);
        var sum = Numbers(result);
        for (var start = 0; start < sum.Length; start += Piece)
        {
            var piece = sum[start..int.Min(start + Piece, sum.Length)];
            piece.Clear();
            foreach (var (coefficient, term) in terms)
                Add(piece, (float)coefficient, Numbers(term).Slice(start, piece.Length));
        }
        GC.KeepAlive(terms);
        return result;
    }

    // A product and a sum, rounded each, in vectors and behind them: a number doesn't depend on its place.
    private static void Add(Span<float> sum, float coefficient, ReadOnlySpan<float> term)
    {
        var sums = MemoryMarshal.Cast<float, Vector<float>>(sum);
        var terms = MemoryMarshal.Cast<float, Vector<float>>(term);
        for (var i = 0; i < sums.Length; i++)
            sums[i] += terms[i] * coefficient;
        for (var i = sums.Length * Vector<float>.Count; i < sum.Length; i++)
            sum[i] += term[i] * coefficient;
    }

    private static Span<float> Numbers(Tensor tensor) => MemoryMarshal.Cast<byte, float>(tensor.bytes);
}
