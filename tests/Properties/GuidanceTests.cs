using Diffusion.Math;
using Diffusion.Properties.Support;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Properties;

/// <summary>At every single level: the guided prediction is the one of the distribution that guidance promises.</summary>
public sealed class GuidanceTests
{
    [ForAll]
    public void Classifier_free_guidance_is_the_same_in_every_prediction(
        MixtureCase at,
        Prediction a,
        Prediction b,
        NoiseLevel level,
        Real scale
    )
    {
        double[] guided(Prediction prediction) =>
            Guided(FirstClass(at.Mixture), at.Mixture, prediction, scale.Value)(at.X, new Evaluation(level, 1));
        double[] from = guided(a);
        double[] to = guided(b);
        PredictionMap map = a.To(b, level);
        for (int i = 0; i < to.Length; i++)
        {
            map.Apply(at.X[i], from[i])
                .ShouldBeClose(to[i], 1e-11, map.XtCoefficient * at.X[i], map.ModelCoefficient * from[i], 10);
        }
    }

    [ForAll]
    public void Guided_gaussians_of_one_variance_are_a_gaussian_at_the_mean_beyond(
        DiagonalPair pair,
        Prediction prediction,
        NoiseLevel level,
        Real scale
    )
    {
        double w = scale.Value;
        DiagonalGaussian moved(Func<double, double, double> mean) =>
            new(
                pair.One.Components.Zip(
                    pair.Other.Components,
                    (one, other) => new Gaussian(mean(one.Mean, other.Mean), one.Variance)
                )
            );
        GaussianMixture conditional = GaussianMixture.Of((1, pair.One));
        GaussianMixture unconditional = GaussianMixture.Of((1, moved((_, other) => other)));
        GaussianMixture expected = GaussianMixture.Of((1, moved((one, other) => (w * one) + ((1 - w) * other))));
        double[] answer = Guided(conditional, unconditional, prediction, w)(pair.X, new Evaluation(level, 1));
        double[] exact = expected.Predict(prediction, pair.X, level);
        for (int i = 0; i < answer.Length; i++)
        {
            answer[i].ShouldBeClose(exact[i], 1e-11, prediction.Target(level).NoiseCoefficient, 100);
        }
    }

    [ForAll]
    public void The_guided_score_is_that_of_the_data_times_a_power_of_the_class(MixtureCase at, Real logSnr, Real scale)
    {
        // ∇ ln(p_t(x)·p(class 0 | x)^w), where class 0 is the mixture's first part.
        NoiseLevel level = NoiseLevel.FromLogSnr(logSnr.Value);
        double[] score = Guided(FirstClass(at.Mixture), at.Mixture, Prediction.Score, scale.Value)(
            at.X,
            new Evaluation(level, 1)
        );
        for (int i = 0; i < score.Length; i++)
        {
            double slope = Differences.Slope(
                x =>
                    at.Mixture.LogDensity(x, level)
                    + (scale.Value * double.Log(at.Mixture.Responsibilities(x, level)[0])),
                at.X,
                i
            );
            score[i].ShouldBeClose(slope, 1e-7, 1, scale.Value);
        }
    }

    [ForAll]
    public void Classifier_guidance_with_the_exact_gradient_is_bayes_rule(
        DiagonalPair pair,
        Prediction prediction,
        NoiseLevel level,
        Real strength,
        Spread noise
    )
    {
        // y = h·x₀ + n is observed, so that p(x₀ | y) and p(y | x_t) = N(h·E[x₀ | x_t], h²·Var[x₀ | x_t] + noise) are
        // known. What is observed is the other Gaussian's mean.
        LinearGaussian observation = new(strength.Value, noise.Value);
        double[] y = [.. pair.Other.Components.Select(part => part.Mean)];
        GaussianMixture prior = GaussianMixture.Of((1, pair.One));
        GaussianMixture posterior = GaussianMixture.Of((1, pair.One.Given(observation, y)));
        double[] gradient(double[] x, Evaluation at)
        {
            double[] mean = prior.PosteriorMean(x, at.Level);
            double[] variance = prior.PosteriorVariance(x, at.Level);
            return
            [
                .. mean.Select(
                    (center, i) =>
                    {
                        // ∂E[x₀ | x_t]/∂x_t = α·Var[x₀ | x_t]/σ².
                        double gain = at.Level.Alpha * variance[i] / at.Level.Variance;
                        double evidence = observation.Apply(new Gaussian(0, variance[i])).Variance;
                        return observation.Scale * gain * (y[i] - (observation.Scale * center)) / evidence;
                    }
                ),
            ];
        }
        double[] answer = Guidance.ByScore(prior.Denoiser(prediction), prediction, gradient, GuidanceScale.Constant(1))(
            pair.X,
            new Evaluation(level, 1)
        );
        double[] exact = posterior.Predict(prediction, pair.X, level);
        double[] own = prior.Predict(prediction, pair.X, level);
        for (int i = 0; i < answer.Length; i++)
        {
            answer[i].ShouldBeClose(exact[i], 1e-9, own[i], prediction.Target(level).NoiseCoefficient, 1);
        }
    }

