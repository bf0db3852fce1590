using System.Collections.Immutable;

namespace Diffusion.Api;

/// <summary>An array of unsigned bytes with a shape, as an IDX file holds it (MNIST's format).</summary>
/// <param name="Shape">Sizes, slowest dimension first: [N] for labels, [N, H, W] for grey images.</param>
/// <param name="Data">The elements in row-major order; as many as the product of <paramref name="Shape"/>.</param>
public sealed record IdxArray(ImmutableArray<int> Shape, ReadOnlyMemory<byte> Data);
