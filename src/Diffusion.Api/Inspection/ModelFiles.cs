using Diffusion.Nn;

namespace Diffusion.Api;

/// <summary>Where the parts of a model are: in a pipeline folder, or in a network's own folder without a scheduler.</summary>
/// <param name="Folder">The folder.</param>
/// <param name="Part">The folder within it that the network's config and weights are in; null where it is the same.</param>
/// <param name="Variant">Which of several weights is meant; null for those without a variant.</param>
internal sealed record ModelFiles(string Folder, string? Part, string? Variant)
{
    internal bool IsNetwork => Part is null;

    internal string NetworkFolder => Part is null ? Folder : Path.Combine(Folder, Part);

    internal string Index => Path.Combine(Folder, PipelineIndex.File);

    internal string Scheduler => Path.Combine(Folder, Pipeline.SchedulerFile);

    internal string Config => Path.Combine(NetworkFolder, "config.json");

    /// <summary>The weights' file, or the index of their shards; see <see cref="Nn.Weights.FileIn"/>.</summary>
    /// <exception cref="FileNotFoundException">There are none; the message says what there is instead.</exception>
    internal string Weights() => WeightsFolder.FileIn(Folder, Part, Variant);

    /// <summary>The files of a folder: a pipeline's, unless only a network's are there.</summary>
    internal static ModelFiles Of(string folder, string? variant = null)
    {
        var isNetwork =
            !Directory.Exists(Path.Combine(folder, Pipeline.NetworkFolder))
            && File.Exists(Path.Combine(folder, "config.json"));
        return new ModelFiles(folder, isNetwork ? null : Pipeline.NetworkFolder, variant);
    }

    /// <summary>Refuses a folder without a network.</summary>
    /// <exception cref="FileNotFoundException">Its config or its weights are missing.</exception>
    internal void RequireNetwork()
    {
        if (!File.Exists(Config))
            throw new FileNotFoundException($"'{Folder}' holds no whole network: there is no '{Config}'.", Config);
        _ = Weights();
    }

    /// <summary>Makes the network and reads its weights, in float32.</summary>
    /// <exception cref="InvalidDataException">A file is damaged, or the two don't fit.</exception>
    internal UNet2D LoadNetwork() => Load(UNet2DConfig.Load(Config), Weights());

    /// <summary>Makes a network and reads its weights, in float32.</summary>
    /// <exception cref="InvalidDataException">The weights are damaged, or aren't the config's.</exception>
    internal static UNet2D Load(UNet2DConfig config, string weights)
    {
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
