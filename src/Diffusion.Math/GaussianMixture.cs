using System.Collections.Immutable;

namespace Diffusion.Math;

/// <summary>
/// A data distribution whose whole diffusion is in closed form: Σ_k w_k·N(μ_k, diag(v_k)) on ℝᵈ. Its density, score
/// and denoiser are exact at every noise level, so that samplers and likelihoods can be checked without a network.
/// Immutable.
/// </summary>
/// <remarks>
/// At level (α, σ) part k becomes N(αμ_k, α²v_k + σ²). With the responsibilities r_k ∝ w_k·N(x_t; αμ_k, α²v_k + σ²)
/// every conditional mean is an average Σ_k r_k·(…) of Gaussian ones, and so exact. Parts may be points (variance 0):
/// then the mixture is an empirical distribution, which has a density at every level but the clean one.
/// </remarks>
public sealed class GaussianMixture
{
    private const double WeightTolerance = 1e-9;

    private readonly double[] logWeights;
    private readonly double[] cumulative;

    private GaussianMixture(ImmutableArray<double> weights, ImmutableArray<DiagonalGaussian> parts)
    {
        Weights = weights;
        Parts = parts;
        logWeights = [.. weights.Select(double.Log)];
        cumulative = new double[weights.Length];
        double sum = 0;
        for (int k = 0; k < cumulative.Length; k++)
        {
            sum += weights[k];
            cumulative[k] = sum;
        }
    }

    /// <summary>w_k, each in (0, 1], together 1.</summary>
    public ImmutableArray<double> Weights { get; }

    /// <summary>N(μ_k, diag(v_k)).</summary>
    public ImmutableArray<DiagonalGaussian> Parts { get; }

    /// <summary>d ≥ 1.</summary>
    public int Dimension => Parts[0].Dimension;

    /// <summary>E[x], component by component.</summary>
    public ImmutableArray<double> Mean => [.. Enumerable.Range(0, Dimension).Select(MeanOf)];

    /// <summary>Var[x] of each component: the parts' variances and the spread of their means.</summary>
    /// <exception cref="InvalidOperationException">It is beyond the range of <c>double</c>.</exception>
    public ImmutableArray<double> Variance => [.. Enumerable.Range(0, Dimension).Select(VarianceOf)];

    /// <summary>The mixture of these parts.</summary>
    /// <param name="parts">At least one weight in (0, 1] with its part; the weights sum to 1 within 1e-9.</param>
    /// <exception cref="ArgumentNullException"><paramref name="parts"/> or a part is null.</exception>
    /// <exception cref="ArgumentException">
    /// There are no parts, their dimensions differ, or the weights don't sum to 1.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">A weight is outside (0, 1] or NaN.</exception>
    public static GaussianMixture Of(params IEnumerable<(double Weight, DiagonalGaussian Part)> parts)
    {
        (double Weight, DiagonalGaussian Part)[] list = [.. Preconditions.NotNull(parts)];
        if (list.Length == 0)
        {
            throw new ArgumentException("parts is empty; a mixture needs at least one.", nameof(parts));
        }

        for (int k = 0; k < list.Length; k++)
        {
            string name = $"parts[{Preconditions.Text(k)}]";
            Preconditions.OpenClosed(list[k].Weight, 0, 1, $"{name}.Weight");
            int dimension = Preconditions.NotNull(list[k].Part, $"{name}.Part").Dimension;
            if (dimension != list[0].Part.Dimension)
            {
                throw new ArgumentException(
                    $"parts must all have one dimension, but {name} has {Preconditions.Text(dimension)} and parts[0]"
                        + $" {Preconditions.Text(list[0].Part.Dimension)}.",
                    nameof(parts)
                );
            }
        }

        double sum = list.Sum(part => part.Weight);
        if (double.Abs(sum - 1) > WeightTolerance)
        {
            throw new ArgumentException(
                $"The weights of parts must sum to 1, but sum to {Preconditions.Text(sum)}; divide each by that.",
                nameof(parts)
            );
        }

        return new GaussianMixture([.. list.Select(part => part.Weight / sum)], [.. list.Select(part => part.Part)]);
    }

