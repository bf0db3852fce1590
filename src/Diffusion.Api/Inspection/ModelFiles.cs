using Diffusion.Nn;

namespace Diffusion.Api;

/// <summary>Where the parts of a model are: in a pipeline folder, or in a network's own folder without a scheduler.</summary>
/// <param name="Folder">The folder.</param>
/// <param name="NetworkFolder">The folder that the network's config and weights are in.</param>
internal sealed record ModelFiles(string Folder, string NetworkFolder)
{
    internal const string ShardIndexEnding = ".index.json";

    internal string Index => Path.Combine(Folder, PipelineIndex.File);

    internal string Scheduler => Path.Combine(Folder, Pipeline.SchedulerFile);

    internal string Config => Path.Combine(NetworkFolder, "config.json");

    /// <summary>The weights' file, or the index of their shards where there is one; the file's name where there is neither.</summary>
    internal string Weights
    {
        get
        {
            var single = Path.Combine(NetworkFolder, Path.GetFileName(Pipeline.WeightsFile));
            return File.Exists(single + ShardIndexEnding) ? single + ShardIndexEnding : single;
        }
    }

    /// <summary>The files of a folder: a pipeline's, unless only a network's are there.</summary>
    internal static ModelFiles Of(string folder)
    {
        var unet = Path.Combine(folder, "unet");
        return !Directory.Exists(unet) && File.Exists(Path.Combine(folder, "config.json"))
            ? new ModelFiles(folder, folder)
            : new ModelFiles(folder, unet);
    }

    /// <summary>Refuses a folder without a network.</summary>
    /// <exception cref="FileNotFoundException">Its config or its weights are missing.</exception>
    internal void RequireNetwork()
    {
        foreach (var file in new[] { Config, Weights })
            if (!File.Exists(file))
                throw new FileNotFoundException($"'{Folder}' holds no whole network: there is no '{file}'.", file);
    }

    /// <summary>Makes the network and reads its weights, in float32.</summary>
    /// <exception cref="InvalidDataException">A file is damaged, or the two don't fit.</exception>
    internal UNet2D LoadNetwork()
    {
        var network = new UNet2D(UNet2DConfig.Load(Config));
        try
        {
            Nn.Weights.Load(network, Weights);
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
