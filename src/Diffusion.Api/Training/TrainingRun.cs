using System.Collections.Immutable;
using System.Diagnostics;
using System.Text.Json.Nodes;
using Diffusion.Nn;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>
/// A training run in a folder: checkpoints while it goes on, a diffusers pipeline folder with the averaged weights when
/// it is done. Killed at any moment, it goes on from its newest checkpoint as if nothing had happened.
/// </summary>
/// <remarks>
/// The folder holds <c>training.json</c> (the setup), <c>metrics.jsonl</c> and <c>tensorboard/</c> (the logs),
/// <c>checkpoints/</c>, <c>samples/</c> where samples are drawn on the way, <c>class_names.json</c> where there are names,
/// <c>training.lock</c>, which keeps a second trainer out while this object lives, and in the end the pipeline's own files.
/// Not thread-safe.
/// </remarks>
public sealed class TrainingRun : IDisposable
{
    private readonly UNet2D _network;
    private readonly GaussianDiffusion _process;
    private readonly Trainer _trainer;
    private readonly CheckpointStore _checkpoints;
    private RunLock? _lock;
    private TimeSpan _elapsed;
    private (double Sum, long? Steps) _losses = (0, 0);
    private bool _drawsSamples;

    private TrainingRun(string folder, TrainingSetup setup, Device? device, ImageDataset? data, UNet2D? start)
    {
        (Folder, Setup) = (folder, setup);
        setup.Options.Validate();
        Data = data ?? setup.LoadImages();
        CheckFits(Data, setup.Network);
        PipelineScheduler.CheckNetwork(setup.Network, setup.Scheduler);
        _checkpoints = new CheckpointStore(folder, canBeginAgain: setup.From is null);
        _process = setup.ToProcess();
        manual_seed(Seeds.Derive(setup.Options.Seed, Seeds.Stream.Initialisation, 0));
        _network = new UNet2D(setup.Network);
        if (start is not null)
            Weights.Copy(start.state_dict(), _network.state_dict(), "the network to begin with");
        _trainer = new Trainer(_network, _process, Data, setup.Options, device, setup.Objective.Times);
    }

    /// <summary>The run's folder.</summary>
    public string Folder { get; }

    /// <summary>What it is made from.</summary>
    public TrainingSetup Setup { get; private set; }

    /// <summary>The images.</summary>
    public ImageDataset Data { get; }

    /// <summary>Optimizer steps done.</summary>
    public long Step => _trainer.Step;

    /// <summary>What went other than hoped, such as a damaged checkpoint when it was taken up or a picture of samples that
    /// couldn't be drawn; one line each. Grows while it is trained.</summary>
    public ImmutableArray<string> Notices { get; private set; } = [];

    /// <summary>Whether all steps are done.</summary>
    public bool IsDone => Step >= Setup.Options.Steps;

