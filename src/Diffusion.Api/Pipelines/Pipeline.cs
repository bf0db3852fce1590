using System.Collections.Immutable;
using Diffusion.Math;
using Diffusion.Nn;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>
/// A trained model: a network and the scheduler config it was trained with, kept as a diffusers pipeline folder
/// (<c>model_index.json</c>, <c>scheduler/scheduler_config.json</c>, <c>unet/config.json</c>,
/// <c>unet/diffusion_pytorch_model.safetensors</c>) that Python's diffusers reads as it is.
/// </summary>
/// <remarks>
/// Pipelines of a <c>UNet2DModel</c> and any scheduler of <see cref="SchedulerClass"/>; docs/checkpoints.md says what
/// every key means here. Owns its network: dispose of it when done. Not thread-safe.
/// </remarks>
public sealed partial class Pipeline : IDisposable
{
    /// <summary>The release of diffusers whose format is written.</summary>
    internal const string DiffusersVersion = "0.27.2";

    /// <summary>Steps of a sampler where nobody says how many.</summary>
    public const int UsualSteps = 50;

    /// <summary>The folder of the network within a pipeline's.</summary>
    internal const string NetworkFolder = "unet";

    /// <summary>The folder of the scheduler within a pipeline's.</summary>
    internal const string SchedulerFolder = "scheduler";

    internal const string SchedulerFile = SchedulerFolder + "/scheduler_config.json";
    internal const string NetworkConfigFile = NetworkFolder + "/config.json";
    internal const string WeightsFile = NetworkFolder + "/" + WeightsFolder.SingleFile;

    private readonly GaussianDiffusion _process;
    private readonly Device _device;
    private readonly ScalarType _dtype;

