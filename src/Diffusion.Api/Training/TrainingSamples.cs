using System.Collections.Immutable;
using System.Globalization;
using Diffusion.Math;
using Diffusion.Nn;
using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>
/// Small pictures of samples that a run draws on its way, <c>samples/step-000000200.png</c>: of the moving average, by
/// DDIM in 20 network calls, of the same noise every time.
/// </summary>
/// <remarks>Drawing them leaves the training as it is: its randomness is a function of the seed and the step.</remarks>
public static class TrainingSamples
{
    /// <summary>The folder in the run's.</summary>
    public const string FolderName = "samples";

    private const string Start = "step-";
    private const string End = ".png";
    private const int Calls = 20;
    private const int MostBytes = 1 << 16;

    /// <summary>The pictures that a run has drawn so far, by step.</summary>
    /// <param name="folder">The run's folder.</param>
    public static ImmutableArray<(long Step, string File)> In(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var samples = Path.Combine(folder, FolderName);
        if (!Directory.Exists(samples))
            return [];
        return
        [
            .. Directory
                .EnumerateFiles(samples, $"{Start}*{End}")
                .Select(file => (Step: StepOf(Path.GetFileName(file)), File: file))
                .Where(found => found.Step is not null)
                .Select(found => (Step: found.Step!.Value, found.File))
                .OrderBy(found => found.Step),
        ];
    }

    /// <summary>How many samples make a small picture: 16, 9, 4 or 1, of 64 KiB of pixels if it can be.</summary>
    /// <param name="network">The network that draws them; its sample_size is known.</param>
    public static int CountFor(UNet2DConfig network)
    {
        ArgumentNullException.ThrowIfNull(network);
        var size = network.SampleSize ?? throw new ArgumentException("The config has no sample_size.", nameof(network));
        var bytes = (long)network.InChannels * size.Height * size.Width;
        return new[] { 16, 9, 4 }.FirstOrDefault(count => count * bytes <= MostBytes, 1);
    }

    /// <summary>Why no picture of a run's samples can be drawn; null where it can.</summary>
    internal static string? WhyNot(TrainingRun run)
    {
        if (run.Setup.Network.InChannels is not (1 or 3) and var channels)
            return $"images of {channels} channels are neither grey nor RGB.";
        try
        {
            Pipeline.CheckFits(Plan(run.Setup.Scheduler), run.Setup.Network, run.Setup.Scheduler.Prediction);
            return null;
        }
        catch (ArgumentException refused)
        {
            return refused.Message;
        }
    }

    /// <summary>Draws a picture.</summary>
    internal static void Draw(TrainingRun run, IReadOnlyDictionary<string, Tensor> weights)
    {
        var config = run.Setup.Network with { SampleSize = new ImageSize(run.Data.Height, run.Data.Width) };
        using var scope = NewDisposeScope();
        var network = new UNet2D(config);
        Weights.Copy(weights, network.state_dict(), "the moving average");
        using var pipeline = new Pipeline(network, run.Setup.Scheduler, weights.Values.First().device);
        var count = CountFor(config);
        var images = pipeline.Sample(Plan(run.Setup.Scheduler), count, run.Setup.Options.Seed);
        Directory.CreateDirectory(Path.Combine(run.Folder, FolderName));
        ImageGrid
            .Arrange(images, (int)double.Sqrt(count), scale: 1)
            .SavePng(Path.Combine(run.Folder, FolderName, $"{Start}{run.Step:D9}{End}"));
    }

    private static SamplingPlan Plan(SchedulerConfig scheduler)
    {
        var schedule = scheduler.ToSchedule();
        var calls = int.Clamp(schedule.Steps / 2, 1, Calls);
        return Samplers.Ddim(schedule, TimeGrid.Trailing(schedule, calls), x0Rule: scheduler.X0Rule);
    }

    private static long? StepOf(string name) =>
        long.TryParse(
            name.AsSpan(Start.Length, name.Length - Start.Length - End.Length),
            NumberStyles.None,
            CultureInfo.InvariantCulture,
            out var step
        )
            ? step
            : null;
}
