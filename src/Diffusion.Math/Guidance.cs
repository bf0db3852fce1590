namespace Diffusion.Math;

/// <summary>
/// Guidance as functions around a denoiser, on numbers: what makes a sampler draw from another distribution than the
/// network's own. A denoiser is the function that <see cref="SamplingPlan.Run"/> takes.
/// </summary>
/// <remarks>
/// With the exact denoisers of a <see cref="GaussianMixture"/> the guided distribution is known at every level, which
/// is how each is tested. Variances that a network answers behind its prediction stay those of the network, of the
/// conditional one where there are two and both are asked. <c>Diffusion.Api</c> has the same on tensors.
/// </remarks>
public static class Guidance
{
    /// <summary>
    /// c in F′ = F + c·δ, where F is a prediction and the score changes by δ: −σ for ε (Dhariwal and Nichol 2021,
    /// algorithm 2), σ²/α for x₀, −σ/α·(α² + σ²) for v, 1 for the score itself.
    /// </summary>
    /// <param name="prediction">What F predicts.</param>
    /// <param name="level">The noise level of the state.</param>
    /// <exception cref="ArgumentNullException"><paramref name="prediction"/> is null.</exception>
    /// <exception cref="InvalidOperationException">
    /// c is not finite: x₀ takes part in the prediction, and pure noise (α = 0) does not determine it; or there is no
    /// prediction (the score where σ = 0).
    /// </exception>
    public static double ScoreFactor(Prediction prediction, NoiseLevel level)
    {
        // By Tweedie's formula ε̂ = −σ·score and x̂₀ = (x_t + σ²·score)/α.
        TrainingTarget target = Preconditions.NotNull(prediction).Target(level);
        double noise = -level.Sigma * target.NoiseCoefficient;
        double factor =
            target.X0Coefficient == 0
                ? noise
                : (level.Sigma / level.Alpha * level.Sigma * target.X0Coefficient) + noise;
        return double.IsFinite(factor)
            ? factor
            : throw new InvalidOperationException(
                $"A score can't be added to a prediction of {prediction} at {level}, where x_t says nothing about x₀."
                    + " Start at a less noisy level, or let the guidance scale be 0 there."
            );
    }

    /// <summary>
    /// Classifier-free guidance, F = w·F_c + (1 − w)·F_u (Ho and Salimans 2022, eq. 6, whose w is one less). The same
    /// in every prediction, since all are the same combination of the score and the state.
    /// </summary>
    /// <param name="conditional">F_c, the prediction with the condition.</param>
    /// <param name="unconditional">
    /// F_u, without it; or with another condition, to be avoided (negative conditioning).
    /// </param>
    /// <param name="scale">w; at 1 and 0 only one of the two is called.</param>
    /// <param name="rescale">
    /// φ in [0, 1]: F is multiplied by φ·std(F_c)/std(F) + 1 − φ, the deviations being those of one sample's numbers,
    /// against too much contrast (Lin et al. 2023, eq. 14 to 16). 0 by default. Unlike the rest it depends on what is
    /// predicted.
    /// </param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">φ is outside [0, 1] or NaN.</exception>
    public static Func<double[], Evaluation, double[]> ClassifierFree(
        Func<double[], Evaluation, double[]> conditional,
        Func<double[], Evaluation, double[]> unconditional,
        GuidanceScale scale,
        double rescale = 0
    )
    {
        Preconditions.NotNull(conditional);
        Preconditions.NotNull(unconditional);
        Preconditions.NotNull(scale);
        Preconditions.Closed(rescale, 0, 1);
        return (state, at) =>
        {
            double w = scale.At(at);
            if (w == 1)
            {
                return conditional(state, at);
            }

            double[] negative = Checked(unconditional(state, at), state.Length, nameof(unconditional));
            if (w == 0 && rescale == 0)
            {
                return negative;
            }

            double[] positive = conditional(state, at);
            double[] guided = Changed(
                positive,
                state.Length,
                i => (w * positive[i]) + ((1 - w) * negative[i]),
                nameof(conditional)
            );
            double factor = RescaleFactor(
                rescale,
                Deviation(positive.AsSpan(0, state.Length)),
                Deviation(guided.AsSpan(0, state.Length))
            );
            return Changed(guided, state.Length, i => factor * guided[i], nameof(conditional));
        };
    }

    /// <summary>φ·σ_c/σ + 1 − φ, what a guided prediction is multiplied by (Lin et al. 2023, eq. 15 and 16).</summary>
    /// <param name="rescale">φ in [0, 1].</param>
    /// <param name="conditional">σ_c, the standard deviation of the conditional prediction; finite and ≥ 0.</param>
    /// <param name="guided">
    /// σ, that of the guided one; finite and ≥ 0. At 0, where all its numbers are equal, the factor is 1.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range or NaN.</exception>
    public static double RescaleFactor(double rescale, double conditional, double guided)
    {
        Preconditions.Closed(rescale, 0, 1);
        Preconditions.NonNegative(conditional);
        return Preconditions.NonNegative(guided) == 0 ? 1 : (rescale * conditional / guided) + 1 - rescale;
    }