    /// <summary>Joins a network and its scheduler config.</summary>
    /// <param name="network">Owned by the pipeline from here on.</param>
    /// <param name="scheduler">Schedule, prediction, variance, sampler.</param>
    /// <param name="device">Where to compute; default the CPU. The network is moved there.</param>
    /// <param name="dtype">
    /// What the network computes in; default 32-bit floats. States of the sampler are 64-bit for a 64-bit network,
    /// otherwise 32-bit.
    /// </param>
    /// <exception cref="ArgumentException"><paramref name="dtype"/> is no type of real numbers.</exception>
    public Pipeline(UNet2D network, SchedulerConfig scheduler, Device? device = null, ScalarType? dtype = null)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(scheduler);
        _dtype = dtype ?? ScalarType.Float32;
        if (_dtype is not (ScalarType.Float32 or ScalarType.Float64 or ScalarType.Float16 or ScalarType.BFloat16))
            throw new ArgumentException($"dtype must be a type of real numbers, such as Float32, not {_dtype}.");
        (Network, Scheduler, _process, _device) = (network, scheduler, scheduler.ToProcess(), device ?? CPU);
        Network.to(_device);
        Network.to(_dtype);
    }

    /// <summary>The network.</summary>
    public UNet2D Network { get; }

    /// <summary>Schedule, prediction, variance, sampler.</summary>
    public SchedulerConfig Scheduler { get; }

    /// <summary>The noise schedule.</summary>
    public Schedule Schedule => _process.Schedule;

    /// <summary>What the files say without effect here; and of a training run that isn't finished, of which step it is and
    /// which damaged checkpoints were passed over. One line each.</summary>
    public ImmutableArray<string> Notices { get; internal init; } = [];

    /// <summary>
    /// How many classes the network knows by number; null where it knows none, or any number, as those of
    /// <see cref="ClassEmbedType.Timestep"/> do. <see cref="NullLabel"/> is none of them.
    /// </summary>
    public int? Classes => NullLabel.ClassesBeside(Network.Config);

    /// <summary>The process that the network was trained in.</summary>
    internal GaussianDiffusion Process => _process;

    private PipelineIndex Index { get; init; } = PipelineIndex.Default;

    // Some pipeline classes sample by a scheduler of their own, made of the folder's.
    private SchedulerConfig Sampler
    {
        get => field ?? Scheduler;
        init;
    }

    private ScalarType StateType => _dtype == ScalarType.Float64 ? _dtype : ScalarType.Float32;

    /// <summary>Whether a folder holds a pipeline.</summary>
    public static bool IsIn(string folder) => File.Exists(Path.Combine(folder, PipelineIndex.File));

    /// <summary>Loads a pipeline folder, ours or diffusers'; or of a training run that isn't finished the average of its newest
    /// checkpoint, which <see cref="Notices"/> says.</summary>
    /// <param name="folder">The folder that <c>model_index.json</c> is in, or a run's.</param>
    /// <param name="device">Where to compute; default the CPU.</param>
    /// <param name="dtype">What to compute in, whatever the files hold; default 32-bit floats.</param>
    /// <param name="variant">
    /// Which of several weights, such as <c>fp16</c> for <c>diffusion_pytorch_model.fp16.safetensors</c>; null for those
    /// without a variant. See <see cref="Weights.FileIn"/>.
    /// </param>
    /// <exception cref="FileNotFoundException">
    /// A file of the pipeline is missing; where it is the weights, the message says which variants there are.
    /// </exception>
    /// <exception cref="ArgumentException"><paramref name="variant"/> is no plain name.</exception>
    /// <exception cref="InvalidDataException">
    /// A file is damaged, lies outside of the folder, says something unsupported, or doesn't fit the others.
    /// </exception>
    public static Pipeline Load(string folder, Device? device = null, ScalarType? dtype = null, string? variant = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        if (!Directory.Exists(folder))
            throw new FileNotFoundException(
                $"There is no folder '{folder}'. Nothing is downloaded here: fetch the model's files first, and name the folder"
                    + " that they are in."
            );
        if (UnfinishedRun.IsIn(folder))
            return UnfinishedRun.Load(folder, device, dtype, variant);
        if (!IsIn(folder))
            throw new FileNotFoundException(
                $"'{folder}' is not a pipeline folder: there is no {PipelineIndex.File} in it."
            );
        var files = ModelFiles.Of(folder, variant);
        var index = files.ReadIndex();
        var config = files.ReadNetworkConfig();
        var scheduler = files.ReadScheduler(index, config);
        var network = files.LoadNetwork(config);
        try
        {
            return new Pipeline(network, scheduler.Config, device, dtype)
            {
                Index = index,
                Sampler = scheduler.Sampler,
                Notices = scheduler.Notices.AddRange(UNet2DNotices.Of(config).Select(notice => $"unet: {notice}")),
            };
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Saves the pipeline; every file is replaced whole. What was loaded and not changed is written as it was, unknown
    /// keys included.
    /// </summary>
    /// <param name="folder">Made where it isn't there.</param>
    public void Save(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        Save(folder, Network.Config, Scheduler, Network.state_dict(), Index);
    }

    /// <summary>Saves a pipeline of which only the weights are at hand, such as a moving average.</summary>
    internal static void Save(
        string folder,
        UNet2DConfig config,
        SchedulerConfig scheduler,
        IEnumerable<KeyValuePair<string, Tensor>> weights,
        PipelineIndex? index = null
    )
    {
        Directory.CreateDirectory(Path.Combine(folder, SchedulerFolder));
        Directory.CreateDirectory(Path.Combine(folder, NetworkFolder));
        AtomicFile.WriteText(Path.Combine(folder, SchedulerFile), scheduler.ToJson());
        AtomicFile.WriteText(Path.Combine(folder, NetworkConfigFile), config.ToJson());
        // One file; shards that were there before, which would be read first, go.
        Safetensors.SaveSharded(
            Path.Combine(folder, WeightsFile),
            weights.Select(pair => (pair.Key, pair.Value)),
            long.MaxValue,
            Safetensors.TorchMetadata
        );
        // Last, since it is what makes the folder a pipeline.
        AtomicFile.WriteText(
            Path.Combine(folder, PipelineIndex.File),
            (index ?? PipelineIndex.Default).Write(scheduler.Class)
        );
    }

    /// <summary>
    /// Saves an average beside a pipeline's own weights, as what diffusers calls a variant: <c>ema-0.9999</c> for
    /// <see cref="Load"/> and its <c>from_pretrained</c>.
    /// </summary>
    internal static void SaveAverage(string folder, double decay, IEnumerable<KeyValuePair<string, Tensor>> weights)
    {
        Directory.CreateDirectory(Path.Combine(folder, NetworkFolder));
        Safetensors.Save(
            Path.Combine(folder, AverageFile(decay)),
            weights.Select(pair => (pair.Key, pair.Value)),
            Safetensors.TorchMetadata
        );
    }

    /// <summary>The file of such an average in a pipeline's folder.</summary>
    internal static string AverageFile(double decay) =>
        $"{NetworkFolder}/{WeightsFolder.Stem}.{AverageState.NameOf(decay)}{SafetensorsSet.Extension}";

    /// <summary>Frees the network.</summary>
    public void Dispose()
    {
        _process.Dispose();
        Network.Dispose();
    }
}
