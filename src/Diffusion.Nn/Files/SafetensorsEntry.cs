using System.Collections.Immutable;
using static TorchSharp.torch;

namespace Diffusion.Nn;

/// <summary>One tensor of a safetensors file, as its header describes it.</summary>
/// <param name="Name">The tensor's name.</param>
/// <param name="TypeName">The element type as the file calls it, such as BF16.</param>
/// <param name="Shape">The sizes; empty for a scalar.</param>
/// <param name="Begin">Where its bytes begin, counted from the end of the header.</param>
/// <param name="End">Where they end.</param>
public sealed record SafetensorsEntry(string Name, string TypeName, ImmutableArray<long> Shape, long Begin, long End)
{
    /// <summary>The tensors' element type; null for those of the format that tensors don't have (U16, U32, U64, C64
    /// and all of 8 bits or fewer with a point).</summary>
    public ScalarType? DType => SafetensorsDType.TypeOf(TypeName);

    /// <summary>Size in bytes.</summary>
    public long Bytes => End - Begin;
}
