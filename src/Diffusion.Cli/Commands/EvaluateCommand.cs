using System.Collections.Immutable;
using System.CommandLine;
using Diffusion.Api;

namespace Diffusion.Cli;

/// <summary><c>diffusion evaluate</c>: how good a trained model is, in numbers with intervals.</summary>
internal static class EvaluateCommand
{
    private const string Adaptive = "adaptive";
    private const string Exact = "exact";
    private const int FlowBatch = 16;

    internal static Command Create()
    {
        var folder = new Argument<string>("FOLDER")
        {
            Description =
                "A training run, finished or not, or a pipeline folder of diffusers'. evaluation.json goes there",
        };
        var data = new Option<string>("--data")
        {
            Description =
                "Held-out images: as for train, but of a folder with MNIST's file names the test part (t10k-…)",
            DefaultValueFactory = _ => Environment.GetEnvironmentVariable("DIFFUSION_DATA") ?? Options.FashionMnist,
        };
        var training = new Option<string?>("--train-data")
        {
            Description = "Training images, for features and neighbours; default those that the run was trained on",
        };
        var side = new Option<int?>("--size")
        {
            Description =
                "Side that held-out images are scaled and cropped to; default as for the run's training, if that scaled any",
        };
        var only = new Option<string[]>("--only")
        {
            Description =
                $"Parts to evaluate: {string.Join(", ", EvaluationRequest.AllParts)}; default all that can be done",
            AllowMultipleArgumentsPerToken = true,
        };
        only.AcceptOnlyFromAmong([.. EvaluationRequest.AllParts]);
        // Of images there may be fewer; see EvaluationRequest.FittedTo.
        var images = Number("--images", "Held-out images for the bound", 1000);
        var times = Number("--times", "Random times for each image of the bound, besides t = 1", 8);
        var allTimes = new Option<bool>("--all-times")
        {
            Description = "Every time for every image of the bound, in place of random ones",
        };
        var flowImages = Number("--flow-images", "Held-out images for the probability flow's likelihood", 64);
        var trace = Choice(
            "--trace",
            "Divergence of the flow: exact, or by random probes",
            "rademacher",
            Exact,
            "gaussian"
        );
        var probes = Number("--probes", "Random probes for each image", 1);
        var solver = Choice("--solver", "Solver of the flow", Adaptive, "rk4", "heun");
        var tolerance = new Option<double>("--tolerance")
        {
            Description = "Tolerance of the adaptive solver",
            DefaultValueFactory = _ => 1e-4,
        };
        var flowSteps = Number("--flow-steps", "Steps of rk4 or heun", 100);
        var samples = Number("--samples", "Samples for Fréchet distance, precision and recall", 2000);
        var sampler = new Option<string[]>("--sampler")
        {
            Description =
                "Samplers to score, each NAME or NAME:STEPS, such as ddim:25 DDPMScheduler:250, with the names of 'sample', scheduler"
                + $" classes of diffusers among them; default the folder's own with {Pipeline.UsualSteps} steps",
            AllowMultipleArgumentsPerToken = true,
        };
        var grid = new Option<string?>("--grid")
        {
            Description = $"Spacing of the noise levels. One of {string.Join(", ", SamplerCatalogue.Grids)}",
        };
        var features = new Option<string?>("--features")
        {
            Description =
                "File of the feature network; trained and written where it isn't there [default: FOLDER/features.safetensors if"
                + " it is there, else one for all runs on the same images, in the user's cache]",
        };
        var neighbours = Number("--neighbours", "Nearest training images shown beside each sample", 5);
        var batch = Number("--batch-size", "Images at a time", 64);
        var json = new Option<bool>("--json") { Description = "Print evaluation.json and nothing else" };
        var variant = Options.Variant();
        var seed = Options.Seed();
        var device = Options.Device();
        var command = new Command(
            "evaluate",
            """
            Measure a trained model on images that it wasn't trained on: bits a dimension by the variational bound and by
            the probability flow, Fréchet distance, precision and recall of its samples, and their nearest training images.

            Examples:
              diffusion evaluate runs/demo
              diffusion evaluate runs/demo --only samples --sampler ddim:10 ddim:50 ddpm:250
              diffusion evaluate runs/mine --data held-out.idx.gz --only bound --images 10000
              diffusion evaluate runs/mine --variant ema-0.9999
              diffusion evaluate runs/demo --only flow --trace exact --flow-images 8
            """
        )
        {
            folder,
            data,
            training,
            side,
            only,
            images,
            times,
            allTimes,
            flowImages,
            trace,
            probes,
            solver,
            tolerance,
            flowSteps,
            samples,
            sampler,
            grid,
            features,
            neighbours,
            batch,
            variant,
            json,
            seed,
            device,
        };
        command.SetAction(parsed =>
        {
            var chosen = parsed.GetValue(only) ?? [];
            var size = EvaluationCount.InRange(parsed.GetValue(batch), "--batch-size", 1);
            var random = parsed.GetValue(seed);
            EvaluationSession.Run(
                new EvaluationRequest
                {
                    Folder = parsed.GetValue(folder)!,
                    Variant = parsed.GetValue(variant),
                    Data = parsed.GetValue(data)!,
                    TrainingData = parsed.GetValue(training),
                    Size = parsed.GetValue(side) is { } pixels ? EvaluationCount.InRange(pixels, "--size", 1) : null,
                    Parts = chosen.Length > 0 ? [.. chosen] : EvaluationRequest.AllParts,
                    HasChosenParts = chosen.Length > 0,
                    Counts = new Dictionary<string, EvaluationCount>
                    {
                        ["bound"] = EvaluationCount.Of(parsed, images, 2),
                        ["flow"] = EvaluationCount.Of(parsed, flowImages, 2),
                        ["samples"] = EvaluationCount.Of(parsed, samples, PrecisionRecall.DefaultNeighbours + 1),
                    }.ToImmutableSortedDictionary(StringComparer.Ordinal),
                    Bound = new BoundOptions
                    {
                        TimesPerImage = EvaluationCount.InRange(parsed.GetValue(times), "--times", 1),
                        AllTimes = parsed.GetValue(allTimes),
                        BatchSize = size,
                        Seed = random,
                    },
                    Flow = new FlowOptions
                    {
                        Trace = parsed.GetValue(trace) switch
                        {
                            Exact => FlowTrace.Exact,
                            "gaussian" => FlowTrace.Gaussian(parsed.GetValue(probes)),
                            _ => FlowTrace.Rademacher(parsed.GetValue(probes)),
                        },
                        Solver = parsed.GetValue(solver) switch
                        {
                            "rk4" => FlowSolver.RungeKutta4(parsed.GetValue(flowSteps)),
                            "heun" => FlowSolver.Heun(parsed.GetValue(flowSteps)),
                            _ => FlowSolver.DormandPrince(parsed.GetValue(tolerance)),
                        },
                        // Small batches, so that progress shows: a batch takes its hundred network calls at one go.
                        BatchSize = int.Min(size, FlowBatch),
                        Seed = random,
                    },
                    Samplers = [.. parsed.GetValue(sampler) ?? []],
                    Grid = parsed.GetValue(grid),
                    Features = parsed.GetValue(features),
                    Neighbours = EvaluationCount.InRange(parsed.GetValue(neighbours), "--neighbours", 1),
                    BatchSize = size,
                    Seed = random,
                    Device = Options.ToDevice(parsed.GetValue(device)!),
                    Json = parsed.GetValue(json),
                }
            );
            return CommandLine.Success;
        });
        return command;
    }

    private static Option<int> Number(string name, string description, int value) =>
        new(name) { Description = description, DefaultValueFactory = _ => value };

    private static Option<string> Choice(string name, string description, string value, params string[] others)
    {
        var option = new Option<string>(name) { Description = description, DefaultValueFactory = _ => value };
        return option.AcceptOnlyFromAmong([value, .. others]);
    }
}
