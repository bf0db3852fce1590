using Diffusion.Math;

namespace Diffusion.Api;

/// <summary>What the samplers of <see cref="SamplerCatalogue"/> take beside their grid; each uses what it has. Immutable.</summary>
public sealed record SamplerOptions
{
    /// <summary>What is done to x̂₀; default nothing.</summary>
    public X0Rule X0Rule { get; init; } = X0Rule.None;

    /// <summary>DDPM's reverse variance; default fixed small.</summary>
    public ReverseVariance Variance { get; init; } = ReverseVariance.FixedSmall;

    /// <summary>What the network predicts; PNDM and PLMS extrapolate v̂ where it is v. Default ε.</summary>
    public Prediction Prediction { get; init; } = Prediction.Epsilon;

    /// <summary>
    /// η in [0, 1] of the samplers that have one, the share of fresh noise; null for their own default, 0 for
    /// <c>ddim</c> and 1 for <c>euler-ancestral</c>.
    /// </summary>
    public double? Eta { get; init; }

    /// <summary>S_churn ≥ 0 of <c>edm</c> (Karras et al. 2022, algorithm 2); null for its default, 10.</summary>
    public double? Churn { get; init; }
}