    /// <summary>Begins a run in a folder of its own: a new one, an empty one, or one with no more than what a run leaves that
    /// was killed before its settings were saved.</summary>
    /// <param name="folder">Its folder.</param>
    /// <param name="setup">What it is made from.</param>
    /// <param name="device">Where to train; default the CPU.</param>
    /// <param name="data">The images of <paramref name="setup"/> where they are in memory already; null reads
    /// them.</param>
    /// <param name="start">A network of the setup's config whose weights training begins with, such as
    /// <see cref="FineTuning.Network"/>; copied, and saved as the run's first checkpoint. Null begins with random
    /// weights.</param>
    /// <exception cref="IOException">The folder holds more than that, or can't be written; see
    /// <see cref="CheckIsFree"/>.</exception>
    /// <exception cref="InvalidDataException">The data can't be read, or doesn't fit the network; the folder is untouched.</exception>
    /// <exception cref="ArgumentException">The objective isn't possible, or an option is out of its range.</exception>
    public static TrainingRun Create(
        string folder,
        TrainingSetup setup,
        Device? device = null,
        ImageDataset? data = null,
        UNet2D? start = null
    )
    {
        ArgumentNullException.ThrowIfNull(setup);
        CheckIsFree(folder);
        if (start is null != setup.From is null)
            throw new ArgumentException(
                "A run that begins with a network's weights needs both: the network, and in setup.From where it is from.",
                nameof(start)
            );
        var run = new TrainingRun(folder, setup, device, data, start);
        try
        {
            Directory.CreateDirectory(folder);
            run._lock = new RunLock(folder);
            // Another may have begun one between the check and the lock.
            CheckIsFree(folder);
            RunBeginning.Clear(folder);
            run.Setup = setup with
            {
                DataFingerprint = run.Data.Fingerprint(),
                DataDescription = Describe(run.Data),
                ImagesAreFitted = run.Data.IsFitted,
            };
            // Before the setup, since a run is resumed from it: the model may be gone by then.
            if (start is not null)
                run.SaveCheckpoint();
            if (setup.Network.HasClasses && !run.Data.ClassNames.IsEmpty)
                ClassNames.Save(folder, run.Data.ClassNames);
            run.Setup.Save(folder);
            run.PlanSamples();
            return run;
        }
        catch
        {
            run.Dispose();
            throw;
        }
    }

    /// <summary>Refuses a folder that a new run can't have.</summary>
    /// <exception cref="IOException">It is a file, or holds more than what a run leaves that was killed before its settings
    /// were saved.</exception>
    public static void CheckIsFree(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        if (File.Exists(folder))
            throw new IOException($"'{folder}' is a file; a run needs a folder of its own.");
        if (Directory.Exists(folder) && !RunBeginning.IsAll(folder))
            throw new IOException(
                $"The folder '{folder}' is not empty. Name another one"
                    + (TrainingSetup.CanResume(folder) ? ", or resume the run that is in it." : ".")
            );
    }

    /// <summary>Takes up a run where its newest checkpoint left it; from its beginning where there is none yet.</summary>
    /// <param name="folder">The run's folder.</param>
    /// <param name="device">Where to train; default the CPU.</param>
    /// <param name="data">The run's images where they are in memory already; null reads them.</param>
    /// <exception cref="FileNotFoundException">The folder holds no run.</exception>
    /// <exception cref="InvalidDataException">The setup or all checkpoints are damaged, or the images are others than the
    /// run began with. Where only the newest checkpoint is damaged the one before it is taken; see
    /// <see cref="Notices"/>.</exception>
    /// <exception cref="ArgumentException">The setup isn't the one that the checkpoint was saved under; shows the
    /// difference.</exception>
    /// <exception cref="IOException">Another process trains the run, or the folder can't be written.</exception>
    public static TrainingRun Resume(string folder, Device? device = null, ImageDataset? data = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var setup = TrainingSetup.ForResuming(folder);
        var held = new RunLock(folder);
        TrainingRun? run = null;
        try
        {
            run = new TrainingRun(folder, setup, device, data, null);
            run.CheckSameImages();
            // A kill amid a file's writing leaves it, and may come before every end of training.
            AtomicFile.ClearAsides(folder);
            run.TakeUp();
            run.WriteAgain();
            run.PlanSamples();
            run._lock = held;
            return run;
        }
        catch
        {
            run?.Dispose();
            held.Dispose();
            throw;
        }
    }

