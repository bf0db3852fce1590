using Microsoft.Win32.SafeHandles;
using static TorchSharp.torch;

namespace Diffusion.Nn;

/// <summary>The bytes of a contiguous tensor on the CPU, in pieces that a span can hold.</summary>
internal static class TensorBytes
{
    private const long PieceBytes = 1L << 24;

    /// <summary>Fills the tensor from a place in a file, without a copy in between.</summary>
    /// <returns>Whether the file had enough bytes.</returns>
    internal static bool TryRead(SafeFileHandle source, long offset, Tensor tensor)
    {
        var whole = true;
        ForEachPiece(
            tensor,
            piece =>
            {
                var bytes = piece.bytes;
                whole = whole && RegularFile.TryRead(source, offset, bytes);
                offset += bytes.Length;
            }
        );
        return whole;
    }

    internal static void Write(Stream target, Tensor tensor) =>
        ForEachPiece(tensor, piece => target.Write(piece.bytes));

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