    [ForAll]
    public void Classifier_free_guidance_is_classifier_guidance_by_the_class_s_own_score(
        MixtureCase at,
        Prediction prediction,
        NoiseLevel level,
        Real scale
    )
    {
        GaussianMixture conditional = FirstClass(at.Mixture);
        double[] gradient(double[] x, Evaluation where) =>
            [.. conditional.Score(x, where.Level).Zip(at.Mixture.Score(x, where.Level), (one, all) => one - all)];
        Evaluation evaluation = new(level, 1);
        double[] added = Guidance.ByScore(
            at.Mixture.Denoiser(prediction),
            prediction,
            gradient,
            GuidanceScale.Constant(scale.Value)
        )(at.X, evaluation);
        double[] combined = Guided(conditional, at.Mixture, prediction, scale.Value)(at.X, evaluation);
        double factor = Guidance.ScoreFactor(prediction, level);
        for (int i = 0; i < added.Length; i++)
        {
            double size = factor * conditional.Score(at.X, level)[i];
            added[i].ShouldBeClose(combined[i], 1e-11, size, 10);
        }
    }

    [ForAll]
    public void The_score_s_factor_is_that_of_its_conversion(Prediction prediction, NoiseLevel level) =>
        Guidance
            .ScoreFactor(prediction, level)
            .ShouldBeClose(Prediction.Score.To(prediction, level).ModelCoefficient, 1e-12);

    [Test]
    public void The_score_s_factors_at_the_ends()
    {
        Guidance.ScoreFactor(Prediction.Epsilon, NoiseLevel.PureNoise).Should().Be(-1);
        Guidance.ScoreFactor(Prediction.Score, NoiseLevel.PureNoise).Should().Be(1);
        Guidance.ScoreFactor(Prediction.X0, NoiseLevel.Clean).Should().Be(0);
        Guidance.ScoreFactor(Prediction.V, NoiseLevel.FromAlphaSigma(0.6, 0.8)).ShouldBeClose(-0.8 / 0.6, 1e-15);
        foreach (Prediction prediction in new[] { Prediction.X0, Prediction.V, Prediction.FlowVelocity })
        {
            FluentActions
                .Invoking(() => Guidance.ScoreFactor(prediction, NoiseLevel.PureNoise))
                .Should()
                .Throw<InvalidOperationException>()
                .WithMessage($"*prediction of {prediction} at NoiseLevel(α = 0, σ = 1)*scale be 0 there.");
        }
    }

    [ForAll]
    public void Rescaling_takes_the_deviation_part_of_the_way_back(MixtureCase at, NoiseLevel level, Real scale)
    {
        const double Share = 0.7;
        double[] state = [.. at.X, .. at.X.Select(x => x + 1), .. at.X.Select(x => x - 0.5)];
        double w = 1.5 + double.Abs(scale.Value);
        Evaluation evaluation = new(level, 1);
        Func<double[], Evaluation, double[]> conditional = FirstClass(at.Mixture).Denoiser(Prediction.V);
        double[] plain = Guided(FirstClass(at.Mixture), at.Mixture, Prediction.V, w)(state, evaluation);
        double[] rescaled = Guidance.ClassifierFree(
            conditional,
            at.Mixture.Denoiser(Prediction.V),
            GuidanceScale.Constant(w),
            Share
        )(state, evaluation);
        double target = (Share * Deviation(conditional(state, evaluation))) + ((1 - Share) * Deviation(plain));
        Deviation(rescaled).ShouldBeClose(target, 1e-11, plain.Max(double.Abs));
        for (int i = 0; i < plain.Length; i++)
        {
            (rescaled[i] * plain[0]).ShouldBeClose(plain[i] * rescaled[0], 1e-12, plain.Max(double.Abs), 1e-3);
        }
    }