    /// <summary>Trains to the end, or until cancelled; then saves a checkpoint, and at the end the pipeline.</summary>
    /// <param name="onStep">Called after every step.</param>
    /// <param name="cancel">Ends the run after the current step.</param>
    /// <returns>Whether all steps are done.</returns>
    /// <exception cref="NotFiniteNumberException">A loss, the gradient or a weight is NaN or infinite; the newest checkpoint
    /// stays.</exception>
    /// <exception cref="IOException">A checkpoint or the log can't be written; the newest checkpoint stays.</exception>
    public bool Train(Action<TrainingProgress>? onStep = null, CancellationToken cancel = default)
    {
        var earlier = _elapsed;
        var first = Step;
        var clock = Stopwatch.StartNew();
        using (var metrics = new MetricsLog(Folder, first, Setup.Options, _losses.Sum, _losses.Steps))
        {
            while (!IsDone && !cancel.IsCancellationRequested)
            {
                var done = _trainer.TrainStep();
                _elapsed = earlier + clock.Elapsed;
                var line = metrics.Add(Step, done, _elapsed);
                _losses = (metrics.LossSum, metrics.LossSteps);
                onStep?.Invoke(
                    new TrainingProgress(
                        Step,
                        Setup.Options.Steps,
                        done.Loss,
                        done.LearningRate,
                        _elapsed,
                        (Step - first) * Setup.Options.BatchSize / clock.Elapsed.TotalSeconds,
                        line
                    )
                );
                if (Step % Setup.Options.CheckpointEvery == 0 && !IsDone)
                    SaveCheckpoint();
                if (!IsDone && Step % long.Max(1, Setup.Options.SampleEvery) == 0)
                    DrawSamples();
            }
        }
        if (Step > first && (IsDone || Step % Setup.Options.CheckpointEvery != 0))
            SaveCheckpoint();
        // A kill may have come between the last checkpoint and this.
        var ends = IsDone && (Step > first || !HasPipeline());
        if (ends)
            DrawSamples();
        if (ends)
            SavePipeline();
        return IsDone;
    }

    /// <summary>The losses so far, one for each line of the log: the mean over its steps.</summary>
    public IReadOnlyList<(long Step, double Loss)> ReadLosses() =>
        [.. TrainingMetrics.Load(Folder).Select(line => (line.Step, line.Loss))];

    /// <summary>Frees network, optimizer and average.</summary>
    public void Dispose()
    {
        _lock?.Dispose();
        _trainer.Dispose();
        _network.Dispose();
        _process.Dispose();
    }

    private void TakeUp()
    {
        var setup = Setup.ToJson();
        var position = _checkpoints.LoadNewest(
            (state, position) =>
            {
                SetupDifference.Refuse(Path.Combine(Folder, TrainingSetup.FileName), SetupOf(position), setup);
                _trainer.Restore(state);
            },
            damaged => Notices = Notices.Add(damaged)
        );
        if (position is null)
        {
            if (LastLogged() is { } step)
                Notices = Notices.Add(
                    $"'{Folder}' holds no checkpoint: the run begins again at step 0. Its log had come to step {step}, and is"
                        + " written again."
                );
            return;
        }
        _elapsed = TimeSpan.FromSeconds(position.Seconds);
        _losses = (position.LossSum, position.LossSteps);
    }

    // Settings that were read from a checkpoint, and names that are damaged or that a kill kept from being saved.
    private void WriteAgain()
    {
        if (Setup.Network.HasClasses && !Data.ClassNames.IsEmpty && !HasClassNames())
            ClassNames.Save(Folder, Data.ClassNames);
        if (Setup.Recovered is not { } recovered)
            return;
        SetupRecovery.Write(Folder, Setup);
        Notices = Notices.Add(recovered);
    }

    private bool HasClassNames()
    {
        try
        {
            return !ClassNames.Load(Folder).IsEmpty;
        }
        catch (InvalidDataException damaged)
        {
            Notices = Notices.Add($"{damaged.Message} The names are those of the images, and are written again.");
            return false;
        }
    }

    // Read and written again, so that what an earlier version didn't know has its default, as in the setup itself.
    private static JsonObject? SetupOf(CheckpointPosition position)
    {
        if (position.Setup is null)
            return null;
        try
        {
            return TrainingSetup.FromJson(position.Setup).ToJson();
        }
        catch (Exception damaged)
        {
            throw new InvalidDataException(
                $"The checkpoint of step {position.Step} is damaged: the setup that it was saved under can't be read.",
                damaged
            );
        }
    }

