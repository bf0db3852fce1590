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
        ImageDataset heldOut,
        PipelineEvaluator evaluator,
        CancellationToken cancel
    )
    {
        (_request, _pipeline, _heldOut, _evaluator, _cancel) = (request, pipeline, heldOut, evaluator, cancel);
        _training = new Lazy<ImageDataset>(LoadTraining);
        var (weights, images) = (EvaluationReport.DigestOf(pipeline), HeldOutReport.Of(heldOut));
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
            Console.Error.WriteLine($"note: {notice}");
        var file = Path.Combine(request.Folder, EvaluationReport.FileNameOf(request.Variant));
        OutputFile.Check(file, "FOLDER");
        var heldOut = HeldOutImages.Load(request.Data);
        var evaluator = new PipelineEvaluator(pipeline, heldOut);
        using var interrupt = new Interrupt();
        var session = new EvaluationSession(request, pipeline, heldOut, evaluator, interrupt.Token);
        session.CheckCounts();
        session.Evaluate();
        if (request.Json)
            Console.Write(session._report.ToJson());
        else
        {
            EvaluationView.Show(session._report);
            Console.WriteLine($"{file}: all of it.");
        }
    }

    private void Evaluate()
    {
        // Before anything long: a wrong name, or training images that aren't there.
        var plans = _request.Wants("samples") || _request.Wants("neighbours") ? Plans() : [];
        if (_request.Wants("neighbours"))
            _ = _training.Value;
        using var first = _request.Wants("neighbours")
            ? new FirstSamples(_pipeline, plans[0], NeighbourSamples, _request.Seed, _request.BatchSize)
            : null;
        using var features = _request.Wants("samples") ? Features() : null;
        if (_request.Wants("bound"))
            Bound();
        if (_request.Wants("flow"))
            Flow();
        if (features is not null)
            Samples(features, plans, first);
        if (first is not null)
            Neighbours(plans[0], first);
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

    private void Samples(FeatureNetwork features, List<SamplingPlan> plans, FirstSamples? first)
    {
        using var evaluator = new SampleEvaluator(features, _heldOut, _request.Samples, _request.Seed);
        var real = RealScore(evaluator);
        foreach (var plan in plans)
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
                        plan == plans[0] && first is not null ? first.Keep : null,
                        _cancel
                    )
            );
            var frechet = new FrechetReport(scores.Frechet, scores.Samples, features.Version, features.Accuracy, real);
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
                        _request.Grid
                    )
                )
            );
        }
    }

    // What a perfect sampler would get: the training images are as far from the held-out ones as new ones are.
    private double? RealScore(SampleEvaluator evaluator)
    {
        if (!HasTraining || _training.Value.Count < evaluator.Samples)
            return null;
        return evaluator.Score(_training.Value, _request.Seed).Frechet;
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
        var file = _request.Features ?? Path.Combine(_request.Folder, FeatureFile);
        if (File.Exists(file))
        {
            var loaded = FeatureNetwork.Load(file);
            Say($"{file}: features {loaded.Version}, accuracy {Percent(loaded.Accuracy)}.");
            return loaded;
        }
        OutputFile.Check(file, "--features");
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
        trained.Save(file);
        Say($"{file}: features {trained.Version} trained, accuracy {Percent(trained.Accuracy)} on held-out labels.");
        return trained;
    }

    private List<SamplingPlan> Plans()
    {
        if (_request.Samplers.IsEmpty)
            return [_pipeline.Plan(int.Min(Pipeline.UsualSteps, _pipeline.Schedule.Steps), grid: _request.Grid)];
        return
        [
            .. _request.Samplers.Select(text =>
            {
                var parts = text.Split(':');
                var steps = int.Min(Pipeline.UsualSteps, _pipeline.Schedule.Steps);
                if (
                    parts.Length > 2
                    || parts.Length == 2 && !int.TryParse(parts[1], CultureInfo.InvariantCulture, out steps)
                )
                    throw new ArgumentException($"--sampler: '{text}' is not NAME or NAME:STEPS, such as ddim:25.");
                return _pipeline.Plan(steps, parts[0], _request.Grid);
            }),
        ];
    }

    private void CheckCounts()
    {
        foreach (
            var (part, option, count) in new[]
            {
                ("bound", "--images", _request.BoundImages),
                ("flow", "--flow-images", _request.FlowImages),
                ("samples", "--samples", _request.Samples),
            }
        )
            if (_request.Wants(part) && count > _heldOut.Count)
                throw new ArgumentException(
                    $"{option} is {count}; {_heldOut.Name} has {_heldOut.Count} held-out images. Ask for at most that."
                );
    }

    private bool HasTraining => _request.TrainingData is not null || TrainingSetup.IsIn(_request.Folder);

    private ImageDataset LoadTraining()
    {
        var path =
            _request.TrainingData
            ?? HeldOutImages.TrainingPathOf(_request.Folder)
            ?? throw new ArgumentException(
                $"'{_request.Folder}' doesn't say what it was trained on; name the training images with --train-data"
                    + " (features and neighbours need them), or leave these parts out with --only."
            );
        return ImageDataset.Load(
            path,
            new ImageLoading
            {
                Size = new ImageSize(_heldOut.Height, _heldOut.Width),
                Channels = _heldOut.Channels,
                SkipBad = true,
            }
        );
    }

    private void Save(EvaluationReport report)
    {
        _report = report;
        report.Save(_request.Folder);
    }

    private T Watched<T>(string title, long total, Func<ProgressDisplay.Report, T> work)
    {
        var result = default(T);
        if (_request.Json)
            return work((_, _) => { });
        ProgressDisplay.Run(title, total, 0, report => result = work(report));
        return result!;
    }

    private void Say(string line)
    {
        if (!_request.Json)
            Console.WriteLine(line);
    }

    private static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{100 * share:F1} %");
}