    [Test]
    public void A_prediction_without_contrast_is_not_rescaled() => Guidance.RescaleFactor(1, 0, 0).Should().Be(1);

    [TestCase(1, 1, 0, 0)]
    [TestCase(0, 0, 1, 0)]
    [TestCase(0, 1, 1, 0.5)]
    [TestCase(2, 1, 1, 0)]
    public void Only_what_counts_is_asked_for(double scale, int conditional, int unconditional, double rescale)
    {
        (int Conditional, int Unconditional) asked = (0, 0);
        double[] answer = Guidance.ClassifierFree(
            (_, _) =>
            {
                asked.Conditional++;
                return [3, 1];
            },
            (_, _) =>
            {
                asked.Unconditional++;
                return [5, 1];
            },
            GuidanceScale.Constant(scale),
            rescale
        )([0, 0], new Evaluation(NoiseLevel.PureNoise, 1));
        asked.Should().Be((conditional, unconditional));
        answer[0].ShouldBeClose(rescale == 0 ? 5 - (2 * scale) : 5 * 0.75, 1e-15);
    }

    [Test]
    public void A_scale_of_0_does_not_ask_for_the_gradient()
    {
        double[] answer = Guidance.ByScore(
            (_, _) => [3],
            Prediction.X0,
            (_, _) => throw new InvalidOperationException("asked"),
            GuidanceScale.Interval(2, 0, 1, outside: 0)
        )([0], new Evaluation(NoiseLevel.PureNoise, 1));
        answer.Should().Equal(3);
    }

    [Test]
    public void Variances_behind_the_prediction_stay_the_conditional_network_s()
    {
        Evaluation at = new(NoiseLevel.FromAlphaSigma(0.6, 0.8), 1);
        Guidance
            .ClassifierFree((_, _) => [3, 1, 9, 8], (_, _) => [1, 2, 5, 5], GuidanceScale.Constant(2))([0, 0], at)
            .Should()
            .Equal(5, 0, 9, 8);
        Guidance
            .ByScore((_, _) => [3, 1, 9, 8], Prediction.Score, (_, _) => [1, 2], GuidanceScale.Constant(2))([0, 0], at)
            .Should()
            .Equal(5, 5, 9, 8);
        Guidance
            .Inpainting((_, _) => [3, 1, 9, 8], Prediction.X0, [7, 0], [true, false], () => [0, 0])([0, 0], at)
            .Should()
            .Equal(7, 1, 9, 8);
    }

    [ForAll]
    public void Inpainting_shows_the_known_part_as_noisy_as_the_rest(Prediction prediction, NoiseLevel level, Real x)
    {
        double[] shown = [];
        double[] answer = Guidance.Inpainting(
            (state, _) =>
            {
                shown = state;
                return [0.1, 0.2];
            },
            prediction,
            [0.4, double.MaxValue],
            [true, false],
            () => [-1.5, 100]
        )([x.Value, 0.7], new Evaluation(level, 1));
        shown.Should().Equal(level.Mix(0.4, -1.5), 0.7);
        answer[1].Should().Be(0.2);
        PredictionMap map = prediction.To(Prediction.X0, level);
        map.Apply(x.Value, answer[0])
            .ShouldBeClose(0.4, 1e-12, map.XtCoefficient * x.Value, map.ModelCoefficient * answer[0], 1);
    }

    private static readonly Func<double[], Evaluation, double[]> One = (_, _) => [1];
    private static readonly Evaluation Somewhere = new(NoiseLevel.FromAlphaSigma(0.6, 0.8), 1);

