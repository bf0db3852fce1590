using System.CommandLine;
using Diffusion.Api;
using Diffusion.Math;
using static TorchSharp.torch;

namespace Diffusion.Cli;

/// <summary><c>diffusion sample</c>: draws images from a trained pipeline folder.</summary>
internal static class SampleCommand
{
    // One picture holds them all.
    private const int MostImages = 16384;

    internal static Command Create()
    {
        var folder = new Argument<string>("FOLDER")
        {
            Description = "A pipeline folder: a finished run, or one of diffusers'",
        };
        var count = new Option<int>("--count") { Description = "Number of images", DefaultValueFactory = _ => 64 };
        var sampler = new Option<string>("--sampler")
        {
            Description = "Sampler",
            DefaultValueFactory = _ => SamplerCatalogue.Ddim,
        };
        sampler.AcceptOnlyFromAmong(SamplerCatalogue.Names);
        var steps = new Option<int>("--steps") { Description = "Network calls", DefaultValueFactory = _ => 25 };
        var eta = new Option<double>("--eta")
        {
            Description = "DDIM's share of fresh noise, 0 (deterministic) to 1 (ancestral)",
            DefaultValueFactory = _ => 0,
        };
        var batch = new Option<int>("--batch-size") { Description = "Images at a time", DefaultValueFactory = _ => 64 };
        var columns = new Option<int>("--columns") { Description = "Images a row", DefaultValueFactory = _ => 8 };
        var seed = Options.Seed();
        var device = Options.Device();
        var @out = new Option<string>("--out")
        {
            Description = "PNG file to write",
            DefaultValueFactory = _ => "samples.png",
        };
        var command = new Command(
            "sample",
            """
            Draw images from a trained model into one picture.

            Examples:
              diffusion sample runs/demo --steps 25 --out samples.png
              diffusion sample runs/demo --sampler dpm++2m --steps 15
              diffusion sample runs/demo --sampler ddpm --steps 250 --count 16 --seed 7
            """
        )
        {
            folder,
            count,
            sampler,
            steps,
            eta,
            batch,
            columns,
            seed,
            device,
            @out,
        };
        command.Validators.Add(result =>
        {
            if (
                result.GetResult(sampler) is { Tokens: [{ Value: not SamplerCatalogue.Ddim }] }
                && result.GetResult(eta) is { Implicit: false }
            )
                result.AddError("--eta is DDIM's; the other samplers have none. Use --sampler ddim.");
        });
        command.SetAction(parsed =>
        {
            OutputFile.Check(parsed.GetValue(@out)!);
            using var pipeline = Pipeline.Load(parsed.GetValue(folder)!, Options.ToDevice(parsed.GetValue(device)!));
            foreach (var notice in pipeline.Notices)
                Console.Error.WriteLine($"note: {notice}");
            var plan = SamplerCatalogue.Plan(
                parsed.GetValue(sampler)!,
                pipeline,
                parsed.GetValue(steps),
                parsed.GetValue(eta)
            );
            Draw(
                pipeline,
                plan,
                parsed.GetValue(count),
                parsed.GetValue(batch),
                parsed.GetValue(columns),
                parsed.GetValue(seed),
                parsed.GetValue(@out)!
            );
            return CommandLine.Success;
        });
        return command;
    }

    /// <summary>Samples in batches with live progress, and writes one picture.</summary>
    internal static void Draw(
        Pipeline pipeline,
        SamplingPlan plan,
        int count,
        int batchSize,
        int columns,
        ulong seed,
        string file
    )
    {
        CheckRange("--count", count);
        CheckRange("--batch-size", batchSize);
        CheckRange("--columns", columns);
        using var interrupt = new Interrupt();
        using var scope = NewDisposeScope();
        var batches = new List<Tensor>();
        var calls = (long)plan.NetworkCalls * ((count + batchSize - 1) / batchSize);
        ProgressDisplay.Run(
            plan.Name,
            calls,
            0,
            report =>
            {
                for (var first = 0; first < count; first += batchSize)
                {
                    var done = (long)plan.NetworkCalls * batches.Count;
                    batches.Add(
                        pipeline.Sample(
                            plan,
                            int.Min(batchSize, count - first),
                            seed,
                            first,
                            (step, _) => report(done + step, "network calls"),
                            interrupt.Token
                        )
                    );
                }
            }
        );
        ImageGrid.Arrange(cat(batches), columns).SavePng(file);
        Console.WriteLine($"{file}: {count} images by {plan.Name}, {plan.NetworkCalls} network calls each.");
    }

    private static void CheckRange(string name, int value)
    {
        if (value is < 1 or > MostImages)
            throw new ArgumentOutOfRangeException(name, $"{name} must be in 1 … {MostImages}, not {value}.");
    }
}
