using System.Text.Json;
using System.Text.Json.Nodes;
using Diffusion.Api;

namespace Diffusion.Cli;

/// <summary>Trains a run with live progress; Ctrl-C saves and says how to resume.</summary>
internal static class TrainingSession
{
    /// <summary>Trains until done or interrupted.</summary>
    /// <param name="run">The run.</param>
    /// <param name="resumeCommand">What to type to go on; default <c>diffusion train --resume FOLDER</c>.</param>
    /// <param name="output">What to print.</param>
    /// <returns>The exit code.</returns>
    internal static int Run(
        TrainingRun run,
        string? resumeCommand = null,
        TrainingOutput output = TrainingOutput.Progress
    )
    {
        var said = Notes(run, 0);
        if (run.IsDone)
        {
            // Writes the pipeline where a kill came before it, or where a part of it is gone.
            run.Train();
            Notes(run, said);
            Report(run, output, $"{run.Folder}: all {run.Step} steps are done.");
            return CommandLine.Success;
        }
        using var interrupt = new Interrupt();
        var isDone = Train(run, output, interrupt.Token);
        Notes(run, said);
        if (isDone)
        {
            Report(run, output, $"{run.Folder}: trained {run.Step} steps; it is a diffusers pipeline folder now.");
            return CommandLine.Success;
        }
        Report(
            run,
            output,
            $"Stopped at step {run.Step} of {run.Setup.Options.Steps}; it is saved. To go on:\n"
                + $"  {resumeCommand ?? $"{CommandLine.Name} train --resume {CommandLine.Quoted(run.Folder)}"}"
        );
        return CommandLine.Interrupted;
    }

    // Those that were not said yet; how many there are.
    private static int Notes(TrainingRun run, int said)
    {
        foreach (var notice in run.Notices.Skip(said))
            Console.Error.WriteLine($"note: {CommandLine.OneLine(notice)}");
        return run.Notices.Length;
    }

    private static bool Train(TrainingRun run, TrainingOutput output, CancellationToken cancel)
    {
        if (output != TrainingOutput.Progress)
            return run.Train(
                progress =>
                {
                    if (output == TrainingOutput.Json && progress.LogLine is { } line)
                        Console.WriteLine(line);
                },
                cancel
            );
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
                    cancel
                )
        );
        return done;
    }

    private static void Report(TrainingRun run, TrainingOutput output, string words)
    {
        if (output == TrainingOutput.Progress)
            Console.WriteLine(words);
        else if (output == TrainingOutput.Json)
            Console.WriteLine(
                new JsonObject
                {
                    ["done"] = run.IsDone,
                    ["step"] = run.Step,
                    ["steps"] = run.Setup.Options.Steps,
                    ["folder"] = run.Folder,
                }.ToJsonString(JsonSerializerOptions.Default)
            );
    }
}
