using Diffusion.Api;
using Diffusion.Math;
using Diffusion.Nn;
using static TorchSharp.torch;

namespace Diffusion.Cli;

/// <summary>Where <c>sample</c> leaves its images: a picture and, if asked for, a tensor.</summary>
internal sealed class OutputFiles
{
    private readonly string _picture;
    private readonly string? _tensor;

    /// <summary>Refuses files that can't be written, before long work.</summary>
    internal OutputFiles(string picture, string? tensor = null)
    {
        (_picture, _tensor) = (picture, tensor);
        OutputFile.Check(picture);
        if (tensor is not null)
            OutputFile.Check(tensor, "--out-tensor");
    }

    /// <summary>Writes the images and says so.</summary>
    /// <param name="images">[B, C, H, W] in about [−1, 1].</param>
    /// <param name="columns">Images a row of the picture.</param>
    /// <param name="plan">What drew them.</param>
    internal void Write(Tensor images, int columns, SamplingPlan plan)
    {
        ImageGrid.Arrange(images, columns).SavePng(_picture);
        if (_tensor is not null)
            Safetensors.Save(_tensor, [("images", images)]);
        Console.WriteLine(
            $"{_picture}: {images.shape[0]} images by {plan.Name}, {plan.NetworkCalls} network calls each."
        );
    }
}
