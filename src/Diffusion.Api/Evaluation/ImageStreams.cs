using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>
/// One random stream an image, by the image's number, drawn on the CPU: what is drawn for an image doesn't depend on the
/// batch that it is evaluated in. Not thread-safe.
/// </summary>
internal sealed class ImageStreams : IDisposable
{
    private readonly Generator[] _generators;

    internal ImageStreams(ulong seed, Seeds.Stream stream, ReadOnlySpan<int> images)
    {
        _generators = new Generator[images.Length];
        for (var i = 0; i < images.Length; i++)
            _generators[i] = new Generator((ulong)Seeds.Derive(seed, stream, images[i]), CPU);
    }

    /// <summary>N(0, 1) for every image, of the shape, type and device of a batch of them.</summary>
    internal Tensor Normal(Tensor like) =>
        Draw(like, (shape, generator) => randn(shape, like.dtype, generator: generator));

    /// <summary>Uniform on [0, 1) for every image, of the shape, type and device of a batch of them.</summary>
    internal Tensor Uniform(Tensor like) =>
        Draw(like, (shape, generator) => rand(shape, like.dtype, generator: generator));

    /// <summary>One number of [0, 1) for every image.</summary>
    internal double[] Numbers()
    {
        using var scope = NewDisposeScope();
        return [.. _generators.Select(generator => rand([1L], ScalarType.Float64, generator: generator).ToDouble())];
    }

    public void Dispose()
    {
        foreach (var generator in _generators)
            generator.Dispose();
    }

    private Tensor Draw(Tensor like, Func<long[], Generator, Tensor> draw)
    {
        using var scope = NewDisposeScope();
        var shape = like.shape[1..];
        var parts = _generators.Select(generator => draw(shape, generator)).ToArray();
        return stack(parts).to(like.device).MoveToOuterDisposeScope();
    }
}
