namespace Diffusion.Math;

/// <summary>The weights of an integral of the polynomial through a function's known values.</summary>
internal static class InterpolationWeights
{
    /// <summary>
    /// w_k with Σ w_k·f(u_k) = ∫ p for the polynomial p through all (u_k, f(u_k)): Σ_i (its coefficient i)·moments[i].
    /// </summary>
    /// <param name="nodes">The u_k, all different.</param>
    /// <param name="moments">∫ of 1, u, u², … against whatever the integral weighs with, one for each node.</param>
    public static double[] Of(ReadOnlySpan<double> nodes, ReadOnlySpan<double> moments)
    {
        double[] weights = new double[nodes.Length];
        Span<double> polynomial = stackalloc double[nodes.Length];
        for (int k = 0; k < nodes.Length; k++)
        {
            // Lagrange's polynomial of node k, multiplied out factor by factor.
            polynomial.Clear();
            polynomial[0] = 1;
            for (int j = 0; j < nodes.Length; j++)
            {
                if (j == k)
                {
                    continue;
                }

                double scale = 1 / (nodes[k] - nodes[j]);
                for (int i = nodes.Length - 1; i >= 0; i--)
                {
                    polynomial[i] = scale * ((i == 0 ? 0 : polynomial[i - 1]) - (nodes[j] * polynomial[i]));
                }
            }

            for (int i = 0; i < nodes.Length; i++)
            {
                weights[k] += polynomial[i] * moments[i];
            }
        }

        return weights;
    }
}
