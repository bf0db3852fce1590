using System.Text.Json;
using System.Text.Json.Nodes;
using Diffusion.Math;
using Diffusion.Nn;

namespace Diffusion.Api;

/// <summary>Everything that a training run is made from; saved as <c>training.json</c> in the run's folder. Immutable.</summary>
/// <param name="Data">Images, as <see cref="ImageDataset.Load"/> takes them.</param>
/// <param name="Network">The network.</param>
/// <param name="Scheduler">Schedule and prediction.</param>
/// <param name="Options">How to train.</param>
/// <param name="Objective">What is minimised; null for the default.</param>
public sealed record TrainingSetup(
    string Data,
    UNet2DConfig Network,
    SchedulerConfig Scheduler,
    TrainingOptions Options,
    TrainingObjective? Objective = null
)
{
    internal const string FileName = "training.json";

    /// <summary>What is minimised.</summary>
    public TrainingObjective Objective { get; init; } = Objective ?? new TrainingObjective();

    /// <summary>Whether images that can't be read are left out; by default they are an error.</summary>
    public bool SkipBad { get; init; }

    /// <summary>The folder of the model that training began with; null for random weights.</summary>
    public string? From { get; init; }

    /// <summary>Which of that model's weights, as for <see cref="Pipeline.Load"/>; null for the usual.</summary>
    public string? FromVariant { get; init; }

    /// <summary>The fingerprint of the images that the run began with; null before it has begun.</summary>
    internal string? DataFingerprint { get; init; }

    /// <summary>A few words on those images, for who has others; null before the run has begun.</summary>
    internal string? DataDescription { get; init; }

    /// <summary>Whether images of the run were scaled, cropped or given other channels; false before it has begun, and in runs
    /// of before this was kept.</summary>
    internal bool ImagesAreFitted { get; init; }

    /// <summary>How it came that this was read from a checkpoint; null where it wasn't.</summary>
    internal string? Recovered { get; init; }

    /// <summary>The process that the network is trained in.</summary>
    /// <exception cref="ArgumentException">Prediction, loss weight, variance and schedule don't go together.</exception>
    public GaussianDiffusion ToProcess()
    {
        try
        {
            var weight = Objective.LossWeight.For(Scheduler.ToSchedule(), Scheduler.Variance);
            return Scheduler.ToProcess(weight, Objective.BoundWeight);
        }
        catch (InvalidOperationException impossible)
        {
            throw new ArgumentException(impossible.Message, impossible);
        }
    }

    /// <summary>Whether a folder holds a training run.</summary>
    public static bool IsIn(string folder) => File.Exists(Path.Combine(folder, FileName));

    /// <summary>Whether a folder holds a run to go on with: its settings, or a checkpoint that has them; see
    /// <see cref="ForResuming"/>.</summary>
    /// <param name="folder">The folder; it may be missing.</param>
    public static bool CanResume(string folder) => IsIn(folder) || SetupRecovery.Find(folder) is not null;

    /// <summary>Reads the images as the network takes them: in its channels, and at its sample_size where it says one.</summary>
    /// <param name="onImage">As <see cref="ImageLoading.OnImage"/>.</param>
    /// <exception cref="FileNotFoundException">There are no images at <see cref="Data"/>.</exception>
    /// <exception cref="InvalidDataException">As for <see cref="ImageDataset.Load"/>.</exception>
    public ImageDataset LoadImages(Action<int, int>? onImage = null) =>
        ImageDataset.Load(
            Data,
            new ImageLoading
            {
                Size = Network.SampleSize,
                Channels = Network.InChannels,
                SkipBad = SkipBad,
                OnImage = onImage,
            }
        );

    internal void Save(string folder) =>
        AtomicFile.WriteText(
            Path.Combine(folder, FileName),
            ToJson().ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n"
        );

    internal JsonObject ToJson() =>
        new()
        {
            ["data"] = Path.GetFullPath(Data),
            ["data_description"] = DataDescription,
            ["data_sha256"] = DataFingerprint,
            ["data_fitted"] = ImagesAreFitted,
            ["from"] = From,
            ["from_variant"] = FromVariant,
            ["objective"] = new JsonObject
            {
                ["bound_weight"] = Objective.BoundWeight,
                ["loss_weight"] = Objective.LossWeight.Text,
                ["times"] = Objective.Times.Text,
            },
            ["options"] = JsonSerializer.SerializeToNode(Options),
            ["scheduler"] = JsonNode.Parse(PythonJson.ToStrict(Scheduler.ToJson())),
            ["skip_bad"] = SkipBad,
            ["unet"] = JsonNode.Parse(PythonJson.ToStrict(Network.ToJson())),
        };

    /// <summary>Reads the setup of a run.</summary>
    /// <param name="folder">The run's folder.</param>
    /// <exception cref="FileNotFoundException">It holds no run.</exception>
    /// <exception cref="InvalidDataException">The setup is damaged, or gone from a run that has checkpoints.</exception>
    public static TrainingSetup Load(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        try
        {
            return Read(folder);
        }
        catch (Exception lost) when (IsLost(lost) && SetupRecovery.Find(folder) is not null)
        {
            throw new InvalidDataException(
                (lost is InvalidDataException ? lost.Message : $"The run in '{folder}' has lost its {FileName}.")
                    + " A checkpoint holds its settings: train --resume writes them again.",
                lost
            );
        }
    }

    /// <summary>Reads the setup of a run to go on with: as <see cref="Load"/>, but of one whose file is damaged or gone the
    /// setup that its newest checkpoint was saved under.</summary>
    /// <param name="folder">The run's folder.</param>
    /// <exception cref="FileNotFoundException">It holds no run.</exception>
    /// <exception cref="InvalidDataException">The setup is damaged, and no checkpoint holds it.</exception>
    public static TrainingSetup ForResuming(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        try
        {
            return Read(folder);
        }
        catch (Exception lost) when (IsLost(lost))
        {
            if (SetupRecovery.Find(folder) is not { } found)
                throw;
            return found.Setup with
            {
                Recovered =
                    $"{lost.Message} The settings are those of the checkpoint {found.From}, and are written again.",
            };
        }
    }

    /// <summary>Reads what <see cref="ToJson"/> gave, also that of an earlier version; what it hadn't has its default.</summary>
    internal static TrainingSetup FromJson(JsonObject json) =>
        new(
            json["data"]!.GetValue<string>(),
            UNet2DConfig.FromJson(json["unet"]!.ToJsonString()),
            SchedulerConfig.FromJson(json["scheduler"]!.ToJsonString(), out _),
            json["options"]?.Deserialize<TrainingOptions>() ?? throw new InvalidDataException("it has no options."),
            ObjectiveIn(json)
        )
        {
            DataDescription = json["data_description"]?.GetValue<string>(),
            DataFingerprint = json["data_sha256"]?.GetValue<string>(),
            ImagesAreFitted = json["data_fitted"]?.GetValue<bool>() ?? false,
            From = json["from"]?.GetValue<string>(),
            FromVariant = json["from_variant"]?.GetValue<string>(),
            SkipBad = json["skip_bad"]?.GetValue<bool>() ?? false,
        };

    private static TrainingSetup Read(string folder)
    {
        var file = Path.Combine(folder, FileName);
        if (!File.Exists(file))
            throw new FileNotFoundException(
                $"'{folder}' is not a training run: there is no {FileName} in it."
                    + (
                        File.Exists(Path.Combine(folder, RunLock.Name)) && RunBeginning.IsAll(folder)
                            ? " It was begun and ended before its settings were saved: begin it again (--out)."
                            : ""
                    )
            );
        // A file that can't be read is no damaged one, and stays where it is.
        var text = RegularFile.ReadText(file);
        try
        {
            return FromJson(JsonNode.Parse(text)!.AsObject());
        }
        catch (Exception damaged) when (damaged is not OutOfMemoryException)
        {
            throw new InvalidDataException($"'{file}' is damaged: {damaged.Message}", damaged);
        }
    }

    private static bool IsLost(Exception failed) => failed is FileNotFoundException or InvalidDataException;

    // Runs of before there were objectives say γ of the min-SNR weight, or nothing.
    private static TrainingObjective ObjectiveIn(JsonObject json) =>
        json["objective"] is { } objective
            ? new TrainingObjective
            {
                BoundWeight = objective["bound_weight"]!.GetValue<double>(),
                LossWeight = LossWeighting.Parse(objective["loss_weight"]!.GetValue<string>()),
                Times = TimeSampling.Parse(objective["times"]!.GetValue<string>()),
            }
        : json["min_snr_gamma"]?.GetValue<double>() is { } gamma
            ? new TrainingObjective { LossWeight = LossWeighting.MinSnr(gamma) }
        : new TrainingObjective();
}
