using static TorchSharp.torch;

namespace Diffusion.Nn;

/// <summary>The content of a safetensors file.</summary>
/// <remarks>The tensors belong to this object and to no dispose scope; dispose of it when they are no longer
/// needed.</remarks>
public sealed class SafetensorsFile : IDisposable
{
    internal SafetensorsFile(IReadOnlyDictionary<string, Tensor> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        Tensors = tensors;
        Metadata = metadata;
    }

    /// <summary>The tensors by name, on the CPU.</summary>
    public IReadOnlyDictionary<string, Tensor> Tensors { get; }

    /// <summary>The file's own notes; empty if it has none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Frees all tensors.</summary>
    public void Dispose()
    {
        foreach (var tensor in Tensors.Values)
            tensor.Dispose();
    }
}
