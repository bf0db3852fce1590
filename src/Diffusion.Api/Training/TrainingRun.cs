using System.Diagnostics;
using Diffusion.Nn;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>
/// A training run in a folder: checkpoints while it goes on, a diffusers pipeline folder with the averaged weights when
/// it is done. Killed at any moment, it goes on from its newest checkpoint as if nothing had happened.
/// </summary>
/// <remarks>
/// The folder holds <c>training.json</c> (the setup), <c>metrics.jsonl</c> (one line a step), <c>checkpoints/</c>, and
/// in the end the pipeline's own files. Not thread-safe.
/// </remarks>
public sealed class TrainingRun : IDisposable
{
    private readonly UNet2D _network;
    private readonly GaussianDiffusion _process;
    private readonly Trainer _trainer;
    private readonly CheckpointStore _checkpoints;
    private TimeSpan _elapsed;

    private TrainingRun(string folder, TrainingSetup setup, Device? device)
    {
        (Folder, Setup) = (folder, setup);
        setup.Options.Validate();
        var data = ImageDataset.Load(setup.Data);
        CheckFits(data, setup.Network);
        _checkpoints = new CheckpointStore(folder);
        _process = setup.Scheduler.ToProcess(setup.LossWeight);
        manual_seed(Seeds.Derive(setup.Options.Seed, Seeds.Stream.Initialisation, 0));
        _network = new UNet2D(setup.Network);
        _trainer = new Trainer(_network, _process, data, setup.Options, device);
    }

    /// <summary>The run's folder.</summary>
    public string Folder { get; }

    /// <summary>What it is made from.</summary>
    public TrainingSetup Setup { get; }

    /// <summary>Optimizer steps done.</summary>
    public long Step => _trainer.Step;

    /// <summary>Whether all steps are done.</summary>
    public bool IsDone => Step >= Setup.Options.Steps;

    /// <summary>Begins a run in a new or empty folder.</summary>
    /// <exception cref="IOException">The folder isn't empty, or can't be written.</exception>
    /// <exception cref="InvalidDataException">The data can't be read, or doesn't fit the network; the folder is untouched.</exception>
    public static TrainingRun Create(string folder, TrainingSetup setup, Device? device = null)
    {
        ArgumentNullException.ThrowIfNull(setup);
        CheckIsFree(folder);
        var run = new TrainingRun(folder, setup, device);
        try
        {
            Directory.CreateDirectory(folder);
            setup.Save(folder);
            return run;
        }
        catch
        {
            run.Dispose();
            throw;
        }
    }

    /// <summary>Refuses a folder that a new run can't have.</summary>
    /// <exception cref="IOException">It isn't empty, or is a file.</exception>
    public static void CheckIsFree(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        if (File.Exists(folder))
            throw new IOException($"'{folder}' is a file; a run needs a folder of its own.");
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
            throw new IOException(
                $"The folder '{folder}' is not empty. Name another one"
                    + (TrainingSetup.IsIn(folder) ? ", or resume the run that is in it." : ".")
            );
    }

    /// <summary>Takes up a run where its newest checkpoint left it; from its beginning where there is none yet.</summary>
    /// <exception cref="FileNotFoundException">The folder holds no run.</exception>
    /// <exception cref="InvalidDataException">The setup or the checkpoint is damaged.</exception>
    public static TrainingRun Resume(string folder, Device? device = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var run = new TrainingRun(folder, TrainingSetup.Load(folder), device);
        try
        {
            run._elapsed = run._checkpoints.LoadNewest(run._trainer.Restore);
            return run;
        }
        catch
        {
            run.Dispose();
            throw;
        }
    }

    /// <summary>Trains to the end, or until cancelled; then saves a checkpoint, and at the end the pipeline.</summary>
    /// <param name="onStep">Called after every step.</param>
    /// <param name="cancel">Ends the run after the current step.</param>
    /// <returns>Whether all steps are done.</returns>
    /// <exception cref="NotFiniteNumberException">The loss is NaN or infinite; the newest checkpoint stays.</exception>
    public bool Train(Action<TrainingProgress>? onStep = null, CancellationToken cancel = default)
    {
        var earlier = _elapsed;
        var first = Step;
        var clock = Stopwatch.StartNew();
        using (var metrics = new MetricsLog(Folder, first))
        {
            while (!IsDone && !cancel.IsCancellationRequested)
            {
                var (loss, rate) = _trainer.TrainStep();
                _elapsed = earlier + clock.Elapsed;
                metrics.Write(Step, loss, rate, _elapsed);
                onStep?.Invoke(
                    new TrainingProgress(
                        Step,
                        Setup.Options.Steps,
                        loss,
                        rate,
                        _elapsed,
                        (Step - first) * Setup.Options.BatchSize / clock.Elapsed.TotalSeconds
                    )
                );
                if (Step % Setup.Options.CheckpointEvery == 0 && !IsDone)
                    _checkpoints.Save(_trainer.Capture(), _elapsed);
            }
        }
        if (Step > first && (IsDone || Step % Setup.Options.CheckpointEvery != 0))
            _checkpoints.Save(_trainer.Capture(), _elapsed);
        // A kill may have come between the last checkpoint and this.
        if (IsDone && (Step > first || !Pipeline.IsIn(Folder)))
            Pipeline.Save(Folder, Setup.Network, Setup.Scheduler, _trainer.Ema.State);
        return IsDone;
    }

    /// <summary>The loss of every step so far.</summary>
    public IReadOnlyList<(long Step, double Loss)> ReadLosses() => MetricsLog.Losses(Folder);

    /// <summary>Frees network, optimizer and average.</summary>
    public void Dispose()
    {
        _trainer.Dispose();
        _network.Dispose();
        _process.Dispose();
    }

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
