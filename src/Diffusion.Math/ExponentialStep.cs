namespace Diffusion.Math;

/// <summary>
/// One step of the exact solution between two levels, with the network's quantity f left to integrate:
/// <c>x′ = State·x + Gain·∫₀¹ e^{(1−u)·Argument}·f(u) du + Noise·z</c>, u running from 0 to 1 evenly in log-SNR.
/// </summary>
/// <remarks>
/// Four equations are this one (Lu et al. 2022a, eq. 3.4; Lu et al. 2022b, eq. 8 and their SDE forms). With constant f
/// the integral is φ₁: that weight is <see cref="First"/>, finite also where log-SNR is not.
/// </remarks>
internal readonly record struct ExponentialStep
{
    private ExponentialStep(DpmSolverKind kind, NoiseLevel from, NoiseLevel to)
    {
        // Half the step in log-SNR. Towards clean data or from pure noise it is infinite: order 1 only.
        double h = double.Log(to.Alpha / from.Alpha * (from.Sigma / to.Sigma));
        bool sde = kind is DpmSolverKind.SdePlusPlus or DpmSolverKind.SdeEpsilon;
        IsInfinite = !double.IsFinite(h);
        if (kind is DpmSolverKind.PlusPlus or DpmSolverKind.SdePlusPlus)
        {
            Argument = sde ? -2 * h : -h;
            Gain = -to.Alpha * Argument;
            Posterior posterior = Posterior.Between(from, to);
            State = sde ? posterior.XtCoefficient : to.Sigma / from.Sigma;
            First = sde ? posterior.X0Coefficient : to.Alpha - (State * from.Alpha);
            Noise = sde ? double.Sqrt(posterior.Variance) : 0;
        }
        else
        {
            Argument = h;
            Gain = -to.Sigma * (sde ? 2 * h : h);
            State = to.Alpha / from.Alpha;
            double carried = State * from.Sigma;
            First = (sde ? 2 : 1) * (to.Sigma - carried);
            Noise = sde ? double.Sqrt((carried - to.Sigma) * (carried + to.Sigma)) : 0;
        }
    }

    /// <summary>Factor on the state.</summary>
    public double State { get; }

    /// <summary>Factor on a constant f.</summary>
    public double First { get; }

    /// <summary>Factor on the integral.</summary>
    public double Gain { get; }

    /// <summary>z of the φ functions.</summary>
    public double Argument { get; }

    /// <summary>Factor on fresh noise.</summary>
    public double Noise { get; }

    /// <summary>Whether an end has an infinite log-SNR, so that only <see cref="First"/> can be used.</summary>
    public bool IsInfinite { get; }

    public static ExponentialStep Between(DpmSolverKind kind, NoiseLevel from, NoiseLevel to) => new(kind, from, to);

    /// <summary>Gain·φ_k.</summary>
    public double Weight(int k) => k == 1 ? First : Gain * Phi.Of(k, Argument);

    /// <summary>Factors on f at the nodes u, that integrate the polynomial through them.</summary>
    public double[] Weights(ReadOnlySpan<double> nodes)
    {
        Span<double> moments = stackalloc double[nodes.Length];
        double factorial = 1;
        for (int i = 0; i < moments.Length; i++)
        {
            factorial *= int.Max(i, 1);
            moments[i] = factorial * Weight(i + 1);
        }

        return InterpolationWeights.Of(nodes, moments);
    }
}
