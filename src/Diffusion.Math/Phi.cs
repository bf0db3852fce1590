namespace Diffusion.Math;

/// <summary>
/// The functions of exponential integrators, φ_k(z) = ∫₀¹ e^{(1−u)z}·u^{k−1}/(k−1)! du: φ₁ = (e^z − 1)/z and
/// φ_{k+1} = (φ_k − 1/k!)/z (Hochbruck and Ostermann 2010, eq. 2.10 and 2.11).
/// </summary>
internal static class Phi
{
    private const int Terms = 20;

    /// <summary>φ_k(z) for k ≥ 1 and finite z; 1/k! at 0.</summary>
    public static double Of(int k, double z)
    {
        double factorial = 1;
        for (int i = 2; i <= k; i++)
        {
            factorial *= i;
        }

        if (double.Abs(z) < 1)
        {
            // The recurrence subtracts nearly equal numbers there: sum z^j/(j + k)! from its end.
            double sum = 1;
            for (int j = Terms; j >= 1; j--)
            {
                sum = 1 + (sum * z / (j + k));
            }

            return sum / factorial;
        }

        return k == 1 ? (double.Exp(z) - 1) / z : (Of(k - 1, z) - (k / factorial)) / z;
    }
}
