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
    // Beyond, a pass is shared out to threads: they gain more than their meeting costs.
    private const int MostNumbersOfOneThread = 1 << 20;

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
        && term.numel() <= int.MaxValue / sizeof(float)
        && term.is_contiguous()
        && (ReferenceEquals(term, first) || term.shape.AsSpan().SequenceEqual(first.shape))
        && !term.requires_grad;

    private static Tensor InOnePass(List<(double Coefficient, Tensor Term)> terms)
    {
        var result = empty_like(terms[0].Term);
        var count = Numbers(result).Length;
        var pieces = (int)(((long)count + Piece - 1) / Piece);
        if (count > MostNumbersOfOneThread)
            Parallel.For(0, pieces, Fill);
        else
            for (var piece = 0; piece < pieces; piece++)
                Fill(piece);
        GC.KeepAlive(terms);
        return result;

        void Fill(int index)
        {
            var start = index * Piece;
            var piece = Numbers(result).Slice(start, int.Min(Piece, count - start));
            piece.Clear();
            foreach (var (coefficient, term) in terms)
                Add(piece, (float)coefficient, Numbers(term).Slice(start, piece.Length));
        }
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
