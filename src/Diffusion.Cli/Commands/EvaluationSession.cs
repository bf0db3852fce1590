using System.Diagnostics;
using System.Globalization;
using Diffusion.Api;
using Diffusion.Math;
using Diffusion.Nn;
using static TorchSharp.torch;

namespace Diffusion.Cli;

/// <summary>Evaluates a model part by part; after each, the report is saved, so that nothing is lost.</summary>
internal sealed class EvaluationSession
{
    // Enough for a median and for the nearest 5 %, and quickly drawn.
    private const int NeighbourSamples = 200;
    private const int NeighbourHeldOut = 500;
    private const int PictureRows = 12;
    private const string FeatureFile = "features.safetensors";

    private readonly EvaluationRequest _request;
    private readonly Pipeline _pipeline;
    private readonly ImageDataset _heldOut;
    private readonly PipelineEvaluator _evaluator;
    private readonly CancellationToken _cancel;
    private readonly Lazy<ImageDataset> _training;
    private EvaluationReport _report;

    private EvaluationSession(
        EvaluationRequest request,
        Pipeline pipeline,
        PipelineEvaluator evaluator,
        CancellationToken cancel
    )
    {
        (_request, _pipeline, _evaluator, _cancel) = (request, pipeline, evaluator, cancel);
        _heldOut = evaluator.HeldOut;
        _training = new Lazy<ImageDataset>(LoadTraining);
        var (weights, images) = (EvaluationReport.DigestOf(pipeline), HeldOutReport.Of(_heldOut));
        _report =
            EvaluationReport.Load(request.Folder, weights, images, request.Variant)
            ?? new EvaluationReport
            {
                Weights = weights,
                Variant = request.Variant,
                HeldOut = images,
            };
    }

    /// <summary>Evaluates, saves <c>evaluation.json</c> and prints it.</summary>
    internal static void Run(EvaluationRequest request)
    {
        using var pipeline = Pipeline.Load(request.Folder, request.Device, variant: request.Variant);
        foreach (var notice in pipeline.Notices)
            Note(notice);
        var file = Path.Combine(request.Folder, EvaluationReport.FileNameOf(request.Variant));
        OutputFile.Check(file, "FOLDER");
        var heldOut = HeldOut(request, pipeline);
        var evaluator = new PipelineEvaluator(pipeline, heldOut, ClassNames.Load(request.Folder));
        request = request.FittedTo(heldOut, Note);
        using var interrupt = new Interrupt();
        var session = new EvaluationSession(request, pipeline, evaluator, interrupt.Token);
        session.Evaluate();
        if (request.Json)
            Console.Write(session._report.ToJson());
        else
        {
            EvaluationView.Show(session._report);
            Console.WriteLine($"{file}: all of it.");
        }
    }

    private static ImageDataset HeldOut(EvaluationRequest request, Pipeline pipeline)
    {
        var loading = request.Size is { } side
            ? new ImageLoading { Size = side, Channels = pipeline.Network.Config.InChannels }
            : LoadingOf(request.Folder);
        return LoadedImages.Read(
            onImage => HeldOutImages.Load(request.Data, loading with { OnImage = onImage }),
            request.Json ? TrainingOutput.Json : TrainingOutput.Progress
        );
    }

    // Settings of its training that are lost don't make a complete model worse.
    private static ImageLoading LoadingOf(string folder)
    {
        try
        {
            return HeldOutImages.LoadingOf(folder);
        }
        catch (InvalidDataException lost)
        {
            Note($"{lost.Message} The held-out images are read as they are; --size scales them.");
            return new ImageLoading();
        }
    }

    private void Evaluate()
    {
        // Before anything long: a wrong name, or training images that aren't there.
        var plans = _request.Wants("samples") || _request.Wants("neighbours") ? Plans() : [];
        if (_request.TrainingData is not null && plans.Count > 0)
            _ = _training.Value;
        using var first = Prepared(
            "neighbours",
            () =>
            {
                _ = _training.Value;
                return new FirstSamples(_pipeline, plans[0].Plan, NeighbourSamples, _request.Seed, _request.BatchSize);
            }
        );
        using var features = Prepared("samples", Features);
        if (_request.Wants("bound"))
            Bound();
        if (_request.Wants("flow"))
            Flow();
        if (features is not null)
            Samples(features, plans, first);
        if (first is not null)
            Neighbours(plans[0].Plan, first);
    }

    // What a part needs; null where that isn't asked for, or can't be had and nobody insists.
    private T? Prepared<T>(string part, Func<T> prepare)
        where T : class
    {
        if (!_request.Wants(part))
            return null;
        try
        {
            return prepare();
        }
        catch (Exception refused)
            when (!_request.HasChosenParts
                && !(part == "samples" && _request.Features is not null)
                && refused is InvalidDataException or ArgumentException
            )
        {
            Note($"{part}: left out. {refused.Message}");
            return null;
        }
    }

