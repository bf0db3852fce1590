namespace Diffusion.Api;

/// <summary>How the probability flow's likelihood is computed. Immutable.</summary>
public sealed record FlowOptions
{
    /// <summary>How the divergence is found; default one Rademacher probe.</summary>
    public FlowTrace Trace { get; init; } = FlowTrace.Rademacher();

    /// <summary>How the flow is integrated; default Dormand–Prince with tolerance 1e-4.</summary>
    public FlowSolver Solver { get; init; } = FlowSolver.DormandPrince();

    /// <summary>Images a network call; at least 1, default 64. They share their steps.</summary>
    public int BatchSize { get; init; } = 64;

    /// <summary>Fixes probes and dequantisation. Those of an image depend on its number, not on its batch; default 0.</summary>
    public ulong Seed { get; init; }

    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(Trace);
        ArgumentNullException.ThrowIfNull(Solver);
        ArgumentOutOfRangeException.ThrowIfLessThan(BatchSize, 1);
    }
}
