using System.Collections.Immutable;
using Diffusion.Nn;

namespace Diffusion.Api;

/// <summary>One tensor of a file, as the file's header describes it.</summary>
/// <param name="Name">The tensor's full name.</param>
/// <param name="Type">The element type by its name in the format, such as F32 or BF16.</param>
/// <param name="Shape">The sizes; empty for a scalar.</param>
/// <param name="Bytes">Size in the file.</param>
public sealed record TensorReport(string Name, string Type, ImmutableArray<long> Shape, long Bytes)
{
    /// <summary>Numbers in it.</summary>
    public long Values => Shape.Aggregate(1L, (product, size) => product * size);

    /// <summary>Whether it is of a floating-point type that networks can have.</summary>
    internal bool IsReal => Type is "F64" or "F32" or "F16" or "BF16";

    internal static TensorReport Of(SafetensorsEntry entry) =>
        new(entry.Name, entry.TypeName, entry.Shape, entry.Bytes);
}
