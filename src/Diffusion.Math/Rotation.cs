namespace Diffusion.Math;

/// <summary>cos kδ and sin kδ/sin δ, in about 106 bits. <see cref="RotationStep"/> goes from one k to the next.</summary>
internal readonly record struct Rotation(WideDouble Cosine, WideDouble Sine)
{
    /// <summary>At k = 0.</summary>
    public static Rotation Start => new(1, 0);

    /// <summary>sin((k + l)δ)/sin δ, l that of the other: a sum of numbers ≥ 0 in the first quadrant.</summary>
    public WideDouble SineOfSum(Rotation other) => (Sine * other.Cosine) + (Cosine * other.Sine);
}
