using System.CommandLine;
using Diffusion.Api;
using Diffusion.Nn;

namespace Diffusion.Cli;

/// <summary><c>diffusion train</c>: trains on the user's images, or resumes a run.</summary>
internal static class TrainCommand
{
    internal static Command Create()
    {
        var data = Options.Data();
        var seed = Options.Seed();
        var device = Options.Device();
        var @out = new Option<string>("--out") { Description = "Folder of the new run; must be new or empty" };
        var resume = new Option<string>("--resume")
        {
            Description = "Folder of a run to go on with; its own settings hold",
        };
        var network = new Option<string>("--network")
        {
            Description = "A diffusers unet/config.json; default: the demo's network at the images' size",
        };
        var steps = new Option<long>("--steps")
        {
            Description = "Optimizer steps",
            DefaultValueFactory = _ => DemoRecipe.Options.Steps,
        };
        var batch = new Option<int>("--batch-size")
        {
            Description = "Images a step",
            DefaultValueFactory = _ => DemoRecipe.Options.BatchSize,
        };
        var rate = new Option<double>("--learning-rate")
        {
            Description = "Peak learning rate of AdamW",
            DefaultValueFactory = _ => DemoRecipe.Options.LearningRate,
        };
        var every = new Option<long>("--checkpoint-every")
        {
            Description = "Steps between checkpoints",
            DefaultValueFactory = _ => DemoRecipe.Options.CheckpointEvery,
        };
        var flip = new Option<bool>("--flip")
        {
            Description = "Mirror half of the images left to right",
            DefaultValueFactory = _ => DemoRecipe.Options.HorizontalFlip,
        };
        var command = new Command(
            "train",
            """
            Train a network on images. The run's folder is a diffusers pipeline folder when it is done.

            Examples:
              diffusion train --data images.idx3-ubyte.gz --out runs/mine --steps 5000
              diffusion train --resume runs/mine
            """
        )
        {
            data,
            @out,
            resume,
            network,
            steps,
            batch,
            rate,
            every,
            flip,
            seed,
            device,
        };
        command.Validators.Add(result =>
        {
            if (result.GetResult(@out) is null == result.GetResult(resume) is null)
                result.AddError("Name either --out for a new run or --resume for one to go on with.");
            Option[] settings = [data, network, steps, batch, rate, every, flip, seed];
            if (result.GetResult(resume) is not null)
                foreach (var option in settings.Where(o => result.GetResult(o) is { Implicit: false }))
                    result.AddError($"{option.Name} can't be given with --resume: the run keeps its own settings.");
        });
        command.SetAction(parsed =>
        {
            var target = Options.ToDevice(parsed.GetValue(device)!);
            if (parsed.GetValue(resume) is { } folder)
            {
                using var resumed = TrainingRun.Resume(folder, target);
                return TrainingSession.Run(resumed);
            }
            var options = DemoRecipe.Options with
            {
                Steps = parsed.GetValue(steps),
                BatchSize = parsed.GetValue(batch),
                LearningRate = parsed.GetValue(rate),
                CheckpointEvery = parsed.GetValue(every),
                HorizontalFlip = parsed.GetValue(flip),
                Seed = parsed.GetValue(seed),
            };
            var path = parsed.GetValue(data)!;
            var images = ImageDataset.Load(path);
            var config = parsed.GetValue(network) is { } file
                ? ReadConfig(file, images)
                : DemoRecipe.NetworkFor(images);
            var setup = new TrainingSetup(path, config, DemoRecipe.Scheduler, options, DemoRecipe.MinSnrGamma);
            using var run = TrainingRun.Create(parsed.GetValue(@out)!, setup, target);
            return TrainingSession.Run(run);
        });
        return command;
    }

    private static UNet2DConfig ReadConfig(string file, ImageDataset images)
    {
        var config = UNet2DConfig.Load(file);
        foreach (var key in config.UnknownKeys.Keys)
            Console.Error.WriteLine($"note: {file}: {key} is unknown and has no effect.");
        return config with { SampleSize = config.SampleSize ?? new ImageSize(images.Height, images.Width) };
    }
}
