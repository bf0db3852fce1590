using MathNet.Numerics;

namespace Diffusion.Math;

/// <summary>
/// Likelihoods by the probability flow, the ordinary differential equation with the same marginals as the diffusion
/// (Song et al. 2021, SDE paper, section 4.3, eq. 13 and 39).
/// </summary>
/// <remarks>
/// At variance preserving levels α = cos φ, σ = sin φ the flow is dx/dφ = v̂(x) (Salimans and Ho 2022, appendix D).
/// φ goes from 0 at the data to π/2 at pure noise, where x is N(0, I) exactly, and ln p falls by the divergence of v̂
/// on the way. Every other process is the same one up to a scale of x, so that the answer holds for it too.
/// </remarks>
public static class ProbabilityFlow
{
    private const int Columns = 4;

    /// <summary>ln p(x₀) in nats of a network that predicts v.</summary>
    /// <param name="x0">The data point, finite, of d components.</param>
    /// <param name="velocity">From a state and its level, variance preserving, to v̂ of the same length.</param>
    /// <param name="divergence">Σ_i ∂v̂_i/∂x_i there: exact, or an estimate such as Hutchinson's.</param>
    /// <param name="steps">
    /// Steps of a rule of order 8 (Gragg's, extrapolated), ≥ 1; each takes 24 calls of both functions. 100 by default,
    /// which resolves what is wider than some 0.04: φ goes up by π/2 divided by the steps.
    /// </param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="x0"/> is not finite, or <paramref name="steps"/> less than 1.
    /// </exception>
    /// <exception cref="ArgumentException">
    /// <paramref name="x0"/> is empty, an answer is not finite or of another length, or the flow leaves the range of
    /// <c>double</c>.
    /// </exception>
    public static double LogLikelihood(
        ReadOnlySpan<double> x0,
        Func<double[], NoiseLevel, double[]> velocity,
        Func<double[], NoiseLevel, double> divergence,
        int steps = 100
    )
    {
        Preconditions.NotNull(velocity);
        Preconditions.NotNull(divergence);
        Preconditions.AtLeast(steps, 1);
        if (x0.IsEmpty)
        {
            throw new ArgumentException("x0 is empty; a dimension of at least 1 is needed.", nameof(x0));
        }

        // The state and, behind it, what ln p has lost.
        double[] state = new double[x0.Length + 1];
        for (int i = 0; i < x0.Length; i++)
        {
            state[i] = Preconditions.Finite(x0[i], $"x0[{Preconditions.Text(i)}]");
        }

        double step = Constants.PiOver2 / steps;
        for (int i = 0; i < steps; i++)
        {
            state = Step(Slope, state, i, step, steps);
        }

        RefuseOverflow(state);
        return IsotropicGaussian.Standard(x0.Length).LogDensity(state.AsSpan(0, x0.Length)) + state[^1];

        double[] Slope(double[] at, double angle)
        {
            RefuseOverflow(at);
            NoiseLevel level = new(double.Max(double.Cos(angle), 0), double.Sin(angle));
            double[] x = at[..^1];
            double[] answer = Preconditions.NotNull(velocity(x, level), nameof(velocity));
            Preconditions.Length(answer, x.Length, nameof(velocity));
            double growth = divergence(x, level);
            if (!double.IsFinite(growth) || !answer.All(double.IsFinite))
            {
                throw new ArgumentException(
                    $"velocity and divergence must give finite numbers, but don't at {level}.",
                    double.IsFinite(growth) ? nameof(velocity) : nameof(divergence)
                );
            }

            return [.. answer, growth];
        }

        static void RefuseOverflow(double[] at)
        {
            if (!at.All(double.IsFinite))
            {
                throw new ArgumentException(
                    "velocity or divergence give numbers so great that the flow leaves the range of double; check them.",
                    nameof(velocity)
                );
            }
        }
    }

    /// <summary>
    /// ln p(x₀) in nats of a mixture, by integrating its own flow: equal to
    /// <see cref="GaussianMixture.LogDensity(ReadOnlySpan{double})"/> up to the integration's error.
    /// </summary>
    /// <param name="mixture">The data distribution; no part may be a point mass.</param>
    /// <param name="x0">The data point, finite, of d components.</param>
    /// <param name="steps">
    /// As above. At least 4 divided by the least deviation of a part gives ln p to 1e-8, 2 to 1e-5 (measured): 100 are
    /// enough down to a deviation of 0.04, and far too few below 0.01.
    /// </param>
    /// <exception cref="ArgumentNullException"><paramref name="mixture"/> is null.</exception>
    /// <exception cref="ArgumentException"><paramref name="x0"/> has another dimension.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="x0"/> is not finite, or <paramref name="steps"/> less than 1.
    /// </exception>
    /// <exception cref="InvalidOperationException">A part is a point mass.</exception>
    public static double LogLikelihood(GaussianMixture mixture, ReadOnlySpan<double> x0, int steps = 100)
    {
        Preconditions.Length(x0, Preconditions.NotNull(mixture).Dimension);
        return LogLikelihood(
            x0,
            (x, level) => mixture.Predict(Prediction.V, x, level),
            (x, level) => mixture.VelocityDivergence(x, level),
            steps
        );
    }

    // Gragg's midpoint rule with 2, 4, 6 and 8 parts: its error has only even powers of the part, and Aitken and
    // Neville's scheme takes out the first three of them.
    private static double[] Step(
        Func<double[], double, double[]> slope,
        double[] state,
        int index,
        double step,
        int steps
    )
    {
        double start = Constants.PiOver2 * index / steps;
        double[][] before = [];
        for (int k = 1; k <= Columns; k++)
        {
            double[][] row = new double[k][];
            row[0] = Midpoint(slope, state, start, step, 2 * k);
            for (int j = 1; j < k; j++)
            {
                double ratio = k / (double)(k - j);
                row[j] = Extrapolated(row[j - 1], before[j - 1], 1 / ((ratio * ratio) - 1));
            }

            before = row;
        }

        return before[^1];
    }

    private static double[] Extrapolated(double[] finer, double[] coarser, double weight) =>
        [.. finer.Zip(coarser, (fine, coarse) => fine + ((fine - coarse) * weight))];

    private static double[] Midpoint(
        Func<double[], double, double[]> slope,
        double[] state,
        double start,
        double step,
        int parts
    )
    {
        double part = step / parts;
        double[] before = state;
        double[] now = Moved(state, part, slope(state, start));
        for (int i = 1; i < parts; i++)
        {
            (before, now) = (now, Moved(before, 2 * part, slope(now, start + (i * part))));
        }

        double[] last = Moved(before, part, slope(now, start + step));
        return [.. now.Zip(last, (a, b) => (a + b) / 2)];
    }

    private static double[] Moved(double[] state, double step, double[] slope) =>
        [.. state.Zip(slope, (x, dx) => x + (step * dx))];
}