    private void SaveCheckpoint()
    {
        _trainer.RequireFiniteWeights();
        using var scope = NewDisposeScope();
        _checkpoints.Save(
            _trainer.Capture(),
            new CheckpointPosition(Step, _elapsed.TotalSeconds)
            {
                LossSum = _losses.Sum,
                LossSteps = _losses.Steps,
                Setup = Setup.ToJson(),
            }
        );
    }

    // Pictures are an extra: what is wrong with one is said, once, and the training goes on.
    private void DrawSamples()
    {
        if (!_drawsSamples)
            return;
        try
        {
            TrainingSamples.Draw(this, _trainer.Ema.State);
        }
        catch (Exception failed) when (failed is not OperationCanceledException and not OutOfMemoryException)
        {
            _drawsSamples = false;
            Notices = Notices.Add(
                $"The samples of step {Step} can't be drawn, and no others are in this session: {failed.Message}"
            );
        }
    }

    private void PlanSamples()
    {
        if (Setup.Options.SampleEvery == 0 || IsDone && HasPipeline())
            return;
        var why = TrainingSamples.WhyNot(this);
        _drawsSamples = why is null;
        if (why is not null)
            Notices = Notices.Add($"No pictures of samples are drawn on the way: {why}");
    }

    // All of it: what was taken away is written again.
    private bool HasPipeline() =>
        Pipeline.IsIn(Folder)
        && WeightsFolder.IsIn(Folder, Pipeline.NetworkFolder)
        && File.Exists(Path.Combine(Folder, Pipeline.NetworkConfigFile))
        && File.Exists(Path.Combine(Folder, Pipeline.SchedulerFile))
        && _trainer.Averages.Skip(1).All(a => File.Exists(Path.Combine(Folder, Pipeline.AverageFile(a.Decay))));

    private long? LastLogged()
    {
        var file = Path.Combine(Folder, TrainingMetrics.FileName);
        return File.Exists(file)
            ? File.ReadLines(file).Select(line => TrainingMetrics.Read(line, 0)?.Step).Max()
            : null;
    }

    // The index comes last, so that a folder with one has all of its averages.
    private void SavePipeline()
    {
        foreach (var average in _trainer.Averages.Skip(1))
            Pipeline.SaveAverage(Folder, average.Decay, average.State);
        Pipeline.Save(Folder, Setup.Network, Setup.Scheduler, _trainer.Ema.State);
    }

    private static string Describe(ImageDataset data) =>
        $"{data.Count} images of {data.Channels}×{data.Height}×{data.Width}"
        + (
            data.ClassNames.IsEmpty
                ? data.ClassCount > 0
                    ? $", {data.ClassCount} classes"
                    : ""
                : $", classes {string.Join(", ", data.ClassNames)}"
        );

    private void CheckSameImages()
    {
        if (Setup.DataFingerprint is { } began && began != Data.Fingerprint())
            throw new InvalidDataException(
                $"{Data.Name}: the images are others, or have other labels, than those that the run in '{Folder}' began with ({Difference()}), so that "
                    + "it can't go on as it would have. Put them back as they were, or begin a new run"
                    + (Pipeline.IsIn(Folder) ? " from this one's model (--from)." : ".")
            );
    }

    private string Difference() =>
        Setup.DataDescription is { } then && then != Describe(Data)
            ? $"{then} then, {Describe(Data)} now"
            : $"SHA-256 {Setup.DataFingerprint![..12]}… then, {Data.Fingerprint()[..12]}… now";

    private static void CheckFits(ImageDataset data, UNet2DConfig network)
    {
        if (
            data.Channels != network.InChannels
            || network.SampleSize is { } size && size != new ImageSize(data.Height, data.Width)
        )
            throw new InvalidDataException(
                $"{data.Name} holds images of {data.Channels} channels and {data.Height}×{data.Width} pixels; the network takes {network.InChannels} and {network.SampleSize}."
            );
    }
}
