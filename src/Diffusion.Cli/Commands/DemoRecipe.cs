using Diffusion.Api;
using Diffusion.Math;
using Diffusion.Nn;

namespace Diffusion.Cli;

/// <summary>The network and the training that the demo was found to do best with in minutes (docs/demo.md).</summary>
internal static class DemoRecipe
{
    private const long SamplePictures = 12;

    internal static readonly TrainingObjective Objective = new() { LossWeight = LossWeighting.MinSnr(5) };

    internal static readonly SchedulerConfig Scheduler = new()
    {
        BetaSchedule = BetaSchedule.SquaredCosCapV2,
        Prediction = Prediction.V,
    };

    internal static readonly TrainingOptions Options = new()
    {
        Steps = 4000,
        BatchSize = 32,
        LearningRate = 4e-3,
        WarmupSteps = 100,
        WeightDecay = 0.01,
        EmaDecay = 0.998,
        CheckpointEvery = 200,
    };

    /// <summary>Steps between pictures of samples where nobody says how many: a dozen pictures a run.</summary>
    internal static long SampleEvery(long steps) => (steps + SamplePictures - 1) / SamplePictures;

    /// <summary>The network, at the size of some images.</summary>
    internal static UNet2DConfig NetworkFor(ImageDataset images) =>
        new()
        {
            SampleSize = new ImageSize(images.Height, images.Width),
            InChannels = images.Channels,
            OutChannels = images.Channels,
            LayersPerBlock = 1,
            BlockOutChannels = [16, 32, 64],
            DownBlockTypes = [DownBlockType.DownBlock2D, DownBlockType.DownBlock2D, DownBlockType.DownBlock2D],
            UpBlockTypes = [UpBlockType.UpBlock2D, UpBlockType.UpBlock2D, UpBlockType.UpBlock2D],
            NormNumGroups = 8,
            AttentionHeadDim = 32,
        };
}
