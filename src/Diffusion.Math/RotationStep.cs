namespace Diffusion.Math;

/// <summary>
/// From cos kδ and sin kδ to those of k + 1 by the addition theorem, without a sine in each step. Sines are divided by
/// sin δ, so that nothing underflows, however small δ is.
/// </summary>
internal readonly struct RotationStep
{
    private readonly WideDouble cosine;

    public RotationStep(WideDouble angle)
    {
        WideDouble sine = WideFunctions.Sine(angle);
        cosine = WideFunctions.Cosine(angle);
        SquaredSine = sine * sine;
    }

    /// <summary>sin² δ.</summary>
    public WideDouble SquaredSine { get; }

    public Rotation After(in Rotation at) =>
        new((at.Cosine * cosine) - (at.Sine * SquaredSine), (at.Sine * cosine) + at.Cosine);
}
