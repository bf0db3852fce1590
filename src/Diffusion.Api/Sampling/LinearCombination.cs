using System.Numerics;
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>
/// Σ c_k·X_k, clipped where that is asked for. 32-bit floats on the CPU, as samplers' states are, in one pass over memory;
/// anything else with one multiplication and one fused multiply-add for each further term.
/// </summary>
internal static class LinearCombination
{
    // Beyond, a pass is shared out to threads: they gain more than their meeting costs.
    private const int MostNumbersOfOneThread = 1 << 20;

    // So much of the sum, and of two terms beside it, stays in a processor's first cache.
    private const int Piece = 1 << 12;

    /// <summary>The combination; terms with coefficient 0 aren't read. Of none but those, zeros.</summary>
    /// <param name="terms">Coefficients and tensors, all of one shape.</param>
    /// <param name="range">Where given, every number of the result is taken into [−range, range]; NaN stays.</param>
    internal static Tensor Of(IReadOnlyList<(double Coefficient, Tensor Term)> terms, double? range = null)
    {
        var read = terms.Where(term => term.Coefficient != 0).ToList();
        if (read.Count == 0)
            return zeros_like(terms[0].Term);
        var first = read[0].Term;
        if (read.TrueForAll(term => CanPass(term.Term, first)))
            return InOnePass(read, (float?)range);
        var sum = first.mul(read[0].Coefficient);
        foreach (var (coefficient, term) in read.Skip(1))
            sum.add_(term, coefficient);
        return range is { } bound ? sum.clamp_(-bound, bound) : sum;
    }

    private static bool CanPass(Tensor term, Tensor first) =>
        term.dtype == ScalarType.Float32
        && term.device_type == DeviceType.CPU
        && term.numel() <= int.MaxValue / sizeof(float)
        && term.is_contiguous()
        && (ReferenceEquals(term, first) || term.shape.AsSpan().SequenceEqual(first.shape))
        && !term.requires_grad;

    private static Tensor InOnePass(List<(double Coefficient, Tensor Term)> terms, float? range)
    {
        var result = empty_like(terms[0].Term);
        var count = (int)result.numel();
        var pieces = (count + Piece - 1) / Piece;
        if (count > MostNumbersOfOneThread)
            Parallel.For(
                0,
                pieces,
                piece => Fill(result, terms, range, piece * Piece, int.Min((piece + 1) * Piece, count))
            );
        else
            for (var piece = 0; piece < pieces; piece++)
                Fill(result, terms, range, piece * Piece, int.Min((piece + 1) * Piece, count));
        GC.KeepAlive(terms);
        return result;
    }

    private static void Fill(
        Tensor result,
        List<(double Coefficient, Tensor Term)> terms,
        float? range,
        int from,
        int to
    )
    {
        var sums = Numbers(result)[from..to];
        for (var i = 0; i < terms.Count; i += 2)
        {
            var (factor, term) = terms[i];
            var numbers = Numbers(term)[from..to];
            if (i + 1 == terms.Count)
                Add(sums, (float)factor, numbers, 0, default, isFirst: i == 0);
            else
                Add(
                    sums,
                    (float)factor,
                    numbers,
                    (float)terms[i + 1].Coefficient,
                    Numbers(terms[i + 1].Term)[from..to],
                    isFirst: i == 0
                );
        }
        if (range is { } bound)
            Clip(sums, bound);
    }

    // Products and sums, rounded each, one term after the other, in vectors and behind them: a number doesn't depend on its
    // place.
    private static void Add(
        Span<float> sum,
        float factor,
        ReadOnlySpan<float> term,
        float otherFactor,
        ReadOnlySpan<float> other,
        bool isFirst
    )
    {
        var sums = MemoryMarshal.Cast<float, Vector<float>>(sum);
        var terms = MemoryMarshal.Cast<float, Vector<float>>(term)[..sums.Length];
        if (other.IsEmpty)
        {
            for (var i = 0; i < sums.Length; i++)
                sums[i] = isFirst ? terms[i] * factor : sums[i] + (terms[i] * factor);
            for (var i = sums.Length * Vector<float>.Count; i < sum.Length; i++)
                sum[i] = isFirst ? term[i] * factor : sum[i] + (term[i] * factor);
            return;
        }
        var others = MemoryMarshal.Cast<float, Vector<float>>(other)[..sums.Length];
        for (var i = 0; i < sums.Length; i++)
        {
            var product = terms[i] * factor;
            sums[i] = (isFirst ? product : sums[i] + product) + (others[i] * otherFactor);
        }
        for (var i = sums.Length * Vector<float>.Count; i < sum.Length; i++)
        {
            var product = term[i] * factor;
            sum[i] = (isFirst ? product : sum[i] + product) + (other[i] * otherFactor);
        }
    }

    private static void Clip(Span<float> numbers, float range)
    {
        var vectors = MemoryMarshal.Cast<float, Vector<float>>(numbers);
        var (low, high) = (new Vector<float>(-range), new Vector<float>(range));
        for (var i = 0; i < vectors.Length; i++)
            vectors[i] = Vector.Min(Vector.Max(vectors[i], low), high);
        for (var i = vectors.Length * Vector<float>.Count; i < numbers.Length; i++)
            numbers[i] = float.Clamp(numbers[i], -range, range);
    }

    private static Span<float> Numbers(Tensor tensor) => MemoryMarshal.Cast<byte, float>(tensor.bytes);
}
