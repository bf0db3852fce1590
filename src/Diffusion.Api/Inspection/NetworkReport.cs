using System.Collections.Immutable;

namespace Diffusion.Api;

/// <summary>The network that a config describes.</summary>
/// <param name="Parameters">Numbers in its parameters.</param>
/// <param name="Trainable">Those of them that training changes.</param>
/// <param name="BufferValues">Numbers in tensors that are kept but aren't parameters.</param>
/// <param name="ModuleTypes">The class of each module by its path, such as <c>mid_block</c> to <c>MidBlock</c>.</param>
public sealed record NetworkReport(
    long Parameters,
    long Trainable,
    long BufferValues,
    ImmutableSortedDictionary<string, string> ModuleTypes
);
