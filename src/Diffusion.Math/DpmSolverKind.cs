namespace Diffusion.Math;

/// <summary>
/// Which equation the DPM solvers integrate exactly but for the network: on x̂₀ or ε̂, with noise or without.
/// </summary>
public enum DpmSolverKind
{
    /// <summary>The probability-flow ODE on x̂₀: DPM-Solver++ (Lu et al. 2022b).</summary>
    PlusPlus,

    /// <summary>The probability-flow ODE on ε̂: DPM-Solver (Lu et al. 2022a). Not from pure noise.</summary>
    Epsilon,

    /// <summary>The reverse SDE on x̂₀: SDE-DPM-Solver++ (Lu et al. 2022b, appendix D).</summary>
    SdePlusPlus,

    /// <summary>The reverse SDE on ε̂: SDE-DPM-Solver (Lu et al. 2022b, appendix D). Not from pure noise.</summary>
    SdeEpsilon,
}
