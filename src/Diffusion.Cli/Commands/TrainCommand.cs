using System.CommandLine;
using Diffusion.Api;

namespace Diffusion.Cli;

/// <summary><c>diffusion train</c>: trains on the user's images, from nothing or from a model, or resumes a run.</summary>
internal static class TrainCommand
{
    // A trained model forgets what it knows at the rate that a new one learns with.
    private const double RateFromModel = 1e-4;

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
        var from = new Option<string>("--from")
        {
            Description = "A pipeline folder, ours or one of diffusers': goes on with its network and noise schedule",
        };
        var classes = new Option<bool>("--classes")
        {
            Description =
                "Tell the network each image's class: its folder, or its label. A model with classes always is",
        };
        var size = new Option<int?>("--size")
        {
            Description =
                "Side that images are scaled and cropped to; default: the network's sample_size, else their own",
        };
        var skip = new Option<bool>("--skip-bad")
        {
            Description = "Leave out images that can't be read, and name them",
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
        var rate = new Option<double?>("--learning-rate")
        {
            Description =
                $"Peak learning rate of AdamW; default {DemoRecipe.Options.LearningRate}, with --from {RateFromModel}",
        };
        var every = new Option<long>("--checkpoint-every")
        {
            Description = "Steps between checkpoints",
            DefaultValueFactory = _ => DemoRecipe.Options.CheckpointEvery,
        };
        var sampleEvery = new Option<long?>("--sample-every")
        {
            Description = "Steps between pictures of samples in RUN/samples; default a dozen pictures, 0 for none",
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
              diffusion train --data my-images --size 32 --out runs/mine --steps 5000
              diffusion train --data sorted-into-folders --size 32 --classes --out runs/classes
              diffusion train --from runs/mine --data more-images --out runs/more
              diffusion train --resume runs/mine
            """
        )
        {
            data,
            @out,
            resume,
            from,
            network,
            size,
            classes,
            skip,
            steps,
            batch,
            rate,
            every,
            sampleEvery,
            flip,
            seed,
            device,
        };
        command.Validators.Add(result =>
        {
            if (result.GetResult(@out) is null == result.GetResult(resume) is null)
                result.AddError("Name either --out for a new run or --resume for one to go on with.");
            if (result.GetResult(from) is not null && result.GetResult(network) is not null)
                result.AddError("--network can't be given with --from: the model's own network goes on.");
            Option[] settings =
            [
                data,
                from,
                network,
                size,
                classes,
                skip,
                steps,
                batch,
                rate,
                every,
                sampleEvery,
                flip,
                seed,
            ];
            if (result.GetResult(resume) is not null)
                foreach (var option in settings.Where(o => result.GetResult(o) is { Implicit: false }))
                    result.AddError($"{option.Name} can't be given with --resume: the run keeps its own settings.");
        });
        command.SetAction(parsed =>
        {
            var target = Options.ToDevice(parsed.GetValue(device)!);
            if (parsed.GetValue(resume) is { } folder)
            {
                var setup = TrainingSetup.Load(folder);
                using var resumed = TrainingRun.Resume(folder, target, LoadedImages.Read(setup.LoadImages));
                return TrainingSession.Run(resumed);
            }
            var model = parsed.GetValue(from);
            var options = DemoRecipe.Options with
            {
                Steps = parsed.GetValue(steps),
                BatchSize = parsed.GetValue(batch),
                LearningRate =
                    parsed.GetValue(rate) ?? (model is null ? DemoRecipe.Options.LearningRate : RateFromModel),
                CheckpointEvery = parsed.GetValue(every),
                SampleEvery = parsed.GetValue(sampleEvery) ?? DemoRecipe.SampleEvery(parsed.GetValue(steps)),
                HorizontalFlip = parsed.GetValue(flip),
                Seed = parsed.GetValue(seed),
            };
            // Before anything is read: decoding a folder can take minutes.
            options.Validate();
            var asked = new NewRun(parsed.GetValue(data)!, parsed.GetValue(@out)!, options, target)
            {
                From = model,
                Network = parsed.GetValue(network),
                Size = parsed.GetValue(size),
                Classes = parsed.GetValue(classes),
                SkipBad = parsed.GetValue(skip),
            };
            using var run = asked.Begin();
            return TrainingSession.Run(run);
        });
        return command;
    }
}
