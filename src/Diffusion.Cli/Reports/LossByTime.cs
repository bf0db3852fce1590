using Diffusion.Api;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Cli;

/// <summary>How far a network's predictions are off at some times: the simple loss, DDPM eq. 14 at one t.</summary>
internal static class LossByTime
{
    /// <summary>Images measured on; fewer where there are fewer.</summary>
    internal const int Images = 128;

    /// <summary>Times visited; fewer where the schedule has fewer.</summary>
    internal const int Times = 24;

    /// <summary>Measures.</summary>
    /// <param name="pipeline">The model.</param>
    /// <param name="data">Images of the model's shape, with labels where it knows classes.</param>
    /// <param name="seed">Of the noise, which is the same at every time.</param>
    /// <param name="device">Where the model is.</param>
    /// <param name="onTime">Called after each time with times done and in all.</param>
    /// <param name="cancel">Ends the work between two times.</param>
    /// <returns>Time and mean squared error.</returns>
    internal static IReadOnlyList<(double Time, double Loss)> Measure(
        Pipeline pipeline,
        ImageDataset data,
        ulong seed,
        Device device,
        Action<int, int> onTime,
        CancellationToken cancel
    )
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var process = new GaussianDiffusion(pipeline.Schedule, pipeline.Scheduler.Prediction);
        var count = int.Min(Images, data.Count);
        // From all of the data set, which may be sorted.
        int[] images = [.. Enumerable.Range(0, count).Select(i => (int)((long)i * data.Count / count))];
        var x0 = data.Batch(images).to(device);
        var labels = pipeline.Network.Config.HasClasses ? data.LabelBatch(images).to(device) : null;
        using var stream = new SampleNoise(seed, count);
        var noise = stream.Next(x0.shape.AsSpan(1), device);
        var last = process.Schedule.Steps;
        var times = Enumerable.Range(0, Times).Select(i => 1 + (long)double.Round(i * (last - 1.0) / (Times - 1)));
        long[] visited = [.. times.Distinct()];
        pipeline.Network.eval();
        var losses = new List<(double, double)>();
        foreach (var time in visited)
        {
            cancel.ThrowIfCancellationRequested();
            using var one = NewDisposeScope();
            var t = full([count], time, ScalarType.Int64, device);
            losses.Add((time, process.Loss(Answer, x0, t, noise).ToDouble()));
            onTime(losses.Count, visited.Length);
        }
        return losses;

        // Without what a learned variance answers beside its prediction.
        Tensor Answer(Tensor x, Tensor time) =>
            pipeline.Network.forward(x, time, labels).narrow(1, 0, pipeline.Network.Config.InChannels);
    }
}
