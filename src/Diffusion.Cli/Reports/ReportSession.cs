using System.Globalization;
using System.Runtime.InteropServices;
using Diffusion.Api;
using Diffusion.Nn;
using static TorchSharp.torch;

namespace Diffusion.Cli;

/// <summary>Gathers what is known about a run, draws and measures what isn't in its files, writes the page.</summary>
/// <param name="folder">A training run or a pipeline folder.</param>
/// <param name="data">Images for the loss by time; null for those that the folder tells of.</param>
/// <param name="seed">Of samples and noise.</param>
/// <param name="device">Where to compute.</param>
internal sealed class ReportSession(string folder, string? data, ulong seed, Device device)
{
    private const string SetupFile = "training.json";
    private const int MostFrames = 16;

    private string Folder => CommandLine.Quoted(folder);

    /// <summary>Writes the page; the file appears whole or not at all.</summary>
    internal void Write(string file)
    {
        using var interrupt = new Interrupt();
        // All that is read comes before what takes long.
        var setup = TrainingSetup.IsIn(folder) || !Pipeline.IsIn(folder) ? TrainingSetup.Load(folder) : null;
        var metrics = TrainingMetrics.Load(folder);
        using var pipeline = Model();
        var evaluation = Evaluation(pipeline);
        var samples = Samples();
        var neighbours = Neighbours(evaluation.Value);
        var losses = Losses(setup, pipeline, evaluation.Value, interrupt.Token);
        interrupt.Token.ThrowIfCancellationRequested();
        var content = new ReportContent
        {
            Folder = folder,
            Setup = setup,
            Metrics = metrics,
            Samples = samples,
            Trajectory = TrajectoryOf(pipeline),
            Losses = losses,
            Evaluation = evaluation,
            Neighbours = neighbours,
            Parameters = pipeline?.Network.parameters().Sum(p => p.numel()),
            Settings = [.. Settings(setup, pipeline)],
            Versions = Versions(pipeline),
        };
        AtomicFile.WriteText(file, ReportPage.Of(content));
        Console.WriteLine($"{file}: {Figures.Bytes(new FileInfo(file).Length)}, one page that needs no network.");
    }

    // A run that isn't finished has a log to show even where no checkpoint of it is there yet or can be read.
    private Pipeline? Model()
    {
        try
        {
            return Pipeline.Load(folder, device);
        }
        catch (Exception missing) when (!Pipeline.IsIn(folder) && IsWithoutModel(missing))
        {
            Console.Error.WriteLine($"note: {CommandLine.OneLine(missing.Message)}");
            return null;
        }
    }

    private static bool IsWithoutModel(Exception failed) => failed is FileNotFoundException or InvalidDataException;

    private ReportPart<EvaluationReport> Evaluation(Pipeline? pipeline)
    {
        var command = $"{CommandLine.Name} evaluate {Folder}";
        if (pipeline is null)
            return WithoutModel<EvaluationReport>("A run is evaluated as soon as it has a whole checkpoint.");
        if (EvaluationReport.Read(folder) is not { } report)
            return new(null, "This model hasn't been evaluated yet.", command);
        return report.Weights == EvaluationReport.DigestOf(pipeline)
            ? new(report)
            : new(null, $"{EvaluationReport.FileName} is about other weights than those in the folder now.", command);
    }

    private ReportPart<IReadOnlyList<FramePicture>> Samples()
    {
        var files = TrainingSamples.In(folder);
        if (files.IsEmpty)
            return new(
                null,
                "This run has drawn no samples on its way. A run draws some with this option:",
                $"{CommandLine.Name} train --sample-every STEPS …"
            );
        var count = int.Min(files.Length, MostFrames);
        var chosen = Enumerable.Range(0, count).Select(i => files[i * (files.Length - 1) / int.Max(1, count - 1)]);
        return new(
            [
                .. chosen.Select(found => new FramePicture(
                    Picture.LoadPng(found.File),
                    $"Samples after {Figures.Of(found.Step, "step")}"
                )),
            ]
        );
    }

    private ReportPart<IReadOnlyList<FramePicture>> TrajectoryOf(Pipeline? pipeline)
    {
        if (pipeline is null)
            return WithoutModel<IReadOnlyList<FramePicture>>(
                "Samples are drawn as soon as the run has a whole checkpoint."
            );
        var config = pipeline.Network.Config;
        if (config.SampleSize is null || config.InChannels is not (1 or 3))
            return new(null, "This network's samples are no grey or RGB images of a known size.");
        Console.WriteLine("drawing samples on their way from noise");
        try
        {
            return new(Trajectory.Draw(pipeline, seed));
        }
        catch (ArgumentException impossible)
        {
            return new(null, $"DDIM can't draw samples of this model: {CommandLine.OneLine(impossible.Message)}");
        }
    }