    /// <summary>A mixture on the real line.</summary>
    /// <inheritdoc cref="Of(IEnumerable{ValueTuple{double, DiagonalGaussian}})"/>
    public static GaussianMixture Of(params IEnumerable<(double Weight, Gaussian Part)> parts) =>
        Of(Preconditions.NotNull(parts).Select(part => (part.Weight, new DiagonalGaussian(part.Part))));

    /// <summary>A mixture of isotropic parts.</summary>
    /// <inheritdoc cref="Of(IEnumerable{ValueTuple{double, DiagonalGaussian}})"/>
    public static GaussianMixture Of(params IEnumerable<(double Weight, IsotropicGaussian Part)> parts) =>
        Of(Preconditions.NotNull(parts).Select(part => (part.Weight, Preconditions.NotNull(part.Part).ToDiagonal())));

    /// <summary>p_t, the distribution of x_t = α·x₀ + σ·ε: a mixture again, with the same weights.</summary>
    /// <param name="level">The noise level of x_t.</param>
    /// <exception cref="ArgumentException">A mean or variance would be beyond the range of <c>double</c>.</exception>
    public GaussianMixture At(NoiseLevel level) =>
        new(Weights, [.. Parts.Select(part => part.Through(level.Marginal))]);

    /// <summary>q(x₀ | x_t), by Bayes' rule in every part: a mixture, with the responsibilities as weights.</summary>
    /// <param name="xt">The noisy state, finite, of d components.</param>
    /// <param name="level">Its noise level.</param>
    /// <exception cref="ArgumentException"><paramref name="xt"/> has another dimension or no density.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="xt"/> is not finite.</exception>
    /// <exception cref="InvalidOperationException">A part is a point mass at this level.</exception>
    public GaussianMixture Posterior(ReadOnlySpan<double> xt, NoiseLevel level)
    {
        double[] shares = Responsibilities(xt, level);
        List<double> weights = [];
        List<DiagonalGaussian> parts = [];
        for (int k = 0; k < shares.Length; k++)
        {
            // One that underflowed is left out: a weight is never 0.
            if (shares[k] > 0)
            {
                weights.Add(shares[k]);
                parts.Add(Parts[k].Given(level.Marginal, xt));
            }
        }

        return new GaussianMixture([.. weights], [.. parts]);
    }

    /// <summary>ln p(x) in nats, the density of the data.</summary>
    /// <param name="x">Where, finite, of d components.</param>
    /// <exception cref="ArgumentException"><paramref name="x"/> has another dimension or no density.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="x"/> is not finite.</exception>
    /// <exception cref="InvalidOperationException">A part is a point mass.</exception>
    public double LogDensity(ReadOnlySpan<double> x)
    {
        return Share(x, NoiseLevel.Clean, new double[Parts.Length], nameof(x));
    }

    /// <summary>ln p_t(x_t) in nats: logsumexp_k(ln w_k + ln N(x_t; αμ_k, α²v_k + σ²)).</summary>
    /// <param name="xt">Where, finite, of d components.</param>
    /// <param name="level">The noise level.</param>
    /// <exception cref="ArgumentException"><paramref name="xt"/> has another dimension or no density.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="xt"/> is not finite.</exception>
    /// <exception cref="InvalidOperationException">A part is a point mass at this level.</exception>
    public double LogDensity(ReadOnlySpan<double> xt, NoiseLevel level) => Share(xt, level, new double[Parts.Length]);

    /// <summary>P(part k | x_t), each in [0, 1], together 1.</summary>
    /// <param name="xt">The noisy state, finite, of d components.</param>
    /// <param name="level">Its noise level.</param>
    /// <returns>One number a part, an array of the caller's own.</returns>
    /// <exception cref="ArgumentException"><paramref name="xt"/> has another dimension or no density.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="xt"/> is not finite.</exception>
    /// <exception cref="InvalidOperationException">A part is a point mass at this level.</exception>
    public double[] Responsibilities(ReadOnlySpan<double> xt, NoiseLevel level)
    {
        double[] shares = new double[Parts.Length];
        Share(xt, level, shares);
        return shares;
    }

