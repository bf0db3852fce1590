using System.Collections.Immutable;

namespace Diffusion.Api;

/// <summary>A set of weights: one file, or the shards of one index.</summary>
/// <param name="File">The file or the index, from the inspected folder.</param>
/// <param name="Role">What they are: weights, moving average, optimizer.</param>
/// <param name="Shards">The files that hold the tensors, from the inspected folder.</param>
/// <param name="Tensors">What the files' headers say, in the network's order where it is known.</param>
/// <param name="Metadata">The files' own notes.</param>
/// <param name="Fits">Whether they fit the network; null where there is none to fit.</param>
public sealed record WeightsReport(
    string File,
    string Role,
    ImmutableArray<string> Shards,
    ImmutableArray<TensorReport> Tensors,
    ImmutableSortedDictionary<string, string> Metadata,
    bool? Fits
)
{
    /// <summary>Numbers in all tensors.</summary>
    public long Values => Tensors.Sum(t => t.Values);

    /// <summary>Bytes of all tensors.</summary>
    public long Bytes => Tensors.Sum(t => t.Bytes);

    /// <summary>Tensors, numbers and bytes of each element type, the largest first.</summary>
    public ImmutableArray<(string Type, int Tensors, long Values, long Bytes)> ByType =>
        [
            .. Tensors
                .GroupBy(t => t.Type)
                .Select(g => (g.Key, g.Count(), g.Sum(t => t.Values), g.Sum(t => t.Bytes)))
                .OrderByDescending(g => g.Item4)
                .ThenBy(g => g.Key, StringComparer.Ordinal),
        ];

    /// <summary>The tensors as a tree of modules.</summary>
    /// <param name="types">The classes of the modules, where they are known.</param>
    /// <returns>The root, whose name is empty.</returns>
    public ModuleNode Tree(IReadOnlyDictionary<string, string>? types = null) => ModuleNode.Of(Tensors, types);
}
