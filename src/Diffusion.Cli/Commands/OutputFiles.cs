using Diffusion.Api;
using Diffusion.Math;
using Diffusion.Nn;
using static TorchSharp.torch;

namespace Diffusion.Cli;

/// <summary>
/// Where <c>sample</c> leaves its images: a picture and, if asked for, a tensor. Both are written as the images come, and
/// are there when the last one has come.
/// </summary>
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

    /// <summary>Writes images as they are drawn, and says so.</summary>
    /// <param name="count">How many there will be.</param>
    /// <param name="shape">Of one, [C, H, W].</param>
    /// <param name="columns">Images a row of the picture.</param>
    /// <param name="plan">What draws them.</param>
    /// <param name="draw">Draws them all, and gives each batch [B, C, H, W], in about [−1, 1], to its argument.</param>
    internal void Write(int count, long[] shape, int columns, SamplingPlan plan, Action<Action<Tensor>> draw)
    {
        AtomicFile.Write(
            _picture,
            file =>
            {
                var grid = new ImageGridWriter(file, count, shape, columns);
                if (_tensor is null)
                    draw(grid.Add);
                else
                    AtomicFile.Write(_tensor, numbers => DrawBoth(grid, numbers));
            }
        );
        Console.WriteLine($"{_picture}: {count} images by {plan.Name}, {plan.NetworkCalls} network calls each.");

        void DrawBoth(ImageGridWriter grid, Stream numbers)
        {
            SafetensorsRows? rows = null;
            draw(images =>
            {
                grid.Add(images);
                rows ??= new SafetensorsRows(numbers, "images", images.dtype, [count, .. shape]);
                rows.Add(images);
            });
        }
    }

    /// <summary>Writes images that are all there, and says so.</summary>
    internal void Write(Tensor images, int columns, SamplingPlan plan) =>
        Write((int)images.shape[0], images.shape[1..], columns, plan, add => add(images));
}
