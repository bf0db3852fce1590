using Diffusion.Api;
using Diffusion.Math;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Numerics;

/// <summary>A mixture's perfect network on tensors [B, d] of doubles; it has no gradient.</summary>
internal static class ExactDenoiser
{
    internal static Denoiser Of(GaussianMixture mixture, Prediction prediction)
    {
        var answer = mixture.Denoiser(prediction);
        return new Denoiser(prediction, (x, at) => tensor(answer(Numbers(x), at)).reshape(x.shape));
    }

    internal static double[] Numbers(Tensor x) => x.contiguous().data<double>().ToArray();
}
