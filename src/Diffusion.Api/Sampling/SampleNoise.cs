using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>
/// Standard normal noise with one random stream a sample, drawn on the CPU: a sample doesn't depend on the batch that it
/// is drawn in, nor on the device. Not thread-safe.
/// </summary>
public sealed class SampleNoise : IDisposable
{
    private readonly Generator[] _generators;

    /// <summary>Noise for the samples first … first + count − 1 of a seed.</summary>
    /// <param name="seed">Fixes every sample's stream.</param>
    /// <param name="count">Number of samples, at least 1.</param>
    /// <param name="first">Number of the first sample, from 0.</param>
    public SampleNoise(ulong seed, int count, long first = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        _generators =
        [
            .. Enumerable
                .Range(0, count)
                .Select(i => new Generator(
                    (ulong)Seeds.Derive(seed, Seeds.Stream.Sample, first + i),
                    new Device(DeviceType.CPU)
                )),
        ];
    }

    /// <summary>Draws the next noise of every sample.</summary>
    /// <param name="shape">Shape of one sample, [C, H, W].</param>
    /// <param name="device">Where the result shall be.</param>
    /// <returns>[B, C, H, W], 32-bit floats, N(0, 1).</returns>
    public Tensor Next(ReadOnlySpan<long> shape, Device device)
    {
        using var scope = NewDisposeScope();
        var noise = empty([_generators.Length, .. shape], ScalarType.Float32);
        for (var i = 0; i < _generators.Length; i++)
        {
            using var part = noise.select(0, i);
            using var same = part.normal_(generator: _generators[i]); // TorchSharp's answer is a handle of its own
        }
        return noise.to(device).MoveToOuterDisposeScope();
    }

    /// <summary>Frees the generators.</summary>
    public void Dispose()
    {
        foreach (var generator in _generators)
            generator.Dispose();
    }
}
