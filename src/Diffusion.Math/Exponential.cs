namespace Diffusion.Math;

/// <summary>
/// eˣ − 1 to the last digits: .NET's <c>double.ExpM1</c> subtracts, and MathNet's breaks its series off (2e-7 at 0.07).
/// </summary>
internal static class Exponential
{
    /// <summary>eˣ − 1 = (eˣ + 1)·tanh(x/2), in which nothing cancels; −1 and +∞ at the ends.</summary>
    public static double MinusOne(double x) => (double.Exp(x) + 1) * double.Tanh(x / 2);
}
