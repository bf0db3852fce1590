using System.Collections.Immutable;
using Diffusion.Nn;
using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>What is converted: weights, and the files that make them a model.</summary>
/// <param name="Weights">The weights' file, or the index of their shards.</param>
/// <param name="Description">Where they come from, in words.</param>
/// <param name="Network">The network's config; null for weights alone.</param>
/// <param name="Files">Text files of the result by their relative paths.</param>
/// <param name="WeightsName">The weights' relative path in the result; null where the result is one file.</param>
/// <param name="Notices">What is worth a word.</param>
internal sealed record ConversionSource(
    string Weights,
    string Description,
    UNet2DConfig? Network,
    ImmutableArray<(string Path, string Text)> Files,
    string? WeightsName,
    ImmutableArray<string> Notices
)
{
    /// <summary>Finds out what a path is, and gathers its parts.</summary>
    internal static ConversionSource Of(string source, ConversionOptions options)
    {
        ArgumentException.ThrowIfNullOrEmpty(source);
        var isRun = TrainingSetup.CanResume(source);
        if (options.Ema && !isRun)
            throw new ArgumentException(
                $"--ema: '{source}' isn't a training run; only a run keeps a moving average beside its weights."
            );
        if (options.Variant is not null && (File.Exists(source) || options.Ema))
            throw new ArgumentException(
                "--variant chooses among the weights in a model's folder; leave it out for a file and with --ema."
            );
        if (File.Exists(source))
            return OfFile(source, options);
        if (options.NetworkConfig is not null || options.SchedulerConfig is not null)
            throw new ArgumentException(
                $"--network and --scheduler are for weights without a config of their own; '{source}' is no such file."
            );
        if (!Directory.Exists(source))
            throw new FileNotFoundException($"There is no file or folder '{source}'.", source);
        return isRun && (options.Ema || !Pipeline.IsIn(source))
            ? OfRun(source, options)
            : OfFolder(source, options.Variant);
    }

    /// <summary>Reads the tensors.</summary>
    /// <exception cref="InvalidDataException">A file is damaged, or the weights aren't the config's network's.</exception>
    internal SafetensorsFile Load()
    {
        var headers = WeightsHeaders.Read(Weights);
        Refuse([.. headers.Problems.Select(p => $"{p.File}: {p.Message}")]);
        CheckFit(headers.Tensors);
        return Safetensors.Load(Weights);
    }

    private void CheckFit(IReadOnlyCollection<TensorReport> tensors)
    {
        if (Network is null)
            return;
        UNet2DSize.Check(Network, tensors.Sum(t => t.Values), $"'{Weights}'");
        var wanted = TensorFit.Wanted(NetworkShape.Of(Network), "weights");
        Refuse([.. TensorFit.Problems(tensors, wanted).Select(p => $"'{Weights}' doesn't fit the network: {p}")]);
    }

    private static void Refuse(IReadOnlyList<string> problems)
    {
        if (problems.Count > 0)
            throw new InvalidDataException(
                problems[0] + (problems.Count > 1 ? $" ({problems.Count - 1} more problems: see inspect.)" : "")
            );
    }

    private static ConversionSource OfFile(string file, ConversionOptions options)
    {
        if (options.NetworkConfig is not { } config)
            return options.SchedulerConfig is null
                ? new ConversionSource(file, file, null, [], null, [])
                : throw new ArgumentException("--scheduler needs --network, the network's config.json, beside it.");
        var network = UNet2DConfig.Load(config);
        var text = options.SchedulerConfig is { } path ? RegularFile.ReadText(path) : new SchedulerConfig().ToJson();
        var scheduler = ReadScheduler(options.SchedulerConfig, text);
        // As for a folder: what can't be loaded isn't written as if it could.
        try
        {
            PipelineScheduler.CheckNetwork(network, scheduler);
        }
        catch (InvalidDataException refused) when (options.SchedulerConfig is null)
        {
            throw new InvalidDataException(
                $"{refused.Message} Name the model's own scheduler config (--scheduler).",
                refused
            );
        }
        return new ConversionSource(
            file,
            file,
            network,
            [
                (PipelineIndex.File, PipelineIndex.Default.Write(scheduler.Class)),
                (Pipeline.SchedulerFile, text),
                (Pipeline.NetworkConfigFile, network.ToJson()),
            ],
            Pipeline.WeightsFile,
            options.SchedulerConfig is null
                ? ["No --scheduler was given: the schedule is diffusers' default, DDPM with linear β, T = 1000, ε."]
                : []
        );
    }

    private static ConversionSource OfRun(string folder, ConversionOptions options)
    {
        var setup = TrainingSetup.Load(folder);
        var checkpoint =
            new CheckpointStore(folder, canBeginAgain: false).Folders().LastOrDefault()
            ?? throw new InvalidDataException($"The run '{folder}' has no checkpoint yet.");
        var position = Checkpoint.ReadPosition(checkpoint);
        var (name, description) =
            options.Variant is { } variant ? (AverageIn(folder, position, variant), $"the average {variant}")
            : options.Ema ? (Checkpoint.EmaFile, "the moving average")
            : (Checkpoint.WeightsFile, "the weights");
        return new ConversionSource(
            Path.Combine(checkpoint, name),
            $"{folder}, {description} of step {position.Step}",
            setup.Network,
            [
                (PipelineIndex.File, PipelineIndex.Default.Write(setup.Scheduler.Class)),
                (Pipeline.SchedulerFile, setup.Scheduler.ToJson()),
                (Pipeline.NetworkConfigFile, setup.Network.ToJson()),
            ],
            Pipeline.WeightsFile,
            name == Checkpoint.WeightsFile
                ? ["These are not the moving average, which draws better images; see --ema."]
                : []
        );
    }

    // The file of a further average, by the name that the finished run's has as a variant.
    private static string AverageIn(string folder, CheckpointPosition position, string variant)
    {
        double[] decays = [.. position.EmaDecays ?? []];
        var names = decays.Skip(1).Select(AverageState.NameOf).ToImmutableArray();
        var index = names.IndexOf(variant) + 1;
        return index > 0
            ? Checkpoint.EmaFileOf(index, decays[index])
            : throw UnfinishedRun.NoAverage(folder, variant, names);
    }

    private static ConversionSource OfFolder(string folder, string? variant)
    {
        var files = ModelFiles.Of(folder, variant);
        var network = files.ReadNetworkConfig();
        // What can't be loaded isn't passed on as if it could.
        if (!files.IsNetwork)
            _ = files.ReadScheduler(files.ReadIndex(), network);
        // From where they are to where they belong: a flat folder's have no folders of their own.
        (string From, string To)[] texts = files.IsNetwork
            ? [(files.NetworkConfig, files.NetworkConfig)]
            :
            [
                (PipelineIndex.File, PipelineIndex.File),
                (files.Scheduler, Pipeline.SchedulerFile),
                (files.NetworkConfig, Pipeline.NetworkConfigFile),
            ];
        var kept = texts.Select(text => text.From.Split('/')[0]).ToHashSet(StringComparer.Ordinal);
        var left = Directory
            .EnumerateFileSystemEntries(folder)
            .Select(path => Path.GetFileName(path)!)
            .Where(name => !kept.Contains(name) && !(name.Contains(WeightsFolder.Stem) && files.NetworkPart is null))
            .Order(StringComparer.Ordinal)
            .ToList();
        return new ConversionSource(
            files.Weights(),
            Pipeline.IsIn(folder) && TrainingSetup.IsIn(folder) ? $"{folder}, the finished run's pipeline" : folder,
            network,
            // As they are, so that keys which mean nothing here stay.
            [.. texts.Select(text => (text.To, files.ReadText(text.From)))],
            files.IsNetwork ? WeightsFolder.SingleFile : Pipeline.WeightsFile,
            left.Count == 0 ? [] : [$"Not taken over: {string.Join(", ", left)}."]
        );
    }

    private static SchedulerConfig ReadScheduler(string? file, string json)
    {
        try
        {
            return SchedulerConfig.FromJson(json, out _);
        }
        catch (InvalidDataException damaged)
        {
            throw new InvalidDataException($"'{file}': {damaged.Message}", damaged);
        }
    }
}
