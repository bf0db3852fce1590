using System.Collections.Immutable;
using Diffusion.Nn;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>The tensors and modules of a network that a config describes, without their values.</summary>
/// <param name="Report">Counts and classes.</param>
/// <param name="Tensors">Sizes and element type of each tensor, in the network's order.</param>
/// <param name="Parameters">The names of those that are parameters.</param>
internal sealed record NetworkShape(
    NetworkReport Report,
    ImmutableArray<(string Name, ImmutableArray<long> Sizes, ScalarType Type)> Tensors,
    ImmutableHashSet<string> Parameters
)
{
    internal static NetworkShape Of(UNet2DConfig config)
    {
        using var scope = NewDisposeScope();
        using var network = new UNet2D(config);
        var parameters = network.named_parameters().ToDictionary(p => p.name, p => p.parameter);
        var state = network.state_dict();
        var types = network
            .named_modules()
            .Where(m => m.name.Length > 0)
            .Select(m => KeyValuePair.Create(m.name, m.module.GetType().Name.Split('`')[0]));
        return new NetworkShape(
            new NetworkReport(
                parameters.Values.Sum(p => p.numel()),
                parameters.Values.Where(p => p.requires_grad).Sum(p => p.numel()),
                state.Where(t => !parameters.ContainsKey(t.Key)).Sum(t => t.Value.numel()),
                types.ToImmutableSortedDictionary(StringComparer.Ordinal)
            ),
            [.. state.Select(t => (t.Key, t.Value.shape.ToImmutableArray(), t.Value.dtype))],
            [.. parameters.Keys]
        );
    }
}