    private ReportPart<MeasuredLosses> Losses(
        TrainingSetup? setup,
        Pipeline? pipeline,
        EvaluationReport? evaluation,
        CancellationToken cancel
    )
    {
        if (pipeline is null)
            return WithoutModel<MeasuredLosses>(
                "The loss by time is measured as soon as the run has a whole checkpoint."
            );
        try
        {
            if (Images(setup, pipeline, evaluation) is not { } found)
                return new(
                    null,
                    "The images that the model was trained on aren't known.",
                    $"{CommandLine.Name} report {Folder} --data IMAGES"
                );
            // It knows which images fit, and their classes.
            var images = new PipelineEvaluator(pipeline, found.Images, ClassNames.Load(folder)).HeldOut;
            var losses = default(IReadOnlyList<(double, double)>);
            ProgressDisplay.Run(
                "loss by time",
                LossByTime.Times,
                0,
                report =>
                    losses = LossByTime.Measure(
                        pipeline,
                        images,
                        seed,
                        device,
                        (done, _) => report(done, "times"),
                        cancel
                    )
            );
            return new(new MeasuredLosses(losses!, $"{int.Min(LossByTime.Images, images.Count)} {found.What}"));
        }
        catch (Exception refused)
            when (data is null && refused is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            return new(
                null,
                $"The images can't be used: {CommandLine.OneLine(refused.Message)}",
                $"{CommandLine.Name} report {Folder} --data IMAGES"
            );
        }
    }

    private (ImageDataset Images, string What)? Images(
        TrainingSetup? setup,
        Pipeline pipeline,
        EvaluationReport? evaluation
    )
    {
        var config = pipeline.Network.Config;
        var loading = new ImageLoading { Size = config.SampleSize, Channels = config.InChannels };
        if (data is not null)
        {
            var images = LoadedImages.Read(onImage => ImageDataset.Load(data, loading with { OnImage = onImage }));
            return (images, $"images of {data}");
        }
        if (evaluation?.HeldOut.Name is { } heldOut && (File.Exists(heldOut) || Directory.Exists(heldOut)))
            return (HeldOutImages.Load(heldOut, loading), $"held-out images, {heldOut}");
        if (setup is not null)
            return (LoadedImages.Read(setup.LoadImages), $"training images, {setup.Data}");
        return null;
    }

    private FramePicture? Neighbours(EvaluationReport? evaluation)
    {
        // A name that leads out of the folder isn't followed.
        if (Path.GetFileName(evaluation?.Neighbours?.Picture) is not { Length: > 0 } name)
            return null;
        var file = Path.Combine(folder, name);
        return File.Exists(file)
            ? new FramePicture(Picture.LoadPng(file), "Samples, each beside its nearest training images")
            : null;
    }

    private IEnumerable<(string, string)> Settings(TrainingSetup? setup, Pipeline? pipeline)
    {
        if (setup is not null)
            yield return ("Training", File.ReadAllText(Path.Combine(folder, SetupFile)));
        if ((pipeline?.Scheduler ?? setup?.Scheduler) is { } scheduler)
            yield return ("Noise schedule", scheduler.ToJson());
        if ((pipeline?.Network.Config ?? setup?.Network) is { } network)
            yield return ("Network", network.ToJson());
    }

    private static List<(string, string)> Versions(Pipeline? pipeline)
    {
        var program = typeof(ReportSession).Assembly.GetName().Version!.ToString(3);
        List<(string, string)> versions =
        [
            ("Diffusion", program),
            ("tensor engine", Doctor.EngineVersion()),
            ("runtime", $"{RuntimeInformation.FrameworkDescription}, {RuntimeInformation.OSDescription}"),
            ("report made", DateTime.UtcNow.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture)),
        ];
        if (pipeline is not null)
            versions.Add(("digest of the weights", EvaluationReport.DigestOf(pipeline)));
        return versions;
    }

    private ReportPart<T> WithoutModel<T>(string why)
        where T : class => new(null, why, $"{CommandLine.Name} train --resume {Folder}");
}
