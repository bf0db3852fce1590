using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Diffusion.Numerics.Modules;

/// <summary>Small tensors of doubles, and their numbers back again.</summary>
internal static class Values
{
    public static Tensor Vector(params double[] values) => tensor(values, dtype: ScalarType.Float64);

    public static Tensor Shaped(long[] shape, params double[] values) => Vector(values).reshape(shape);

    public static Tensor Counting(params long[] shape)
    {
        var size = shape.Aggregate(1L, (product, side) => product * side);
        return Shaped(shape, Enumerable.Range(1, (int)size).Select(value => (double)value).ToArray());
    }

    public static Parameter Trained(params double[] values) => new(Vector(values));

    public static double[] Numbers(this Tensor tensor)
    {
        using var flat = tensor.detach().to(ScalarType.Float64).contiguous();
        return flat.data<double>().ToArray();
    }
}
