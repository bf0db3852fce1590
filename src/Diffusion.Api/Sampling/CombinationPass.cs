using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>
/// Linear combinations, later ones of earlier ones' results too, made together: of 32-bit floats on the CPU a piece of each
/// after the other, so that what one wrote is still in the processor's first cache for the next. Others are made at once, by
/// operators.
/// </summary>
internal sealed class CombinationPass
{
    // Beyond, a pass is shared out to threads: they gain more than their meeting costs.
    private const int MostNumbersOfOneThread = 1 << 20;

    // So much of a sum, and of a few terms beside it, stays in a processor's first cache.
    private const int Piece = 1 << 11;

    private readonly List<Sum> _waiting = [];

    /// <summary>Σ c_k·X_k; terms with coefficient 0 aren't read. Of none but those, zeros.</summary>
    /// <param name="terms">Coefficients and tensors, all of one shape; results of this pass among them.</param>
    /// <param name="range">Where given, every number of the result is taken into [−range, range]; NaN stays.</param>
    /// <returns>The result. Its numbers are there after <see cref="Run"/>; until then it is only good as a term.</returns>
    internal Tensor Add(IReadOnlyList<(double Coefficient, Tensor Term)> terms, double? range = null)
    {
        var read = terms.Where(term => term.Coefficient != 0).ToList();
        if (read.Count == 0)
            return zeros_like(terms[0].Term);
        var first = read[0].Term;
        if (!read.TrueForAll(term => CanPass(term.Term, first)))
        {
            Run();
            return ByOperators(read, range);
        }
        if (_waiting.Count > 0 && _waiting[0].Result.numel() != first.numel())
            Run();
        var sum = new Sum(empty_like(first), read, (float?)range);
        _waiting.Add(sum);
        return sum.Result;
    }

    /// <summary>Makes what was added and isn't made yet.</summary>
    internal void Run()
    {
        if (_waiting.Count == 0)
            return;
        var kernels = _waiting.Select(sum => new CombinationKernel(sum.Result, sum.Terms, sum.Range)).ToArray();
        var count = (int)_waiting[0].Result.numel();
        var pieces = (count + Piece - 1) / Piece;
        if (count > MostNumbersOfOneThread)
            Parallel.For(0, pieces, Fill);
        else
            for (var piece = 0; piece < pieces; piece++)
                Fill(piece);
        // The kernels know addresses only.
        GC.KeepAlive(this);
        _waiting.Clear();

        void Fill(int piece)
        {
            foreach (var kernel in kernels)
                kernel.Fill(piece * Piece, int.Min((piece + 1) * Piece, count));
        }
    }

    private static bool CanPass(Tensor term, Tensor first) =>
        term.dtype == ScalarType.Float32
        && term.device_type == DeviceType.CPU
        && term.numel() <= int.MaxValue / sizeof(float)
        && term.is_contiguous()
        && (ReferenceEquals(term, first) || term.shape.AsSpan().SequenceEqual(first.shape))
        && !term.requires_grad;

    private static Tensor ByOperators(List<(double Coefficient, Tensor Term)> terms, double? range)
    {
        var sum = terms[0].Term.mul(terms[0].Coefficient);
        foreach (var (coefficient, term) in terms.Skip(1))
            sum.add_(term, coefficient);
        return range is { } bound ? sum.clamp_(-bound, bound) : sum;
    }

    private sealed record Sum(Tensor Result, List<(double Coefficient, Tensor Term)> Terms, float? Range);
}
