using static TorchSharp.torch;

namespace Diffusion.Nn;

/// <summary>Writes a safetensors file of one tensor whose first index comes in parts, so that it is never whole in
/// memory.</summary>
internal sealed class SafetensorsRows
{
    private readonly Stream _file;
    private readonly ScalarType _type;
    private readonly long[] _shape;

    /// <summary>Writes all that comes before the numbers.</summary>
    /// <param name="file">The file; stays open. It is complete with the last part.</param>
    /// <param name="name">The tensor's name.</param>
    /// <param name="type">What its numbers are.</param>
    /// <param name="shape">Of the whole tensor.</param>
    internal SafetensorsRows(Stream file, string name, ScalarType type, long[] shape)
    {
        (_file, _type, _shape, Left) = (file, type, shape, shape[0]);
        file.Write(SafetensorsWriter.Header([(name, type, shape)], null));
    }

    /// <summary>How many of the first index are to come.</summary>
    internal long Left { get; private set; }

    /// <summary>Writes the next part.</summary>
    /// <exception cref="ArgumentException">It isn't one.</exception>
    internal void Add(Tensor part)
    {
        if (
            part.dtype != _type
            || part.dim() != _shape.Length
            || !part.shape.AsSpan(1).SequenceEqual(_shape.AsSpan(1))
            || part.shape[0] > Left
        )
            throw new ArgumentException(
                $"A part of type {part.dtype} and shape [{string.Join(", ", part.shape)}]; the tensor is of {_type},"
                    + $" [{string.Join(", ", _shape)}], of which {Left} are to come.",
                nameof(part)
            );
        SafetensorsWriter.WriteNumbers(_file, part);
        Left -= part.shape[0];
    }
}
