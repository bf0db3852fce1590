namespace Diffusion.Math;

/// <summary>A sum beside the sum of its terms' sizes, which says how well it is known where they cancel.</summary>
internal readonly record struct RoundedSum(double Value, double Size)
{
    public RoundedSum Plus(double term) => new(Value + term, Size + double.Abs(term));
}
