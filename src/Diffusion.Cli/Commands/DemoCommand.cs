using System.CommandLine;
using Diffusion.Api;
using Diffusion.Math;

namespace Diffusion.Cli;

/// <summary><c>diffusion demo</c>: trains on Fashion-MNIST for some minutes and draws pictures. Killed, it goes on.</summary>
internal static class DemoCommand
{
    private const int Images = 64;
    private const int FastCalls = 25;
    private const int AncestralCalls = 250;
    private const double MostMinutes = 100_000;

    internal static Command Create()
    {
        var @out = new Option<string>("--out")
        {
            Description = "Folder of the run",
            DefaultValueFactory = _ => "runs/demo",
        };
        var minutes = new Option<double>("--minutes")
        {
            Description = "Training time; the number of steps is chosen to fit this machine",
            DefaultValueFactory = _ => 7,
        };
        var steps = new Option<long?>("--steps") { Description = "Optimizer steps, in place of --minutes" };
        var data = Options.Data();
        var seed = Options.Seed();
        var command = new Command(
            "demo",
            """
            Train on Fashion-MNIST for some minutes, then draw 64 images by a fast sampler and by 250-step DDPM, the loss
            curve and the forward process. Started again, it goes on where it was stopped.

            Examples:
              diffusion demo
              diffusion demo --minutes 2 --out runs/quick
            """
        )
        {
            @out,
            minutes,
            steps,
            data,
            seed,
        };
        command.SetAction(parsed =>
        {
            var folder = parsed.GetValue(@out)!;
            Option[] settings = [minutes, steps, data, seed];
            // Also where its settings are lost but in a checkpoint.
            var goesOn = TrainingSetup.CanResume(folder);
            if (goesOn)
                foreach (var option in settings.Where(o => parsed.GetResult(o) is { Implicit: false }))
                    Console.Error.WriteLine(
                        $"note: {option.Name} has no effect: the run in {folder} keeps its own settings."
                    );
            using var run = goesOn
                ? Resume(folder)
                : Begin(
                    folder,
                    parsed.GetValue(data)!,
                    parsed.GetValue(minutes),
                    parsed.GetValue(steps),
                    parsed.GetValue(seed)
                );
            var code = TrainingSession.Run(run, $"{CommandLine.Name} demo --out {CommandLine.Quoted(folder)}");
            if (code == CommandLine.Success)
                DrawPictures(run);
            return code;
        });
        return command;
    }

    private static TrainingRun Resume(string folder)
    {
        var images = LoadedImages.Read(TrainingSetup.ForResuming(folder).LoadImages);
        var run = TrainingRun.Resume(folder, data: images);
        Console.WriteLine($"{folder} holds a run at step {run.Step} of {run.Setup.Options.Steps}; going on with it.");
        return run;
    }

    private static TrainingRun Begin(string folder, string data, double minutes, long? steps, ulong seed)
    {
        TrainingRun.CheckIsFree(folder);
        if (!(minutes > 0 && minutes <= MostMinutes))
            throw new ArgumentOutOfRangeException(
                "--minutes",
                minutes,
                $"--minutes must be in (0, {MostMinutes}], not {minutes}."
            );
        var images = LoadedImages.Read(onImage => ImageDataset.Load(data, new ImageLoading { OnImage = onImage }));
        var network = DemoRecipe.NetworkFor(images);
        var options = DemoRecipe.Options with { Seed = seed };
        var setup = new TrainingSetup(data, network, DemoRecipe.Scheduler, options, DemoRecipe.Objective);
        if (steps is null)
        {
            var step = StepProbe.Measure(setup, images);
            steps = long.Max(1, (long)(TimeSpan.FromMinutes(minutes) / step));
            Console.WriteLine(
                $"A training step of {options.BatchSize} images takes {step.TotalMilliseconds:F0} ms here: {steps} steps in {minutes:0.#} minutes."
            );
        }
        options = options with { Steps = steps.Value, SampleEvery = DemoRecipe.SampleEvery(steps.Value) };
        return TrainingRun.Create(folder, setup with { Options = options }, data: images);
    }

    private static void DrawPictures(TrainingRun run)
    {
        string File(string name) => Path.Combine(run.Folder, name);
        var seed = run.Setup.Options.Seed;
        LossCurve.Save(run.ReadLosses(), File("loss.svg"));
        Console.WriteLine($"{File("loss.svg")}: the loss of every step.");

        using var pipeline = Pipeline.Load(run.Folder);
        ForwardPicture.Draw(run.Data, pipeline.Scheduler, seed).SavePng(File("forward.png"));
        Console.WriteLine($"{File("forward.png")}: eight images on their way to noise.");

        var (schedule, rule) = (pipeline.Schedule, pipeline.Scheduler.X0Rule);
        var fast = Samplers.Ddim(schedule, TimeGrid.Trailing(schedule, FastCalls), x0Rule: rule);
        SampleCommand.Draw(pipeline, fast, Images, Images, 8, seed, new OutputFiles(File("samples-ddim.png")));
        var ancestral = Samplers.Ddpm(schedule, TimeGrid.Trailing(schedule, AncestralCalls), x0Rule: rule);
        SampleCommand.Draw(pipeline, ancestral, Images, Images, 8, seed, new OutputFiles(File("samples-ddpm.png")));
        Console.WriteLine(
            $"More: {CommandLine.Name} sample {CommandLine.Quoted(run.Folder)} --sampler ddim --steps 25 --seed 1 --out more.png"
        );
    }
}