    private void Bound()
    {
        var clock = Stopwatch.StartNew();
        var bound = Watched(
            "bound",
            _request.BoundImages,
            report => _evaluator.Bound(_request.BoundImages, _request.Bound, done => report(done, "images"), _cancel)
        );
        Save(_report with { Bound = BoundReport.Of(bound, _request.Bound, clock.Elapsed) });
    }

    private void Flow()
    {
        var clock = Stopwatch.StartNew();
        var flow = Watched(
            "probability flow",
            _request.FlowImages,
            report => _evaluator.Flow(_request.FlowImages, _request.Flow, done => report(done, "images"), _cancel)
        );
        Save(_report with { Flow = FlowReport.Of(flow, _request.Flow, clock.Elapsed) });
    }

    private void Samples(FeatureNetwork features, List<(string Choice, SamplingPlan Plan)> plans, FirstSamples? first)
    {
        using var evaluator = new SampleEvaluator(features, _heldOut, _request.Samples, _request.Seed);
        var real = RealScore(evaluator);
        foreach (var (choice, plan) in plans)
        {
            var clock = Stopwatch.StartNew();
            var batches = (_request.Samples + _request.BatchSize - 1) / _request.BatchSize;
            var scores = Watched(
                plan.Name,
                (long)batches * plan.Steps.Length,
                report =>
                    _evaluator.Samples(
                        evaluator,
                        plan,
                        _request.BatchSize,
                        _request.Seed,
                        (done, _) => report(done, "steps"),
                        plan == plans[0].Plan && first is not null ? first.Keep : null,
                        _cancel
                    )
            );
            var frechet = new FrechetReport(
                scores.Frechet,
                scores.Samples,
                features.Version,
                features.Accuracy,
                real,
                features.TrainedOn
            );
            Save(
                _report.With(
                    new SamplerReport(
                        plan.Name,
                        plan.NetworkCalls,
                        frechet,
                        scores.Quality.Precision,
                        scores.Quality.Recall,
                        clock.Elapsed.TotalSeconds,
                        _request.Seed,
                        _request.Grid,
                        choice
                    )
                )
            );
        }
    }

    // What a perfect sampler would get: the training images are as far from the held-out ones as new ones are.
    private double? RealScore(SampleEvaluator evaluator)
    {
        if (Training() is not { } training || training.Count < evaluator.Samples)
            return null;
        return evaluator.Score(training, _request.Seed).Frechet;
    }

    private void Neighbours(SamplingPlan plan, FirstSamples samples)
    {
        using var scope = NewDisposeScope();
        var training = _training.Value;
        var count = int.Min(_request.Neighbours, training.Count);
        var drawn =
            samples.StepsLeft == 0
                ? samples.Draw(_ => { }, _cancel)
                : Watched(
                    "neighbours",
                    samples.StepsLeft,
                    report => samples.Draw(done => report(done, "steps"), _cancel)
                );
        var found = NearestImages.Find(drawn, training, count, cancel: _cancel);
        var held = _heldOut.Batch([.. Enumerable.Range(0, int.Min(NeighbourHeldOut, _heldOut.Count))]);
        var check = MemorisationCheck.Of(found, NearestImages.Find(held, training, 1, cancel: _cancel));
        var picture = _request.Variant is { } variant ? $"neighbours.{variant}.png" : "neighbours.png";
        var rows = int.Min(PictureRows, NeighbourSamples);
        // An earlier evaluation, of other images, goes aside with its picture.
        Save(_report);
        new NearestImages(found.Indices[..rows], found.Distances[..rows])
            .Draw(drawn.narrow(0, 0, rows), training)
            .SavePng(Path.Combine(_request.Folder, picture));
        Save(
            _report with
            {
                Neighbours = new NeighbourReport(
                    check.SampleMedian,
                    check.HeldOutMedian,
                    check.NearShare,
                    NeighbourSamples,
                    (int)held.shape[0],
                    plan.Name,
                    picture,
                    _request.Seed
                ),
            }
        );
    }

    private FeatureNetwork Features()
    {
        var own = Path.Combine(_request.Folder, FeatureFile);
        // Those that the folder's earlier numbers are in, if any.
        if ((_request.Features ?? own) is var named && File.Exists(named))
            return Loaded(named);
        if (_request.Features is not null)
        {
            OutputFile.Check(named, "--features");
            return Trained(named);
        }
        // Where the training images aren't known, those that the last numbers here are in.
        var digest = Training() is { } training
            ? FeatureNetwork.DigestOf(training)
            : _report.Frechet?.FeaturesTrainedOn;
        var cached =
            digest is { Length: > 0 } && digest.All(char.IsAsciiHexDigit) ? FeatureCache.FileFor(digest) : null;
        return cached is not null && File.Exists(cached) ? Loaded(cached) : Trained(cached ?? own, own);
    }