    private static readonly TestCaseData[] Refused =
    [
        new(() => Guidance.ClassifierFree(null!, One, GuidanceScale.Constant(2)), "*'conditional'*"),
        new(() => Guidance.ClassifierFree(One, null!, GuidanceScale.Constant(2)), "*'unconditional'*"),
        new(() => Guidance.ClassifierFree(One, One, null!), "*'scale'*"),
        new(() => Guidance.ClassifierFree(One, One, GuidanceScale.Constant(2), 1.5), "rescale must be in*1.5.*"),
        new(() => Guidance.ClassifierFree(One, One, GuidanceScale.Constant(2), double.NaN), "rescale must be*NaN.*"),
        new(() => Rescaled(1.5, 1), "rescale must be in*1.5.*"),
        new(() => Rescaled(0.5, -1), "conditional must be*at least 0*-1.*"),
        new(() => Guidance.ByScore(null!, Prediction.V, One, GuidanceScale.Constant(2)), "*'denoiser'*"),
        new(() => Guidance.ByScore(One, null!, One, GuidanceScale.Constant(2)), "*'prediction'*"),
        new(() => Guidance.ByScore(One, Prediction.V, null!, GuidanceScale.Constant(2)), "*'gradient'*"),
        new(() => Guidance.ByScore(One, Prediction.V, One, null!), "*'scale'*"),
        new(() => Guidance.Inpainting(null!, Prediction.V, [1], [true], () => [1]), "*'denoiser'*"),
        new(() => Guidance.Inpainting(One, null!, [1], [true], () => [1]), "*'prediction'*"),
        new(() => Guidance.Inpainting(One, Prediction.V, [1], [true], null!), "*'noise'*"),
        new(
            () => Guidance.Inpainting(One, Prediction.V, [1, 2], [true], () => [1]),
            "known has 2 numbers, but must have 1.*"
        ),
        new(
            () => Guidance.Inpainting(One, Prediction.V, [double.NaN], [true], () => [1]),
            "known[[]0] must be a finite number, but is NaN.*"
        ),
    ];

    private static Func<double[], Evaluation, double[]> Rescaled(double rescale, double deviation)
    {
        double factor = Guidance.RescaleFactor(rescale, deviation, 1);
        return (_, _) => [factor];
    }

    [TestCaseSource(nameof(Refused))]
    public void Bad_arguments_are_refused(Func<Func<double[], Evaluation, double[]>> make, string message) =>
        FluentActions.Invoking(make).Should().Throw<ArgumentException>().WithMessage(message.Replace("[[]", "["));

    private static readonly TestCaseData[] Unfit =
    [
        new(
            Guidance.ClassifierFree((_, _) => [1, 2, 3], One, GuidanceScale.Constant(2)),
            "conditional gave 3 numbers, but must give as many as the state has, 1*"
        ),
        new(Guidance.ClassifierFree(One, (_, _) => [], GuidanceScale.Constant(2)), "unconditional gave 0 numbers*"),
        // Where w·F_c + (1 − w)·F_u would be ∞ − ∞.
        new(
            Guidance.ClassifierFree((_, _) => [1e10], (_, _) => [1e10], GuidanceScale.Constant(1e300)),
            "conditional[0] = 10000000000 leads beyond the range of double*smaller scale.*"
        ),
        new(
            Guidance.ByScore(One, Prediction.Score, (_, _) => [1e200], GuidanceScale.Constant(1e200)),
            "denoiser[0] = 1 leads beyond the range of double*smaller scale.*"
        ),
        new(
            Guidance.ClassifierFree(One, (_, _) => [double.NaN], GuidanceScale.Constant(2)),
            "unconditional[0] must be a finite number, but is NaN.*"
        ),
        new(
            Guidance.ByScore((_, _) => [1, 2, 3], Prediction.V, One, GuidanceScale.Constant(2)),
            "denoiser gave 3 numbers*"
        ),
        new(
            Guidance.ByScore(One, Prediction.V, (_, _) => [1, 2], GuidanceScale.Constant(2)),
            "gradient has 2 numbers, but must have 1.*"
        ),
        new(
            Guidance.Inpainting(One, Prediction.V, [1], [true], () => [1, 2]),
            "noise has 2 numbers, but must have 1.*"
        ),
        new(
            Guidance.Inpainting(One, Prediction.V, [1, 2], [true, true], () => [1, 2]),
            "state has 1 numbers, but must have 2.*"
        ),
    ];

    [TestCaseSource(nameof(Unfit))]
    public void Unfit_answers_are_refused(Func<double[], Evaluation, double[]> denoiser, string message) =>
        FluentActions.Invoking(() => denoiser([1], Somewhere)).Should().Throw<ArgumentException>().WithMessage(message);

    private static Func<double[], Evaluation, double[]> Guided(
        GaussianMixture conditional,
        GaussianMixture unconditional,
        Prediction prediction,
        double scale
    ) =>
        Guidance.ClassifierFree(
            conditional.Denoiser(prediction),
            unconditional.Denoiser(prediction),
            GuidanceScale.Constant(scale)
        );

    private static GaussianMixture FirstClass(GaussianMixture all) => GaussianMixture.Of((1, all.Parts[0]));

    private static double Deviation(double[] values)
    {
        double mean = values.Average();
        return double.Sqrt(values.Average(value => (value - mean) * (value - mean)));
    }
}
