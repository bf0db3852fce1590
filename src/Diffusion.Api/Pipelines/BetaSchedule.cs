namespace Diffusion.Api;

/// <summary>The rule that a scheduler config's β follow (diffusers' <c>beta_schedule</c>).</summary>
public enum BetaSchedule
{
    /// <summary>β linear in t (<c>linear</c>).</summary>
    Linear,

    /// <summary>√β linear in t (<c>scaled_linear</c>).</summary>
    ScaledLinear,

    /// <summary>Nichol and Dhariwal's cosine schedule (<c>squaredcos_cap_v2</c>); takes no β range.</summary>
    SquaredCosCapV2,

    /// <summary>β a sigmoid of t between its ends (<c>sigmoid</c>); <see cref="SchedulerClass.Ddpm"/> only.</summary>
    Sigmoid,

    /// <summary>
    /// ᾱ_t = exp(−12·t/T), every β the same (<c>exp</c>); takes no β range, <see cref="SchedulerClass.HeunDiscrete"/>
    /// only.
    /// </summary>
    Exponential,
}
