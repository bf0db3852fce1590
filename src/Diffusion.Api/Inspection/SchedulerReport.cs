using Diffusion.Math;

namespace Diffusion.Api;

/// <summary>What a scheduler config means.</summary>
/// <param name="Steps">T, the number of training steps.</param>
/// <param name="Prediction">What the network predicts.</param>
/// <param name="Variance">The variance of ancestral steps.</param>
/// <param name="X0Rule">What is done to x̂₀ while sampling.</param>
/// <param name="TerminalAlphaBar">ᾱ_T, the share of the signal's variance that is left at the end; in [0, 1).</param>
/// <param name="LargestSnr">ᾱ₁/(1 − ᾱ₁), the signal-to-noise ratio at t = 1.</param>
/// <param name="SmallestSnr">ᾱ_T/(1 − ᾱ_T), the ratio at t = T; 0 where no signal is left.</param>
public sealed record SchedulerReport(
    int Steps,
    Prediction Prediction,
    ReverseVariance Variance,
    X0Rule X0Rule,
    double TerminalAlphaBar,
    double LargestSnr,
    double SmallestSnr
);
