using Diffusion.Api;
using Diffusion.Math;
using Diffusion.Nn;

namespace Diffusion.Numerics;

/// <summary>A training setup small enough to run in tests.</summary>
internal static class TinySetup
{
    internal static readonly UNet2DConfig Network = new()
    {
        SampleSize = TinyImages.Side,
        InChannels = 1,
        OutChannels = 1,
        LayersPerBlock = 1,
        BlockOutChannels = [8, 8],
        DownBlockTypes = [DownBlockType.DownBlock2D, DownBlockType.AttnDownBlock2D],
        UpBlockTypes = [UpBlockType.AttnUpBlock2D, UpBlockType.UpBlock2D],
        NormNumGroups = 4,
        // Dropout draws from the engine's own generator, which resuming has to get right too.
        Dropout = 0.1,
    };

    internal static readonly SchedulerConfig Scheduler = new()
    {
        TrainingSteps = 100,
        BetaSchedule = BetaSchedule.SquaredCosCapV2,
        Prediction = Prediction.V,
    };

    /// <summary>Saves a pipeline with random weights.</summary>
    internal static void SaveModel(string folder)
    {
        using var pipeline = new Pipeline(new UNet2D(Network), Scheduler);
        pipeline.Save(folder);
    }

    internal static TrainingSetup For(string data, long steps, long checkpointEvery = 1000) =>
        new(
            data,
            Network,
            Scheduler,
            new TrainingOptions
            {
                Steps = steps,
                BatchSize = 4,
                LearningRate = 2e-3,
                WarmupSteps = 2,
                CheckpointEvery = checkpointEvery,
                Seed = 5,
            },
            new TrainingObjective { LossWeight = LossWeighting.MinSnr(5) }
        );
}
