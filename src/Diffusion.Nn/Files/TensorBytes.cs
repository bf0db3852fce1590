using static TorchSharp.torch;

namespace Diffusion.Nn;

/// <summary>The bytes of a contiguous tensor on the CPU, in pieces that a span can hold.</summary>
internal static class TensorBytes
{
    private const long PieceBytes = 1L << 28;

    internal static void Read(Stream source, Tensor tensor) =>
        ForEachPiece(tensor, piece => source.ReadExactly(piece.bytes));

    internal static void Write(Stream target, Tensor tensor) =>
        ForEachPiece(tensor, piece => target.Write(piece.bytes));

    internal static bool AllAtMost(Tensor tensor, byte limit)
    {
        var all = true;
        ForEachPiece(tensor, piece => all &= !piece.bytes.ContainsAnyExceptInRange((byte)0, limit));
        return all;
    }

    private static void ForEachPiece(Tensor tensor, Action<Tensor> action)
    {
        var count = tensor.numel();
        if (count == 0)
            return;
        using var flat = tensor.view(-1);
        var step = PieceBytes / tensor.element_size();
        for (long start = 0; start < count; start += step)
        {
            using var piece = flat.narrow(0, start, long.Min(step, count - start));
            action(piece);
        }
    }
}
