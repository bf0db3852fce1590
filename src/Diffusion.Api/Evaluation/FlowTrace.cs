namespace Diffusion.Api;

/// <summary>How the divergence of the probability flow is found, the trace of the network's Jacobian. Immutable.</summary>
public sealed record FlowTrace
{
    private FlowTrace(string name, int probes, bool isGaussian) =>
        (Name, Probes, IsGaussian) = (name, probes, isGaussian);

    /// <summary>Row by row: exact, at one gradient for every number of an image.</summary>
    public static FlowTrace Exact { get; } = new("exact", 0, false);

    /// <summary>Its name, as reports say it.</summary>
    public string Name { get; }

    internal int Probes { get; }

    internal bool IsGaussian { get; }

    /// <summary>
    /// eᵀJe with random signs e, kept fixed along the flow: unbiased, and of the least variance among probes with
    /// independent components (Hutchinson 1990; Grathwohl et al. 2019).
    /// </summary>
    /// <param name="probes">How many are averaged, each for one gradient; 1 … 1000, default 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is outside its range.</exception>
    public static FlowTrace Rademacher(int probes = 1) => new(Named("Rademacher", probes), probes, false);

    /// <summary>eᵀJe with e ~ N(0, I), kept fixed along the flow: unbiased (Hutchinson 1990).</summary>
    /// <param name="probes">How many are averaged, each for one gradient; 1 … 1000, default 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is outside its range.</exception>
    public static FlowTrace Gaussian(int probes = 1) => new(Named("Gaussian", probes), probes, true);

    /// <inheritdoc/>
    public override string ToString() => Name;

    private static string Named(string kind, int probes) =>
        probes is >= 1 and <= 1000
            ? $"Hutchinson, {probes} {kind} probe{(probes == 1 ? "" : "s")}"
            : throw new ArgumentOutOfRangeException(
                nameof(probes),
                probes,
                $"The number of probes must be in 1 … 1000, not {probes}."
            );
}
