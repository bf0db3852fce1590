using Diffusion.Api;

namespace Diffusion.Numerics;

/// <summary>Breaks a training off.</summary>
internal static class TrainUntilExtension
{
    /// <summary>Trains as if its user stopped it when a step is done.</summary>
    /// <returns>Whether the run is done.</returns>
    public static bool TrainUntil(this TrainingRun run, long step)
    {
        using var stop = new CancellationTokenSource();
        if (run.Step >= step)
            stop.Cancel();
        return run.Train(
            progress =>
            {
                if (progress.Step == step)
                    stop.Cancel();
            },
            stop.Token
        );
    }
}
