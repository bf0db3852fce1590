using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Diffusion.Math;
using Diffusion.Nn;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>
/// A trained model: a network and the scheduler config it was trained with, kept as a diffusers pipeline folder
/// (<c>model_index.json</c>, <c>scheduler/scheduler_config.json</c>, <c>unet/config.json</c>,
/// <c>unet/diffusion_pytorch_model.safetensors</c>) that Python's <c>DDPMPipeline.from_pretrained</c> reads as it is.
/// </summary>
/// <remarks>Owns its network: dispose of it when done. Not thread-safe.</remarks>
public sealed class Pipeline : IDisposable
{
    /// <summary>The release of diffusers whose format is written.</summary>
    internal const string DiffusersVersion = "0.27.2";

    private const string IndexFile = "model_index.json";
    private static readonly string SchedulerFile = Path.Combine("scheduler", "scheduler_config.json");
    private static readonly string NetworkConfigFile = Path.Combine("unet", "config.json");
    private static readonly string WeightsFile = Path.Combine("unet", "diffusion_pytorch_model.safetensors");

    private readonly GaussianDiffusion _process;
    private readonly Device _device;

    /// <summary>Joins a network and its scheduler config.</summary>
    /// <param name="network">Owned by the pipeline from here on.</param>
    /// <param name="scheduler">Schedule, prediction, variance.</param>
    /// <param name="device">Where to compute; default the CPU. The network is moved there.</param>
    public Pipeline(UNet2D network, SchedulerConfig scheduler, Device? device = null)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(scheduler);
        (Network, Scheduler, _process, _device) = (network, scheduler, scheduler.ToProcess(), device ?? CPU);
        Network.to(_device);
    }

    /// <summary>The network.</summary>
    public UNet2D Network { get; }

    /// <summary>Schedule, prediction, variance.</summary>
    public SchedulerConfig Scheduler { get; }

    /// <summary>The noise schedule.</summary>
    public Schedule Schedule => _process.Schedule;

    /// <summary>What was said in the files but has no effect here, one line each.</summary>
    public ImmutableArray<string> Notices { get; private init; } = [];

    /// <summary>Whether a folder holds a pipeline.</summary>
    public static bool IsIn(string folder) => File.Exists(Path.Combine(folder, IndexFile));

    /// <summary>Loads a pipeline folder, ours or diffusers'.</summary>
    /// <param name="folder">The folder that <c>model_index.json</c> is in.</param>
    /// <param name="device">Where to compute; default the CPU.</param>
    /// <exception cref="FileNotFoundException">A file of the pipeline is missing.</exception>
    /// <exception cref="InvalidDataException">A file is damaged, says something unsupported, or doesn't fit the others.</exception>
    public static Pipeline Load(string folder, Device? device = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        if (!IsIn(folder))
            throw new FileNotFoundException($"'{folder}' is not a pipeline folder: there is no {IndexFile} in it.");
        ImmutableArray<string> notices = [];
        var scheduler = Parse(folder, SchedulerFile, json => SchedulerConfig.FromJson(json, out notices));
        var network = new UNet2D(Parse(folder, NetworkConfigFile, UNet2DConfig.FromJson));
        try
        {
            Weights.Load(network, Path.Combine(folder, WeightsFile));
            network.eval();
            return new Pipeline(network, scheduler, device)
            {
                Notices = notices.AddRange(
                    network
                        .Config.UnknownKeys.Keys.Where(key => !key.StartsWith('_'))
                        .Select(key => $"unet: {key} is unknown and has no effect.")
                ),
            };
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    /// <summary>Saves the pipeline; every file is replaced whole.</summary>
    /// <param name="folder">Made where it isn't there.</param>
    public void Save(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        Save(folder, Network.Config, Scheduler, Network.state_dict());
    }

    /// <summary>Saves a pipeline of which only the weights are at hand, such as a moving average.</summary>
    internal static void Save(
        string folder,
        UNet2DConfig config,
        SchedulerConfig scheduler,
        IEnumerable<KeyValuePair<string, Tensor>> weights
    )
    {
        Directory.CreateDirectory(Path.Combine(folder, "scheduler"));
        Directory.CreateDirectory(Path.Combine(folder, "unet"));
        AtomicFile.WriteText(Path.Combine(folder, SchedulerFile), scheduler.ToJson());
        AtomicFile.WriteText(Path.Combine(folder, NetworkConfigFile), config.ToJson());
        Safetensors.Save(
            Path.Combine(folder, WeightsFile),
            weights.Select(pair => (pair.Key, pair.Value)),
            Safetensors.TorchMetadata
        );
        // Last, since it is what makes the folder a pipeline.
        AtomicFile.WriteText(Path.Combine(folder, IndexFile), Index());
    }

    /// <summary>Draws samples.</summary>
    /// <param name="plan">The sampler, over <see cref="Schedule"/>.</param>
    /// <param name="count">Number of samples, at least 1.</param>
    /// <param name="seed">The same seed gives the same samples, however they are split into batches.</param>
    /// <param name="first">Number of the first sample, from 0.</param>
    /// <param name="onStep">Called after each step with the number of steps done and the state, which it must not keep.</param>
    /// <param name="cancel">Ends the run between two steps.</param>
    /// <returns>[B, C, H, W] in about [−1, 1], on the CPU.</returns>
    public Tensor Sample(
        SamplingPlan plan,
        int count,
        ulong seed = 0,
        long first = 0,
        Action<int, Tensor>? onStep = null,
        CancellationToken cancel = default
    )
    {
        Network.eval();
        var size =
            Network.Config.SampleSize
            ?? throw new InvalidDataException(
                "The network's config has no sample_size, so the size of its samples isn't known."
            );
        var shape = new long[] { Network.Config.InChannels, size.Height, size.Width };
        using var scope = NewDisposeScope();
        var images = _process.Sample(Network.call, plan, count, shape, seed, first, _device, onStep, cancel);
        return images.cpu().MoveToOuterDisposeScope();
    }

    /// <summary>Frees the network.</summary>
    public void Dispose()
    {
        _process.Dispose();
        Network.Dispose();
    }

    private static T Parse<T>(string folder, string file, Func<string, T> parse)
    {
        var path = Path.Combine(folder, file);
        if (!File.Exists(path))
            throw new FileNotFoundException($"'{folder}' is not a whole pipeline folder: there is no {file} in it.");
        try
        {
            return parse(File.ReadAllText(path));
        }
        catch (InvalidDataException damaged)
        {
            throw new InvalidDataException($"'{path}': {damaged.Message}", damaged);
        }
    }

    internal static string Index()
    {
        var json = new JsonObject
        {
            ["_class_name"] = "DDPMPipeline",
            ["_diffusers_version"] = DiffusersVersion,
            ["scheduler"] = new JsonArray("diffusers", "DDPMScheduler"),
            ["unet"] = new JsonArray("diffusers", "UNet2DModel"),
        };
        return json.ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n";
    }
}
