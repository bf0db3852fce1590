using Diffusion.Api;

namespace Diffusion.Cli;

/// <summary>Trains a run with live progress; Ctrl-C saves and says how to resume.</summary>
internal static class TrainingSession
{
    /// <summary>Trains until done or interrupted.</summary>
    /// <param name="run">The run.</param>
    /// <param name="resumeCommand">What to type to go on; default <c>diffusion train --resume FOLDER</c>.</param>
    /// <returns>The exit code.</returns>
    internal static int Run(TrainingRun run, string? resumeCommand = null)
    {
        if (run.IsDone)
        {
            // Writes the pipeline where a kill came before it.
            run.Train();
            Console.WriteLine($"{run.Folder}: all {run.Step} steps are done.");
            return CommandLine.Success;
        }
        using var interrupt = new Interrupt();
        var done = false;
        ProgressDisplay.Run(
            "training",
            run.Setup.Options.Steps,
            run.Step,
            report =>
                done = run.Train(
                    progress =>
                        report(
                            progress.Step,
                            $"loss {progress.Loss:F4}  {progress.ImagesPerSecond:F0} images/s  {ProgressDisplay.Clock(progress.Elapsed)}"
                        ),
                    interrupt.Token
                )
        );
        if (done)
        {
            Console.WriteLine($"{run.Folder}: trained {run.Step} steps; it is a diffusers pipeline folder now.");
            return CommandLine.Success;
        }
        Console.WriteLine($"Stopped at step {run.Step} of {run.Setup.Options.Steps}; it is saved. To go on:");
        Console.WriteLine(
            $"  {resumeCommand ?? $"{CommandLine.Name} train --resume {CommandLine.Quoted(run.Folder)}"}"
        );
        return CommandLine.Interrupted;
    }
}
