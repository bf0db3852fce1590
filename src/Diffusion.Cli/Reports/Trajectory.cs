using Diffusion.Api;
using Diffusion.Math;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Cli;

/// <summary>Pictures of a few samples on their way from noise, by DDIM in 25 steps.</summary>
internal static class Trajectory
{
    private const int Steps = 25;
    private const int Frames = 13;

    internal static IReadOnlyList<FramePicture> Draw(Pipeline pipeline, ulong seed)
    {
        using var scope = NewDisposeScope();
        var config = pipeline.Network.Config;
        var (count, size) = (TrainingSamples.CountFor(config), config.SampleSize!.Value);
        var plan = pipeline.Plan(int.Min(Steps, pipeline.Schedule.Steps), "ddim", "trailing");
        var total = plan.Steps.Length;
        var wanted = Enumerable.Range(0, Frames).Select(i => (int)double.Round((double)i * total / (Frames - 1)));
        var shown = wanted.ToHashSet();
        using var noise = new SampleNoise(seed, count);
        var frames = new List<FramePicture>();
        Add(0, noise.Next([config.InChannels, size.Height, size.Width], CPU) * plan.StartDeviation);
        pipeline.Sample(plan, count, seed, onStep: Add);
        return frames;

        void Add(int done, Tensor state)
        {
            if (!shown.Contains(done))
                return;
            var what =
                done == 0 ? "Noise"
                : done == total ? $"The samples, after {total} steps"
                : $"After {done} of {total} steps";
            frames.Add(new FramePicture(ImageGrid.Arrange(state, (int)double.Sqrt(count), scale: 1), what));
        }
    }
}
