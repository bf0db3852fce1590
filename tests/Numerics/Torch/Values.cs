using FluentAssertions;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Numerics.Torch;

/// <summary>Short ways to make tensors and to read them.</summary>
internal static class Values
{
    /// <summary>Repeatable numbers from a normal distribution, in double precision.</summary>
    public static Tensor Normal(ulong seed, params long[] shape)
    {
        using var generator = new Generator(seed);
        return randn(shape, ScalarType.Float64, generator: generator);
    }

    /// <summary>The elements in index order, as doubles.</summary>
    public static double[] Doubles(this Tensor tensor)
    {
        using var copy = tensor.detach().to_type(ScalarType.Float64);
        return copy.data<double>().ToArray();
    }

    /// <summary>The largest difference between two tensors of one shape.</summary>
    public static double Distance(Tensor left, Tensor right)
    {
        left.shape.Should().Equal(right.shape);
        return left.Doubles().Zip(right.Doubles(), (a, b) => double.Abs(a - b)).DefaultIfEmpty().Max();
    }
}
