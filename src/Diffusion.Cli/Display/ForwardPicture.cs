using Diffusion.Api;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Cli;

/// <summary>Draws the forward process: a row an image, clean at the left, noisier to the right, with one noise a row.</summary>
internal static class ForwardPicture
{
    private const int Rows = 8;
    private const int Columns = 11;

    internal static Picture Draw(ImageDataset images, SchedulerConfig scheduler, ulong seed)
    {
        using var scope = NewDisposeScope();
        using var process = scheduler.ToProcess();
        var rows = int.Min(Rows, images.Count);
        var x0 = images.Batch([.. Enumerable.Range(0, rows)]);
        using var stream = new SampleNoise(seed, rows);
        var noise = stream.Next(x0.shape.AsSpan(1), CPU);
        var columns = new List<Tensor> { x0 };
        for (var column = 1; column < Columns; column++)
        {
            var time = process.Schedule.Steps * column / (Columns - 1);
            columns.Add(process.AddNoise(x0, full([rows], time, ScalarType.Int64), noise));
        }
        // [B, columns, C, H, W] read row by row.
        return ImageGrid.Arrange(stack(columns, 1).flatten(0, 1), Columns);
    }
}
