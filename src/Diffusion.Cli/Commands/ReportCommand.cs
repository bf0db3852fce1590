using System.CommandLine;
using Diffusion.Api;

namespace Diffusion.Cli;

/// <summary><c>diffusion report</c>: writes what is known about a run as one page.</summary>
internal static class ReportCommand
{
    internal static Command Create()
    {
        var run = new Argument<string>("RUN") { Description = "A training run, finished or not, or a pipeline folder" };
        var @out = new Option<string?>("--out") { Description = "HTML file to write [default: RUN/report.html]" };
        var data = new Option<string?>("--data")
        {
            Description =
                "Images for the loss by time [default: the evaluation's held-out images, else those of the training]",
        };
        var seed = Options.Seed();
        var device = Options.Device();
        var command = new Command(
            "report",
            """
            Write what is known about a run as one HTML file that needs no network: curves, samples over training, the
            way from noise to images, loss by time, evaluation, settings and versions.

            Examples:
              diffusion report runs/demo
              diffusion report runs/demo --out demo.html
            """
        )
        {
            run,
            @out,
            data,
            seed,
            device,
        };
        command.SetAction(parsed =>
        {
            var folder = parsed.GetValue(run)!;
            var file = parsed.GetValue(@out) ?? Path.Combine(folder, "report.html");
            if (!TrainingSetup.CanResume(folder) && !Pipeline.IsIn(folder))
                throw new FileNotFoundException(
                    $"'{folder}' is neither a training run nor a pipeline folder: there is no training.json and no"
                        + " model_index.json in it."
                );
            OutputFile.Check(file);
            var session = new ReportSession(
                folder,
                parsed.GetValue(data),
                parsed.GetValue(seed),
                Options.ToDevice(parsed.GetValue(device)!)
            );
            session.Write(file);
            return CommandLine.Success;
        });
        return command;
    }
}
