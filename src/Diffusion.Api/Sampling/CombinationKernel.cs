using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>
/// One linear combination over contiguous 32-bit floats, any part of it. Products and sums are rounded each, one term after
/// the other, in vectors and behind them: a number doesn't depend on its place. It doesn't keep the tensors alive.
/// </summary>
internal sealed unsafe class CombinationKernel
{
    private readonly float* _result;
    private readonly (float Factor, nint Numbers)[] _terms;
    private readonly float? _range;

    /// <param name="result">Contiguous 32-bit floats on the CPU, as all terms are; none of them.</param>
    /// <param name="terms">At least one; of <paramref name="result"/>'s shape.</param>
    /// <param name="range">Where given, every number is taken into [−range, range]; NaN stays.</param>
    internal CombinationKernel(Tensor result, List<(double Coefficient, Tensor Term)> terms, float? range)
    {
        _result = (float*)Address(result);
        _terms = [.. terms.Select(term => ((float)term.Coefficient, Address(term.Term)))];
        _range = range;
    }

    /// <summary>Writes the numbers from … to − 1 of the result.</summary>
    internal void Fill(int from, int to)
    {
        var sum = _result + from;
        var count = to - from;
        var (factor, numbers) = _terms[0];
        // Nearly all have two terms or three: the first two together save a sixth of the time.
        if (_terms.Length == 1)
        {
            One(sum, count, factor, (float*)numbers + from);
        }
        else
        {
            var (otherFactor, otherNumbers) = _terms[1];
            Two(sum, count, factor, (float*)numbers + from, otherFactor, (float*)otherNumbers + from);
        }
        foreach (var (furtherFactor, furtherNumbers) in _terms.AsSpan(int.Min(2, _terms.Length)))
            Add(sum, count, furtherFactor, (float*)furtherNumbers + from);
        if (_range is { } range)
            Clip(sum, count, range);
    }

    private static void One(float* sum, int count, float factor, float* term)
    {
        var i = 0;
        for (; i <= count - Vector512<float>.Count; i += Vector512<float>.Count)
            (Vector512.Load(term + i) * factor).Store(sum + i);
        for (; i < count; i++)
            sum[i] = term[i] * factor;
    }

    private static void Two(float* sum, int count, float factor, float* term, float otherFactor, float* other)
    {
        var i = 0;
        for (; i <= count - Vector512<float>.Count; i += Vector512<float>.Count)
            ((Vector512.Load(term + i) * factor) + (Vector512.Load(other + i) * otherFactor)).Store(sum + i);
        for (; i < count; i++)
            sum[i] = (term[i] * factor) + (other[i] * otherFactor);
    }

    private static void Add(float* sum, int count, float factor, float* term)
    {
        var i = 0;
        for (; i <= count - Vector512<float>.Count; i += Vector512<float>.Count)
            (Vector512.Load(sum + i) + (Vector512.Load(term + i) * factor)).Store(sum + i);
        for (; i < count; i++)
            sum[i] += term[i] * factor;
    }

    // The processor's own minimum and maximum, one instruction each, with the number second: where it is NaN, x86 answers
    // with the second, ARM with NaN.
    private static void Clip(float* numbers, int count, float range)
    {
        var (low, high) = (Vector512.Create(-range), Vector512.Create(range));
        var i = 0;
        for (; i <= count - Vector512<float>.Count; i += Vector512<float>.Count)
            Vector512.MinNative(high, Vector512.MaxNative(low, Vector512.Load(numbers + i))).Store(numbers + i);
        for (; i < count; i++)
            numbers[i] = float.Clamp(numbers[i], -range, range);
    }

    private static nint Address(Tensor tensor) => (nint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(tensor.bytes));
}
