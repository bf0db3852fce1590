using System.Collections.Immutable;
using Diffusion.Math;

namespace Diffusion.Api;

/// <summary>The variational bound over many images: named terms with intervals, in nats an image. Immutable.</summary>
/// <remarks><see cref="InBits"/> turns each of them into bits a dimension.</remarks>
public sealed record BoundResult
{
    /// <summary>Sums up the images.</summary>
    /// <param name="terms">Those of at least two images, independent of each other.</param>
    /// <param name="dimension">Numbers in an image, at least 1.</param>
    /// <exception cref="ArgumentException">There are fewer than two images.</exception>
    public BoundResult(IReadOnlyCollection<BoundTerms> terms, int dimension)
    {
        ArgumentNullException.ThrowIfNull(terms);
        ArgumentOutOfRangeException.ThrowIfLessThan(dimension, 1);
        Dimension = dimension;
        Prior = Estimate.Of(terms.Select(term => term.Prior));
        Transitions = Estimate.Of(terms.Select(term => term.Transitions));
        Reconstruction = Estimate.Of(terms.Select(term => term.Reconstruction));
        Total = Estimate.Of(terms.Select(term => term.Total));
    }

    /// <summary>Numbers in an image.</summary>
    public int Dimension { get; }

    /// <summary>Number of images.</summary>
    public int Images => Total.Count;

    /// <summary>L_T.</summary>
    public Estimate Prior { get; }

    /// <summary>Σ_{t=2..T} L_{t−1}.</summary>
    public Estimate Transitions { get; }

    /// <summary>L₀.</summary>
    public Estimate Reconstruction { get; }

    /// <summary>The bound on −ln p(x₀).</summary>
    public Estimate Total { get; }

    /// <summary>
    /// The means of L₁ … L_{T−1}, the terms of t = 2 … T, in nats; empty unless every time was evaluated.
    /// </summary>
    public ImmutableArray<double> ByTime { get; init; } = [];

    /// <summary>Images that the network was asked about, for each image.</summary>
    public int CallsPerImage { get; init; }

    /// <summary>A term in bits a dimension.</summary>
    /// <param name="nats">One of the terms.</param>
    public Estimate InBits(Estimate nats) => nats.Times(VariationalBound.BitsPerDimension(1, Dimension));
}
