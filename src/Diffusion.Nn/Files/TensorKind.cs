using static TorchSharp.torch;

namespace Diffusion.Nn;

/// <summary>Shape and type of a tensor in a file or in memory.</summary>
internal readonly record struct TensorKind(long[] Shape, ScalarType? DType, string TypeName)
{
    internal static TensorKind Of(Tensor tensor) =>
        new(tensor.shape, tensor.dtype, SafetensorsDType.NameOf(tensor.dtype));

    internal static TensorKind Of(SafetensorsEntry entry) => new([.. entry.Shape], entry.DType, entry.TypeName);

    /// <summary>Why values of this kind can't be copied into the target; null if they can.</summary>
    internal string? MismatchWith(Tensor target, string whose)
    {
        if (!Shape.SequenceEqual(target.shape))
            return $"has the shape [{string.Join(", ", Shape)}], {whose} is [{string.Join(", ", target.shape)}]";
        return SafetensorsDType.IsReal(DType) == SafetensorsDType.IsReal(target.dtype)
            ? null
            : $"is of {TypeName}, {whose} of {SafetensorsDType.NameOf(target.dtype)}";
    }
}
