using System.CommandLine;
using Diffusion.Api;

namespace Diffusion.Cli;

/// <summary><c>diffusion train</c>: trains on the user's images, from nothing or from a model, or resumes a run.</summary>
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
        var from = new Option<string>("--from")
        {
            Description = "A pipeline folder, ours or one of diffusers': goes on with its network and noise schedule",
        };
        var variant = Options.Variant("--from");
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
        var quiet = new Option<bool>("--quiet") { Description = "Say nothing but what goes wrong" };
        var json = new Option<bool>("--json")
        {
            Description = "Print the log's lines as they are written, and at the end what became of the run, as JSON",
        };
        var objective = new ObjectiveFlags();
        var optimizer = new OptimizerFlags();
        var command = new Command(
            "train",
            """
            Train a network on images. The run's folder is a diffusers pipeline folder when it is done.

            Examples:
              diffusion train --data my-images --size 32 --out runs/mine --steps 5000
              diffusion train --data sorted-into-folders --size 32 --classes --out runs/classes
              diffusion train --data my-images --prediction epsilon --variance learned-range --times importance --out runs/hybrid
              diffusion train --from runs/mine --data more-images --out runs/more
              diffusion train --from runs/mine --variant ema-0.9999 --data more-images --out runs/more
              diffusion train --resume runs/mine
            """
        )
        {
            data,
            @out,
            resume,
            from,
            variant,
            network,
            size,
            classes,
            skip,
        };
        foreach (var option in objective.All.Concat(optimizer.All).Concat([seed, device, quiet, json]))
            command.Add(option);
        command.Validators.Add(result =>
        {
            if (result.GetResult(@out) is null == result.GetResult(resume) is null)
                result.AddError("Name either --out for a new run or --resume for one to go on with.");
            if (result.GetResult(from) is not null && result.GetResult(network) is not null)
                result.AddError("--network can't be given with --from: the model's own network goes on.");
            if (result.GetResult(from) is not null)
                foreach (var option in objective.OfTheModel.Where(o => result.GetResult(o) is { Implicit: false }))
                    result.AddError($"{option.Name} can't be given with --from: the model's own goes on.");
            else if (result.GetResult(variant) is not null && result.GetResult(resume) is null)
                result.AddError("--variant chooses among the weights of a model; name the model with --from.");
            if (result.GetValue(quiet) && result.GetValue(json))
                result.AddError("--quiet and --json exclude each other.");
            IEnumerable<Option> settings =
            [
                data,
                from,
                variant,
                network,
                size,
                classes,
                skip,
                seed,
                .. objective.All,
                .. optimizer.All,
            ];
            if (result.GetResult(resume) is not null)
                foreach (var option in settings.Where(o => result.GetResult(o) is { Implicit: false }))
                    result.AddError($"{option.Name} can't be given with --resume: the run keeps its own settings.");
        });
        command.SetAction(parsed =>
        {
            var target = Options.ToDevice(parsed.GetValue(device)!);
            var output =
                parsed.GetValue(quiet) ? TrainingOutput.Quiet
                : parsed.GetValue(json) ? TrainingOutput.Json
                : TrainingOutput.Progress;
            if (parsed.GetValue(resume) is { } folder)
            {
                var setup = TrainingSetup.ForResuming(folder);
                using var resumed = TrainingRun.Resume(folder, target, LoadedImages.Read(setup.LoadImages, output));
                return TrainingSession.Run(resumed, output: output);
            }
            var model = parsed.GetValue(from);
            // All of it before anything is read: decoding a folder can take minutes.
            var asked = new NewRun(
                parsed.GetValue(data)!,
                parsed.GetValue(@out)!,
                optimizer.Read(parsed, parsed.GetValue(seed), model is not null),
                target
            )
            {
                From = model,
                FromVariant = parsed.GetValue(variant),
                Network = parsed.GetValue(network),
                Scheduler = objective.Scheduler(parsed),
                Objective = objective.Objective(
                    parsed,
                    model is null ? DemoRecipe.Objective.LossWeight : LossWeighting.Simple
                ),
                Size = parsed.GetValue(size),
                Classes = parsed.GetValue(classes),
                SkipBad = parsed.GetValue(skip),
                Output = output,
                CheckVariance = variance => objective.CheckBoundWeight(parsed, variance),
            };
            using var run = asked.Begin();
            return TrainingSession.Run(run, output: output);
        });
        return command;
    }
}