    /// <summary>∇ ln p_t(x_t) = Σ_k r_k·(αμ_k − x_t)/(α²v_k + σ²) (Song et al. 2021, SDE paper, section 2).</summary>
    /// <param name="xt">Where, finite, of d components.</param>
    /// <param name="level">The noise level; that of clean data gives the score of the data.</param>
    /// <returns>d numbers, an array of the caller's own.</returns>
    /// <exception cref="ArgumentException"><paramref name="xt"/> has another dimension or no density.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="xt"/> is not finite.</exception>
    /// <exception cref="InvalidOperationException">A part is a point mass at this level.</exception>
    public double[] Score(ReadOnlySpan<double> xt, NoiseLevel level) =>
        Averaged(xt, level, static (part, x, level) => -Pull(part, x, level));

    /// <summary>
    /// Δ ln p_t(x_t), the divergence of the score: the trace of the Hessian of the log density. That is the variance over
    /// the responsibilities of the parts' own scores, less the mean of 1/(α²v_k + σ²).
    /// </summary>
    /// <inheritdoc cref="Score" path="/param"/>
    /// <inheritdoc cref="Score" path="/exception"/>
    public double ScoreDivergence(ReadOnlySpan<double> xt, NoiseLevel level) =>
        Spread(xt, level, Pull, static (part, level) => -1 / Total(part, level)).Sum();

    /// <summary>
    /// E[x₀ | x_t] = Σ_k r_k·(μ_k·σ² + α·v_k·x_t)/(α²v_k + σ²): the denoiser with the least mean square error, equal
    /// to (x_t + σ²·score)/α (Tweedie's formula; Efron 2011).
    /// </summary>
    /// <param name="xt">The noisy state, finite, of d components.</param>
    /// <param name="level">Its noise level.</param>
    /// <returns>d numbers, an array of the caller's own.</returns>
    /// <exception cref="ArgumentException"><paramref name="xt"/> has another dimension or no density.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="xt"/> is not finite.</exception>
    /// <exception cref="InvalidOperationException">A part is a point mass at this level.</exception>
    public double[] PosteriorMean(ReadOnlySpan<double> xt, NoiseLevel level) => Averaged(xt, level, DataMean);

    /// <summary>
    /// Var[x₀ | x_t] of each component: the parts' own, v_k·σ²/(α²v_k + σ²), averaged, and the spread of their means.
    /// Equal to (σ²/α²)·(1 + σ²·∂score) (Bao et al. 2022).
    /// </summary>
    /// <inheritdoc cref="PosteriorMean" path="/param"/>
    /// <inheritdoc cref="PosteriorMean" path="/returns"/>
    /// <inheritdoc cref="PosteriorMean" path="/exception"/>
    public double[] PosteriorVariance(ReadOnlySpan<double> xt, NoiseLevel level) =>
        Spread(xt, level, DataMean, static (part, level) => part.Variance * (level.Variance / Total(part, level)));

    /// <summary>
    /// What a perfect network of this kind would answer: the conditional mean of its training target,
    /// a·E[x₀ | x_t] + b·E[ε | x_t], computed without cancellation at every level where the target exists.
    /// </summary>
    /// <param name="prediction">What to predict.</param>
    /// <param name="xt">The noisy state, finite, of d components.</param>
    /// <param name="level">Its noise level.</param>
    /// <returns>d numbers, an array of the caller's own.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="prediction"/> is null.</exception>
    /// <exception cref="ArgumentException"><paramref name="xt"/> has another dimension or no density.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="xt"/> is not finite.</exception>
    /// <exception cref="InvalidOperationException">
    /// A part is a point mass at this level, or the prediction has no target there (the score where σ = 0).
    /// </exception>
    public double[] Predict(Prediction prediction, ReadOnlySpan<double> xt, NoiseLevel level)
    {
        TrainingTarget target = Preconditions.NotNull(prediction).Target(level);
        return Averaged(
            xt,
            level,
            (part, x, at) =>
                target.Apply(DataMean(part, x, at), (x - (at.Alpha * part.Mean)) * (at.Sigma / Total(part, at)))
        );
    }