    /// <summary>
    /// Guidance by a score: that of the network plus w·∇ ln p(y | x_t), so that with w = 1 and the exact gradient the
    /// sampler draws from p(x | y) (Dhariwal and Nichol 2021, section 4.2; Song et al. 2021, SDE paper, eq. 14).
    /// </summary>
    /// <param name="denoiser">The network.</param>
    /// <param name="prediction">What it predicts, and the guided one too.</param>
    /// <param name="gradient">From the state and its level to ∇ ln p(y | x_t), or to any other gradient.</param>
    /// <param name="scale">w; where it is 0 the gradient is not asked for.</param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public static Func<double[], Evaluation, double[]> ByScore(
        Func<double[], Evaluation, double[]> denoiser,
        Prediction prediction,
        Func<double[], Evaluation, double[]> gradient,
        GuidanceScale scale
    )
    {
        Preconditions.NotNull(denoiser);
        Preconditions.NotNull(prediction);
        Preconditions.NotNull(gradient);
        Preconditions.NotNull(scale);
        return (state, at) =>
        {
            double w = scale.At(at);
            double[] answer = denoiser(state, at);
            if (w == 0)
            {
                return answer;
            }

            double factor = w * ScoreFactor(prediction, at.Level);
            double[] slope = gradient(state, at);
            Preconditions.Length(slope, state.Length, nameof(gradient));
            return Changed(answer, state.Length, i => answer[i] + (factor * slope[i]), nameof(denoiser));
        };
    }

    /// <summary>
    /// Inpainting by replacement: the network is shown α·y + σ·z with fresh noise z where y is known, and its answer
    /// there becomes the one that means x̂₀ = y (Lugmayr et al. 2022, RePaint, eq. 8). Run it on a plan with
    /// <see cref="Samplers.Resampling"/>, for replacement alone does not draw from p(x | y).
    /// </summary>
    /// <remarks>
    /// In law this is RePaint's algorithm 1, which draws α·y + σ·z after each reverse step: no other draw is ever
    /// shown to the network. Written around the network it works with every plan.
    /// </remarks>
    /// <param name="denoiser">The network.</param>
    /// <param name="prediction">What it predicts, and the one that is returned too.</param>
    /// <param name="known">y, as long as the state; what it holds where it is not known has no effect.</param>
    /// <param name="isKnown">Where it is known, as long.</param>
    /// <param name="noise">Fresh draws from N(0, 1), as many as the state is long.</param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number of <paramref name="known"/> is not finite.</exception>
    public static Func<double[], Evaluation, double[]> Inpainting(
        Func<double[], Evaluation, double[]> denoiser,
        Prediction prediction,
        ReadOnlySpan<double> known,
        ReadOnlySpan<bool> isKnown,
        Func<double[]> noise
    )
    {
        Preconditions.NotNull(denoiser);
        Preconditions.NotNull(prediction);
        Preconditions.NotNull(noise);
        Preconditions.Length(known, isKnown.Length);
        double[] y = known.ToArray();
        bool[] mask = isKnown.ToArray();
        for (int i = 0; i < y.Length; i++)
        {
            Preconditions.Finite(y[i], $"{nameof(known)}[{Preconditions.Text(i)}]");
        }

        return (state, at) =>
        {
            Preconditions.Length(state, y.Length);
            double[] fresh = noise();
            Preconditions.Length(fresh, y.Length, nameof(noise));
            PredictionMap meant = Prediction.X0.To(prediction, at.Level);
            double[] shown = [.. state.Select((x, i) => mask[i] ? at.Level.Mix(y[i], fresh[i]) : x)];
            double[] answer = denoiser(shown, at);
            return Changed(
                answer,
                state.Length,
                i => mask[i] ? meant.Apply(state[i], y[i]) : answer[i],
                nameof(denoiser)
            );
        };
    }

    // The prediction, which is as long as the state; variances behind it stay as they are.
    private static double[] Changed(double[] answer, int length, Func<int, double> value, string name)
    {
        double[] result = [.. Checked(answer, length, name)];
        for (int i = 0; i < length; i++)
        {
            result[i] = value(i);
            if (!double.IsFinite(result[i]))
            {
                throw new ArgumentException(
                    $"{name}[{Preconditions.Text(i)}] = {Preconditions.Text(answer[i])} leads beyond the range of double"
                        + " when it is guided; guide with a smaller scale.",
                    name
                );
            }
        }

        return result;
    }

    private static double[] Checked(double[] answer, int length, string name)
    {
        if (Preconditions.NotNull(answer, name).Length != length && answer.Length != 2 * length)
        {
            throw new ArgumentException(
                $"{name} gave {Preconditions.Text(answer.Length)} numbers, but must give as many as the state has,"
                    + $" {Preconditions.Text(length)}, or twice as many with variances behind them.",
                name
            );
        }

        Preconditions.AllFinite(answer, name);
        return answer;
    }

    private static double Deviation(ReadOnlySpan<double> values)
    {
        double sum = 0;
        foreach (double value in values)
        {
            sum += value;
        }

        double mean = sum / values.Length;
        double squares = 0;
        foreach (double value in values)
        {
            squares += (value - mean) * (value - mean);
        }

        return double.Sqrt(squares / values.Length);
    }
}
