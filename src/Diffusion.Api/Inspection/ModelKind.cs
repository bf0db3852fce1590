namespace Diffusion.Api;

/// <summary>What an inspected path is.</summary>
public enum ModelKind
{
    /// <summary>Nothing that is known here.</summary>
    Unknown,

    /// <summary>A diffusers pipeline folder: network, weights, scheduler.</summary>
    Pipeline,

    /// <summary>A training run; a pipeline too where it is finished.</summary>
    TrainingRun,

    /// <summary>A folder with a network's config and weights.</summary>
    Network,

    /// <summary>Weights alone: a safetensors file, the index of a sharded one, or a folder of them.</summary>
    Weights,
}
