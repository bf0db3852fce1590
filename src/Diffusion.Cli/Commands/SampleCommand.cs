using System.CommandLine;
using Diffusion.Api;
using Diffusion.Math;
using static TorchSharp.torch;

namespace Diffusion.Cli;

/// <summary><c>diffusion sample</c>: draws images from a trained pipeline folder.</summary>
internal static class SampleCommand
{
    /// <summary>The most images at a time, or a row of the picture.</summary>
    internal const int MostAtOnce = 16384;

    // They are written as they come.
    private const int MostImages = 1_000_000;

    internal static Command Create()
    {
        var folder = new Argument<string>("FOLDER")
        {
            Description = "A training run, finished or not, or a pipeline folder of diffusers'",
        };
        var count = new Option<int>("--count") { Description = "Number of images", DefaultValueFactory = _ => 64 };
        var sampler = new Option<string?>("--sampler")
        {
            Description =
                $"Sampler; default the folder's own. One of {string.Join(", ", SamplerCatalogue.Names)}; or a scheduler class "
                + $"of diffusers, as its from_config makes it: {string.Join(", ", SamplerCatalogue.Schedulers)}",
        };
        var grid = new Option<string?>("--grid")
        {
            Description =
                $"Spacing of the noise levels; default the folder's own. One of {string.Join(", ", SamplerCatalogue.Grids)}",
        };
        var steps = new Option<int>("--steps")
        {
            Description = "Steps of the sampler; one network call each for most",
            DefaultValueFactory = _ => Pipeline.UsualSteps,
        };
        var eta = new Option<double?>("--eta")
        {
            Description = "Share of fresh noise of ddim and euler-ancestral, 0 (deterministic) to 1 (ancestral)",
        };
        var churn = new Option<double?>("--churn")
        {
            Description = "Noise that edm adds (S_churn), 0 or more; default 10",
        };
        var label = new Option<long?>("--class")
        {
            Description = "Class of all images, from 0; by default they go round the classes",
        };
        var batch = new Option<int>("--batch-size") { Description = "Images at a time", DefaultValueFactory = _ => 64 };
        var columns = new Option<int>("--columns") { Description = "Images a row", DefaultValueFactory = _ => 8 };
        var seed = Options.Seed();
        var variant = Options.Variant();
        var device = Options.Device();
        var @out = new Option<string>("--out")
        {
            Description = "PNG file to write",
            DefaultValueFactory = _ => "samples.png",
        };
        var noise = new Option<string?>("--noise")
        {
            Description =
                "safetensors file of the noise to start from ('noise', [B, C, H, W]) and of the steps ('steps')",
        };
        var tensorOut = new Option<string?>("--out-tensor")
        {
            Description = "safetensors file to write the images to as well ('images', [B, C, H, W])",
        };
        var guidance = new GuidanceOptions();
        var command = new Command(
            "sample",
            """
            Draw images from a trained model into one picture.

            Examples:
              diffusion sample runs/demo --sampler ddim --steps 25 --out samples.png
              diffusion sample runs/demo --sampler dpm++2m --grid karras --steps 15
              diffusion sample runs/digits --class 7 --guidance 3 --count 16
              diffusion sample runs/demo --inpaint shirt.png --mask sleeves.png --count 8
              diffusion sample runs/demo --from-image shirt.png --strength 0.6 --sampler ddim
              diffusion sample runs/demo --interpolate 1 2 --count 9 --columns 9 --sampler ddim
              diffusion sample runs/demo --sampler ddpm --steps 250 --count 16 --seed 7
            """
        )
        {
            folder,
            count,
            sampler,
            grid,
            steps,
            eta,
            churn,
            label,
            batch,
            columns,
            seed,
            variant,
            device,
            @out,
            noise,
            tensorOut,
        };
        guidance.AddTo(command);
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(sampler) is { } name && !SamplerCatalogue.Schedulers.Contains(name))
                SamplerCatalogue.Find(name);
            var files = new OutputFiles(parsed.GetValue(@out)!, parsed.GetValue(tensorOut));
            using var given = parsed.GetValue(noise) is { } path ? new NoiseFile(path) : null;
            if (given is not null && parsed.GetResult(count) is { Implicit: false })
                throw new ArgumentException("--count: --noise says how many images; leave one of them out.");
            if (given is not null && guidance.Seeds(parsed) is not null)
                throw new ArgumentException("--interpolate draws its own noise; leave --noise out.");
            using var pipeline = Pipeline.Load(
                parsed.GetValue(folder)!,
                Options.ToDevice(parsed.GetValue(device)!),
                variant: parsed.GetValue(variant)
            );
            foreach (var notice in pipeline.Notices)
                Console.Error.WriteLine($"note: {notice}");
            var plan = pipeline.Plan(
                parsed.GetValue(steps),
                parsed.GetValue(sampler),
                parsed.GetValue(grid),
                parsed.GetValue(eta),
                parsed.GetValue(churn),
                guidance.Strength(parsed)
            );
            plan = guidance.Resampled(parsed, plan);
            using var scope = NewDisposeScope();
            var guided = guidance.Read(parsed, pipeline);
            IReadOnlyList<long>? classes = parsed.GetValue(label) is { } one ? [one] : null;
            if (classes is [var chosen] && chosen == NullLabel.Of(pipeline.Network.Config))
                Console.Error.WriteLine(
                    $"note: --class {chosen} is the null label: the images are drawn without a class; classes are 0 …"
                        + $" {chosen - 1}."
                );
            if (classes is null && pipeline.Classes is { } known)
                Console.Error.WriteLine($"note: the images go round the classes 0 … {known - 1}; --class chooses one.");
            if (guidance.Seeds(parsed) is { } seeds)
                Draw(pipeline, plan, seeds, parsed.GetValue(count), parsed.GetValue(columns), files, classes, guided);
            else if (given is null)
                Draw(
                    pipeline,
                    plan,
                    parsed.GetValue(count),
                    parsed.GetValue(batch),
                    parsed.GetValue(columns),
                    parsed.GetValue(seed),
                    files,
                    classes,
                    guided
                );
            else
                Draw(pipeline, plan, given, parsed.GetValue(columns), files, classes, guided);
            return CommandLine.Success;
        });
        return command;
    }

    /// <summary>Samples in batches with live progress, and writes one picture along the way: memory is that of a batch,
    /// however many there are.</summary>
    internal static void Draw(
        Pipeline pipeline,
        SamplingPlan plan,
        int count,
        int batchSize,
        int columns,
        ulong seed,
        OutputFiles files,
        IReadOnlyList<long>? classes = null,
        SampleGuidance? guidance = null
    )
    {
        CheckRange("--count", count, MostImages);
        CheckRange("--batch-size", batchSize, MostAtOnce);
        CheckRange("--columns", columns, MostAtOnce);
        using var interrupt = new Interrupt();
        var steps = (long)plan.Steps.Length * ((count + batchSize - 1) / batchSize);
        files.Write(
            count,
            pipeline.SampleShape,
            columns,
            plan,
            add => ProgressDisplay.Run(plan.Name, steps, 0, report => DrawAll(add, report))
        );

        void DrawAll(Action<Tensor> add, ProgressDisplay.Report report)
        {
            var done = 0L;
            for (var first = 0; first < count; first += batchSize)
            {
                using var images = pipeline.Sample(
                    plan,
                    int.Min(batchSize, count - first),
                    seed,
                    first,
                    (step, _) => report(done + step, "steps"),
                    interrupt.Token,
                    classes,
                    guidance
                );
                done += plan.Steps.Length;
                add(images);
            }
        }
    }

    // From noise that is given, all at once.
    private static void Draw(
        Pipeline pipeline,
        SamplingPlan plan,
        NoiseFile noise,
        int columns,
        OutputFiles files,
        IReadOnlyList<long>? classes,
        SampleGuidance? guidance
    )
    {
        CheckRange("--columns", columns, MostAtOnce);
        using var images = pipeline.Sample(plan, noise.Start, noise.Next, classes, guidance);
        files.Write(images, columns, plan);
    }

    // Between two seeds, all at once.
    private static void Draw(
        Pipeline pipeline,
        SamplingPlan plan,
        (ulong First, ulong Last) seeds,
        int count,
        int columns,
        OutputFiles files,
        IReadOnlyList<long>? classes,
        SampleGuidance? guidance
    )
    {
        CheckRange("--count", count, MostAtOnce);
        CheckRange("--columns", columns, MostAtOnce);
        using var images = pipeline.Interpolate(plan, seeds.First, seeds.Last, count, classes, guidance);
        files.Write(images, columns, plan);
    }

    private static void CheckRange(string name, int value, int most)
    {
        if (value < 1 || value > most)
            throw new ArgumentOutOfRangeException(name, $"{name} must be in 1 … {most}, not {value}.");
    }
}
