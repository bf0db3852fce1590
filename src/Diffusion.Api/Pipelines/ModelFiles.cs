using Diffusion.Nn;

namespace Diffusion.Api;

/// <summary>Where the parts of a model are: in a pipeline folder, or in a network's own folder without a scheduler.
/// None is read that lies outside of it, by whatever way.</summary>
/// <param name="Folder">The folder.</param>
/// <param name="Variant">Which of several weights is meant; null for those without a variant.</param>
internal sealed record ModelFiles(string Folder, string? Variant)
{
    private const string ConfigName = "config.json";

    /// <summary>Whether the folder is a network's own.</summary>
    internal required bool IsNetwork { get; init; }

    /// <summary>The folder within it that the network's config and weights are in; null where it is the same.</summary>
    internal required string? NetworkPart { get; init; }

    /// <summary>The scheduler's config, from the folder.</summary>
    internal required string Scheduler { get; init; }

    /// <summary>The network's config, from the folder.</summary>
    internal string NetworkConfig => NetworkPart is null ? ConfigName : Pipeline.NetworkConfigFile;

    internal string NetworkFolder => NetworkPart is null ? Folder : Path.Combine(Folder, NetworkPart);

    /// <summary>The weights' file, or the index of their shards; see <see cref="Nn.Weights.FileIn"/>.</summary>
    /// <exception cref="FileNotFoundException">There are none; the message says what there is instead.</exception>
    internal string Weights() => WeightsFolder.FileIn(Folder, NetworkPart, Variant);

    /// <summary>The files of a folder: a pipeline's, unless only a network's are there.</summary>
    /// <remarks>
    /// As diffusers does, each part is looked for in the folder of its name, and where there is none beside the index: the
    /// first models of the hub are laid out flat.
    /// </remarks>
    internal static ModelFiles Of(string folder, string? variant = null)
    {
        var isPipeline = Pipeline.IsIn(folder);
        var networkIsHere = IsHere(Pipeline.NetworkFolder, ConfigName);
        var schedulerName = Path.GetFileName(Pipeline.SchedulerFile);
        return new ModelFiles(folder, variant)
        {
            IsNetwork = !isPipeline && networkIsHere,
            NetworkPart = networkIsHere ? null : Pipeline.NetworkFolder,
            Scheduler =
                isPipeline && IsHere(Pipeline.SchedulerFolder, schedulerName) ? schedulerName : Pipeline.SchedulerFile,
        };

        bool IsHere(string part, string config) =>
            !Directory.Exists(Path.Combine(folder, part)) && File.Exists(Path.Combine(folder, config));
    }

    /// <summary>The pipeline's index.</summary>
    internal PipelineIndex ReadIndex() => Parse(PipelineIndex.File, PipelineIndex.Read);

    /// <summary>The scheduler's config.</summary>
    internal SchedulerConfig ReadScheduler() => Parse(Scheduler, text => SchedulerConfig.FromJson(text, out _));

    /// <summary>The scheduler and the sampler, as the pipeline's index has them read.</summary>
    /// <exception cref="InvalidDataException">They aren't supported, or the network doesn't fit them.</exception>
    internal PipelineScheduler ReadScheduler(PipelineIndex index, UNet2DConfig network)
    {
        var scheduler = Parse(Scheduler, text => PipelineScheduler.Read(text, index));
        PipelineScheduler.CheckNetwork(network, scheduler.Config);
        return scheduler;
    }

    /// <summary>The network's config.</summary>
    internal UNet2DConfig ReadNetworkConfig() => Parse(NetworkConfig, UNet2DConfig.FromJson);

    /// <summary>The text of a config file.</summary>
    /// <exception cref="FileNotFoundException">It isn't there.</exception>
    /// <exception cref="InvalidDataException">It leads out of the folder, is empty or no file, or is far too large for a
    /// config.</exception>
    internal string ReadText(string relative)
    {
        var file = FolderPath.Inside(Folder, relative, Folder);
        return File.Exists(file)
            ? RegularFile.ReadText(file)
            : throw new FileNotFoundException($"'{Folder}' is not a whole model: there is no {relative} in it.", file);
    }

    /// <summary>Reads a config file, and names it where it is refused.</summary>
    internal T Parse<T>(string relative, Func<string, T> parse)
    {
        var text = ReadText(relative);
        try
        {
            return parse(text);
        }
        catch (InvalidDataException damaged)
        {
            throw new InvalidDataException($"'{Path.Combine(Folder, relative)}': {damaged.Message}", damaged);
        }
    }

    /// <summary>Makes the network and reads its weights, in float32.</summary>
    /// <exception cref="InvalidDataException">A file is damaged, or the two don't fit.</exception>
    internal UNet2D LoadNetwork() => LoadNetwork(ReadNetworkConfig());

    /// <summary>Makes a network of a config and reads its weights, in float32.</summary>
    /// <exception cref="InvalidDataException">The weights are damaged, or aren't the config's.</exception>
    internal UNet2D LoadNetwork(UNet2DConfig config)
    {
        var weights = Weights();
        using (var file = Safetensors.Open(weights))
            UNet2DSize.Check(config, file.Entries.Sum(entry => TensorReport.Of(entry).Values), weights);
        var network = new UNet2D(config);
        try
        {
            Nn.Weights.Load(network, weights);
            network.eval();
            return network;
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }
}