    private FeatureNetwork Loaded(string file)
    {
        var loaded = FeatureNetwork.Load(file);
        Say($"{file}: features {loaded.Version}, accuracy {Percent(loaded.Accuracy)}.");
        if (Training() is { } training && FeatureNetwork.DigestOf(training) is var digest && digest != loaded.TrainedOn)
            Note(
                $"{file}: these features were trained on other images (digest {loaded.TrainedOn}) than {training.Name}"
                    + $" (digest {digest}); numbers in them compare only with others in features {loaded.Version}."
            );
        return loaded;
    }

    // In the second place where the first can't be written, such as a home that is read-only.
    private FeatureNetwork Trained(string file, string? instead = null)
    {
        var trained = Watched(
            "feature network",
            new FeatureTraining().StepsFor(_training.Value),
            report =>
                new FeatureTraining().Train(
                    _training.Value,
                    _heldOut,
                    (done, loss) => report(done, string.Create(CultureInfo.InvariantCulture, $"loss {loss:F3}")),
                    _cancel
                )
        );
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
            trained.Save(file);
        }
        catch (Exception refused)
            when (instead is not null && instead != file && refused is IOException or UnauthorizedAccessException)
        {
            Note($"{file} can't be written ({CommandLine.OneLine(refused.Message)}).");
            trained.Save(file = instead);
        }
        Say($"{file}: features {trained.Version} trained, accuracy {Percent(trained.Accuracy)} on held-out labels.");
        return trained;
    }

    // The training images where they can be had; an error only where the user named them.
    private ImageDataset? Training()
    {
        if (_request.TrainingData is not null)
            return _training.Value;
        if (!TrainingSetup.IsIn(_request.Folder))
            return null;
        try
        {
            return _training.Value;
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    private List<(string Choice, SamplingPlan Plan)> Plans()
    {
        var usual = int.Min(Pipeline.UsualSteps, _pipeline.Schedule.Steps);
        if (_request.Samplers.IsEmpty)
            return [(_pipeline.OwnSampler, _pipeline.Plan(usual, grid: _request.Grid))];
        return
        [
            .. _request.Samplers.Select(text =>
            {
                var parts = text.Split(':');
                var steps = usual;
                if (
                    parts.Length > 2
                    || parts.Length == 2 && !int.TryParse(parts[1], CultureInfo.InvariantCulture, out steps)
                )
                    throw new ArgumentException($"--sampler: '{text}' is not NAME or NAME:STEPS, such as ddim:25.");
                return (parts[0], _pipeline.Plan(steps, parts[0], _request.Grid));
            }),
        ];
    }

    private ImageDataset LoadTraining()
    {
        var path =
            _request.TrainingData
            ?? HeldOutImages.TrainingPathOf(_request.Folder)
            ?? throw new ArgumentException(
                $"'{_request.Folder}' doesn't say what it was trained on; name the training images with --train-data"
                    + " (features and neighbours need them), or leave these parts out with --only."
            );
        var loading = new ImageLoading
        {
            Size = new ImageSize(_heldOut.Height, _heldOut.Width),
            Channels = _heldOut.Channels,
            SkipBad = true,
        };
        try
        {
            return ImageDataset.Load(path, loading);
        }
        catch (Exception closed) when (closed is IOException or UnauthorizedAccessException)
        {
            // As if they were damaged: not to be mistaken for a result that can't be written.
            throw new InvalidDataException(
                $"The training images '{path}' can't be read: {closed.Message}"
                    + (_request.TrainingData is null ? " Name them with --train-data." : ""),
                closed
            );
        }
    }

    private void Save(EvaluationReport report)
    {
        _report = report;
        if (report.Save(_request.Folder) is { } moved)
            Note($"the evaluation that was here, of other images or other weights, is kept as {moved}.");
    }

    private T Watched<T>(string title, long total, Func<ProgressDisplay.Report, T> work)
    {
        var result = default(T);
        if (_request.Json)
            return work((_, _) => { });
        ProgressDisplay.Run(title, total, 0, report => result = work(report));
        return result!;
    }

    private static void Note(string line) => Console.Error.WriteLine($"note: {CommandLine.OneLine(line)}");

    private void Say(string line)
    {
        if (!_request.Json)
            Console.WriteLine(line);
    }

    private static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{100 * share:F1} %");
}
