namespace Diffusion.Api;

/// <summary>The bound on −ln p(x₀) of one image by its named terms (Ho et al. 2020, eq. 5), in nats an image.</summary>
/// <param name="Prior">L_T, exact.</param>
/// <param name="Transitions">Σ_{t=2..T} L_{t−1}, an unbiased estimate.</param>
/// <param name="Reconstruction">L₀, by one draw of x₁: an unbiased estimate.</param>
public readonly record struct BoundTerms(double Prior, double Transitions, double Reconstruction)
{
    /// <summary>The sum of the three.</summary>
    public double Total => Prior + Transitions + Reconstruction;
}
