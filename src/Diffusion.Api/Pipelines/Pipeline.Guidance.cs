using Diffusion.Math;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Api;

public sealed partial class Pipeline
{
    /// <summary>
    /// Draws images from one sample's noise to another's, by <see cref="Interpolation.Spherical"/> at equal distances.
    /// </summary>
    /// <param name="plan">The sampler, deterministic.</param>
    /// <param name="first">The seed of the first image, which is sample 0 of it.</param>
    /// <param name="last">The seed of the last one.</param>
    /// <param name="count">Number of images with both ends, at least 2.</param>
    /// <param name="classes">As for the other overloads; one class for all makes the smoothest change.</param>
    /// <param name="guidance">As for the other overloads, without inpainting.</param>
    /// <returns>[count, C, H, W] in about [−1, 1], on the CPU.</returns>
    /// <exception cref="ArgumentException">The plan adds noise, or as for the other overloads.</exception>
    public Tensor Interpolate(
        SamplingPlan plan,
        ulong first,
        ulong last,
        int count,
        IReadOnlyList<long>? classes = null,
        SampleGuidance? guidance = null
    )
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 2);
        using var scope = NewDisposeScope();
        var (a, b) = (NoiseOf(first), NoiseOf(last));
        var between = Enumerable.Range(0, count).Select(i => Interpolation.Spherical(a, b, i / (count - 1.0)));
        return Sample(plan, cat([.. between]), null, classes, guidance).MoveToOuterDisposeScope();

        Tensor NoiseOf(ulong seed)
        {
            using var noise = new SampleNoise(seed, 1);
            return noise.Next(SampleShape, CPU);
        }
    }

    /// <summary>Reads a PNG file for <see cref="SampleGuidance"/>, scaled and cropped to the network's shape.</summary>
    /// <param name="path">The file; see <see cref="Picture.LoadPng"/>.</param>
    /// <returns>[C, H, W] in [−1, 1], on the CPU.</returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">It isn't a sound PNG file, or the network's images aren't grey or RGB.</exception>
    public Tensor LoadImage(string path)
    {
        var shape = SampleShape;
        return PictureTensor.Load(path, new ImageShape((int)shape[0], (int)shape[1], (int)shape[2]));
    }

    /// <summary>
    /// Reads a PNG file as a mask for inpainting: what is light is to be drawn, what is dark (less than half of white) is
    /// known.
    /// </summary>
    /// <param name="path">The file; scaled and cropped as the image is.</param>
    /// <returns>[1, H, W], boolean, true where the image is known.</returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">It isn't a sound PNG file.</exception>
    public Tensor LoadMask(string path)
    {
        var shape = SampleShape;
        using var light = PictureTensor.Load(path, new ImageShape(1, (int)shape[1], (int)shape[2]));
        return light < 0;
    }
}
