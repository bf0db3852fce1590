using System.Diagnostics;
using Diffusion.Api;
using Diffusion.Nn;

namespace Diffusion.Cli;

/// <summary>Measures how long a training step takes on this machine, on a network that is thrown away.</summary>
internal static class StepProbe
{
    private const int WarmUp = 3;
    private const int Timed = 9;

    /// <summary>The median time of a step.</summary>
    internal static TimeSpan Measure(TrainingSetup setup, ImageDataset images)
    {
        using var network = new UNet2D(setup.Network);
        using var process = setup.ToProcess();
        using var trainer = new Trainer(network, process, images, setup.Options, times: setup.Objective.Times);
        for (var i = 0; i < WarmUp; i++)
            trainer.TrainStep();
        var times = new List<TimeSpan>();
        for (var i = 0; i < Timed; i++)
        {
            var clock = Stopwatch.StartNew();
            trainer.TrainStep();
            times.Add(clock.Elapsed);
        }
        return times.Order().ElementAt(Timed / 2);
    }
}