    /// <summary>
    /// The perfect network as the function that <see cref="SamplingPlan.Run"/> takes. A state holds any whole number of
    /// points one after the other, d numbers each, and each is denoised by itself.
    /// </summary>
    /// <param name="prediction">What it predicts; the same has to be passed to the run.</param>
    /// <exception cref="ArgumentNullException"><paramref name="prediction"/> is null.</exception>
    public Func<double[], Evaluation, double[]> Denoiser(Prediction prediction)
    {
        Preconditions.NotNull(prediction);
        return (state, at) =>
        {
            Preconditions.NotNull(state);
            if (state.Length == 0 || state.Length % Dimension != 0)
            {
                throw new ArgumentException(
                    $"state has {Preconditions.Text(state.Length)} numbers, but must hold one or more points of"
                        + $" {Preconditions.Text(Dimension)}.",
                    nameof(state)
                );
            }

            double[] answer = new double[state.Length];
            for (int i = 0; i < state.Length; i += Dimension)
            {
                Predict(prediction, state.AsSpan(i, Dimension), at.Level).CopyTo(answer, i);
            }

            return answer;
        };
    }

    /// <summary>
    /// A draw from the mixture, made of given random numbers: the part whose share of [0, 1) holds u, then
    /// μ_k + √v_k·z.
    /// </summary>
    /// <param name="u">Uniform random number in [0, 1).</param>
    /// <param name="normals">z, d draws from N(0, 1).</param>
    /// <returns>d numbers, an array of the caller's own.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range or NaN.</exception>
    /// <exception cref="ArgumentException"><paramref name="normals"/> has another dimension.</exception>
    public double[] Sample(double u, ReadOnlySpan<double> normals)
    {
        Preconditions.ClosedOpen(u, 0, 1);
        Preconditions.Length(normals, Dimension);
        int k = 0;
        // The last sum may round to less than 1.
        while (k < cumulative.Length - 1 && u >= cumulative[k])
        {
            k++;
        }

        double[] draw = new double[Dimension];
        for (int i = 0; i < draw.Length; i++)
        {
            Gaussian part = Parts[k].Components[i];
            draw[i] =
                part.Mean
                + (part.StandardDeviation * Preconditions.Finite(normals[i], $"normals[{Preconditions.Text(i)}]"));
        }

        return draw;
    }

    /// <summary>
    /// The divergence of E[v | x_t] with v = α·ε − σ·x₀: how fast the probability flow thins out density (see
    /// <see cref="ProbabilityFlow"/>).
    /// </summary>
    /// <inheritdoc cref="Score" path="/param"/>
    /// <inheritdoc cref="Score" path="/exception"/>
    public double VelocityDivergence(ReadOnlySpan<double> xt, NoiseLevel level)
    {
        double size = (level.Alpha * level.Alpha) + level.Variance;
        // One form divides by α and the other by σ: each is used where that is the greater.
        double divergence =
            level.Alpha >= level.Sigma
                ? -level.Sigma / level.Alpha * (Dimension + (size * ScoreDivergence(xt, level)))
                : level.Alpha
                    / level.Sigma
                    * (Dimension - (size * PosteriorVariance(xt, level).Sum() / level.Variance));
        return double.IsFinite(divergence) ? divergence : throw TooFar(level, nameof(xt));
    }

    private static double Total(Gaussian part, NoiseLevel level) =>
        (level.Alpha * part.Variance * level.Alpha) + level.Variance;

