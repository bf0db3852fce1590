using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>What a training step sees: all of its randomness is in it. On the CPU.</summary>
/// <param name="X0">[B, C, H, W] images.</param>
/// <param name="Noise">ε, of the same shape.</param>
/// <param name="Times">B times in 1 … T.</param>
/// <param name="Weights">B factors that make losses at times that were not drawn uniformly unbiased.</param>
/// <param name="Labels">[B] classes; null for a network without.</param>
internal sealed record TrainingBatch(Tensor X0, Tensor Noise, int[] Times, double[] Weights, Tensor? Labels)
{
    /// <summary>The batch in so many parts, as even as can be.</summary>
    internal IEnumerable<TrainingBatch> Parts(int count)
    {
        if (count == 1)
        {
            yield return this;
            yield break;
        }
        for (var i = 0; i < count; i++)
        {
            var (first, last) = (Times.Length * i / count, Times.Length * (i + 1) / count);
            yield return new TrainingBatch(
                X0.narrow(0, first, last - first),
                Noise.narrow(0, first, last - first),
                Times[first..last],
                Weights[first..last],
                Labels?.narrow(0, first, last - first)
            );
        }
    }
}
