using System.Text.Json;
using System.Text.Json.Nodes;
using Diffusion.Math;
using Diffusion.Nn;

namespace Diffusion.Api;

/// <summary>Everything that a training run is made from; saved as <c>training.json</c> in the run's folder. Immutable.</summary>
/// <param name="Data">IDX file, or folder with MNIST's file names.</param>
/// <param name="Network">The network.</param>
/// <param name="Scheduler">Schedule and prediction.</param>
/// <param name="Options">How to train.</param>
/// <param name="MinSnrGamma">γ of min-SNR loss weights (Hang et al. 2023); null for the simple loss.</param>
public sealed record TrainingSetup(
    string Data,
    UNet2DConfig Network,
    SchedulerConfig Scheduler,
    TrainingOptions Options,
    double? MinSnrGamma = null
)
{
    private const string Name = "training.json";

    /// <summary>The weight of each time's loss.</summary>
    public LossWeight LossWeight => MinSnrGamma is { } gamma ? LossWeight.MinSnr(gamma) : LossWeight.Simple;

    /// <summary>Whether a folder holds a training run.</summary>
    public static bool IsIn(string folder) => File.Exists(Path.Combine(folder, Name));

    internal void Save(string folder)
    {
        var json = new JsonObject
        {
            ["data"] = Path.GetFullPath(Data),
            ["min_snr_gamma"] = MinSnrGamma,
            ["options"] = JsonSerializer.SerializeToNode(Options),
            ["scheduler"] = JsonNode.Parse(PythonJson.ToStrict(Scheduler.ToJson())),
            ["unet"] = JsonNode.Parse(Network.ToJson()),
        };
        AtomicFile.WriteText(
            Path.Combine(folder, Name),
            json.ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n"
        );
    }

    internal static TrainingSetup Load(string folder)
    {
        var file = Path.Combine(folder, Name);
        if (!File.Exists(file))
            throw new FileNotFoundException($"'{folder}' is not a training run: there is no {Name} in it.");
        try
        {
            var json = JsonNode.Parse(File.ReadAllText(file))!.AsObject();
            return new TrainingSetup(
                json["data"]!.GetValue<string>(),
                UNet2DConfig.FromJson(json["unet"]!.ToJsonString()),
                SchedulerConfig.FromJson(json["scheduler"]!.ToJsonString(), out _),
                json["options"]?.Deserialize<TrainingOptions>() ?? throw new InvalidDataException("it has no options."),
                json["min_snr_gamma"]?.GetValue<double>()
            );
        }
        catch (Exception damaged) when (damaged is not IOException)
        {
            throw new InvalidDataException($"'{file}' is damaged: {damaged.Message}", damaged);
        }
    }
}