    // (x − αμ)/(α²v + σ²): minus the part's score, and its E[ε | x] over σ.
    private static double Pull(Gaussian part, double x, NoiseLevel level) =>
        (x - (level.Alpha * part.Mean)) / Total(part, level);

    private static double DataMean(Gaussian part, double x, NoiseLevel level)
    {
        double total = Total(part, level);
        return (part.Mean * (level.Variance / total)) + (level.Alpha * part.Variance / total * x);
    }

    private double[] Averaged(
        ReadOnlySpan<double> xt,
        NoiseLevel level,
        Func<Gaussian, double, NoiseLevel, double> value
    )
    {
        double[] shares = Responsibilities(xt, level);
        double[] result = new double[Dimension];
        for (int k = 0; k < shares.Length; k++)
        {
            for (int i = 0; i < result.Length && shares[k] > 0; i++)
            {
                result[i] += shares[k] * value(Parts[k].Components[i], xt[i], level);
            }
        }

        return result.All(double.IsFinite) ? result : throw TooFar(level, nameof(xt));
    }

    // The variance over the responsibilities of a value of each part, plus the mean of the part's own.
    private double[] Spread(
        ReadOnlySpan<double> xt,
        NoiseLevel level,
        Func<Gaussian, double, NoiseLevel, double> value,
        Func<Gaussian, NoiseLevel, double> own
    )
    {
        double[] shares = Responsibilities(xt, level);
        double[] result = new double[Dimension];
        for (int i = 0; i < result.Length; i++)
        {
            double mean = 0;
            // A share of 0 is left out: what it would weigh need not be finite.
            for (int k = 0; k < shares.Length; k++)
            {
                mean += shares[k] > 0 ? shares[k] * value(Parts[k].Components[i], xt[i], level) : 0;
            }

            for (int k = 0; k < shares.Length; k++)
            {
                if (shares[k] > 0)
                {
                    Gaussian part = Parts[k].Components[i];
                    double distance = value(part, xt[i], level) - mean;
                    result[i] += shares[k] * (own(part, level) + (distance * distance));
                }
            }
        }

        return result.All(double.IsFinite) ? result : throw TooFar(level, nameof(xt));
    }

    private static ArgumentException TooFar(NoiseLevel level, string name) =>
        new(
            $"{name} is too far from every part of the mixture for its density at {level} to be computed with numbers of"
                + " double's range; it must lie within 1e150 standard deviations of one of them.",
            name
        );

    // Fills in the responsibilities and returns the log density.
    private double Share(ReadOnlySpan<double> xt, NoiseLevel level, double[] shares, string name = "xt")
    {
        Preconditions.Length(xt, Dimension, name);
        Preconditions.AllFinite(xt, name);
        for (int k = 0; k < shares.Length; k++)
        {
            double sum = logWeights[k];
            for (int i = 0; i < xt.Length; i++)
            {
                sum += level.Marginal.Apply(Parts[k].Components[i]).LogDensity(xt[i]);
            }

            shares[k] = sum;
        }

        double greatest = shares.Max();
        if (!double.IsFinite(greatest))
        {
            throw TooFar(level, name);
        }

        double total = 0;
        for (int k = 0; k < shares.Length; k++)
        {
            shares[k] = double.Exp(shares[k] - greatest);
            total += shares[k];
        }

        for (int k = 0; k < shares.Length; k++)
        {
            shares[k] /= total;
        }

        return greatest + double.Log(total);
    }

    private double MeanOf(int i) => Parts.Select((part, k) => Weights[k] * part.Components[i].Mean).Sum();

    private double VarianceOf(int i)
    {
        double mean = MeanOf(i);
        double variance = Parts
            .Select(
                (part, k) =>
                {
                    double distance = part.Components[i].Mean - mean;
                    return Weights[k] * (part.Components[i].Variance + (distance * distance));
                }
            )
            .Sum();
        return double.IsFinite(variance)
            ? variance
            : throw new InvalidOperationException(
                "The mixture's variance is beyond the range of double; its parts must lie within 1e150 of one another."
            );
    }
}
