using Diffusion.Math;
using Diffusion.Properties.Support;
using FluentAssertions;
using MathNet.Numerics.Integration;
using NUnit.Framework;

namespace Diffusion.Properties;

public sealed class GaussianMixtureTests
{
    private static readonly GaussianMixture Two = GaussianMixture.Of(
        (0.3, new Gaussian(-1, 0.0625)),
        (0.7, new Gaussian(0.6, 0.16))
    );

    [TestCase(1, 0)]
    [TestCase(0.8, 0.6)]
    [TestCase(1, 3)]
    [TestCase(0, 1)]
    public void Density_and_denoiser_are_the_integrals_that_define_them(double alpha, double sigma)
    {
        NoiseLevel level = NoiseLevel.FromAlphaSigma(alpha, sigma);
        Line(x => double.Exp(Two.LogDensity([x], level))).ShouldBeClose(1, 1e-9);
        if (sigma > 0)
        {
            // q(x₀ | x_t) ∝ q(x_t | x₀)·p(x₀), integrated over x₀.
            const double Xt = 0.37;
            double joint(double x0) =>
                double.Exp(new Gaussian(alpha * x0, sigma * sigma).LogDensity(Xt) + Two.LogDensity([x0]));
            double evidence = Line(joint);
            double mean = Line(x0 => x0 * joint(x0)) / evidence;
            double square = Line(x0 => x0 * x0 * joint(x0)) / evidence;
            Two.LogDensity([Xt], level).ShouldBeClose(double.Log(evidence), 1e-9);
            Two.PosteriorMean([Xt], level)[0].ShouldBeClose(mean, 1e-9);
            Two.PosteriorVariance([Xt], level)[0].ShouldBeClose(square - (mean * mean), 1e-8);
        }
    }

    // What the optimal reverse variance rests on, for data that isn't normal.
    [TestCase(0.8, 0.6)]
    [TestCase(1, 2)]
    [TestCase(0.3, 0.7)]
    public void What_is_unknown_of_the_data_is_what_the_best_answer_lacks_of_the_noise(double alpha, double sigma)
    {
        NoiseLevel level = NoiseLevel.FromAlphaSigma(alpha, sigma);
        double mean(Func<double, double> of) => Line(x => of(x) * double.Exp(Two.LogDensity([x], level)));
        double square(double x) => x * x;
        double answered = mean(x => square(Two.Predict(Prediction.Epsilon, [x], level)[0]));
        mean(x => Two.PosteriorVariance([x], level)[0])
            .ShouldBeClose(sigma * sigma / (alpha * alpha) * (1 - answered), 1e-8);
    }

    [ForAll]
    public void Score_is_the_gradient_of_the_log_density(MixtureCase at, Real logSnr)
    {
        NoiseLevel level = NoiseLevel.FromLogSnr(logSnr.Value);
        double[] score = at.Mixture.Score(at.X, level);
        double divergence = 0;
        for (int i = 0; i < at.X.Length; i++)
        {
            score[i].ShouldBeClose(Differences.Slope(x => at.Mixture.LogDensity(x, level), at.X, i), 1e-8, 1);
            divergence += Differences.Slope(x => at.Mixture.Score(x, level)[i], at.X, i);
        }

        at.Mixture.ScoreDivergence(at.X, level).ShouldBeClose(divergence, 1e-7, 1);
    }

    [ForAll]
    public void Denoiser_and_variance_follow_from_the_score_by_tweedie(MixtureCase at, NoiseLevel level)
    {
        if (level.LogSnr is > 5 or < -5)
        {
            return;
        }

        double[] score = at.Mixture.Score(at.X, level);
        double[] mean = at.Mixture.PosteriorMean(at.X, level);
        double variance = level.Variance;
        for (int i = 0; i < score.Length; i++)
        {
            mean[i].ShouldBeClose((at.X[i] + (variance * score[i])) / level.Alpha, 1e-12, at.X[i] / level.Alpha, 1);
        }

        double spread = at.Mixture.PosteriorVariance(at.X, level).Sum();
        double expected = variance * (score.Length + (variance * at.Mixture.ScoreDivergence(at.X, level)));
        (spread * level.Alpha * level.Alpha).ShouldBeClose(expected, 1e-10, variance * score.Length);
    }

    [ForAll]
    public void The_posterior_mixture_has_the_posterior_moments(MixtureCase at, NoiseLevel level)
    {
        GaussianMixture posterior = at.Mixture.Posterior(at.X, level);
        double[] mean = at.Mixture.PosteriorMean(at.X, level);
        double[] variance = at.Mixture.PosteriorVariance(at.X, level);
        for (int i = 0; i < mean.Length; i++)
        {
            posterior.Mean[i].ShouldBeClose(mean[i], 1e-12, 2);
            posterior.Variance[i].ShouldBeClose(variance[i], 1e-8, 1e-6);
        }
    }

    [ForAll]
    public void Bayes_rule_holds_for_whole_mixtures(MixtureCase at, Real logSnr, Real position)
    {
        NoiseLevel level = NoiseLevel.FromLogSnr(logSnr.Value);
        double[] x0 = [.. at.X.Select(x => x + (position.Value / 4))];
        double posterior = at.Mixture.Posterior(at.X, level).LogDensity(x0);
        double likelihood = new IsotropicGaussian([.. x0.Select(x => level.Alpha * x)], level.Variance).LogDensity(
            at.X
        );
        (posterior + at.Mixture.LogDensity(at.X, level)).ShouldBeClose(
            likelihood + at.Mixture.LogDensity(x0),
            1e-10,
            likelihood,
            posterior,
            1
        );
    }

    [ForAll]
    public void The_mixture_at_a_level_is_its_own_marginal(MixtureCase at, NoiseLevel level)
    {
        GaussianMixture marginal = at.Mixture.At(level);
        double expected = marginal.LogDensity(at.X);
        at.Mixture.LogDensity(at.X, level).ShouldBeClose(expected, 1e-14, 1);
        at.Mixture.Responsibilities(at.X, level).Sum().ShouldBeClose(1, 1e-14);
        for (int i = 0; i < at.X.Length; i++)
        {
            marginal.Mean[i].ShouldBeClose(level.Alpha * at.Mixture.Mean[i], 1e-13, level.Alpha);
            marginal
                .Variance[i]
                .ShouldBeClose((level.Alpha * level.Alpha * at.Mixture.Variance[i]) + level.Variance, 1e-13);
        }
    }

    [ForAll]
    public void Every_prediction_converts_to_every_other(MixtureCase at, Prediction a, Prediction b, NoiseLevel level)
    {
        double[] from = at.Mixture.Predict(a, at.X, level);
        double[] to = at.Mixture.Predict(b, at.X, level);
        PredictionMap map = a.To(b, level);
        for (int i = 0; i < to.Length; i++)
        {
            map.Apply(at.X[i], from[i])
                .ShouldBeClose(to[i], 1e-12, map.XtCoefficient * at.X[i], map.ModelCoefficient * from[i], 1);
        }
    }

    [ForAll]
    public void Predictions_are_the_named_conditional_means(MixtureCase at, NoiseLevel level)
    {
        at.Mixture.Predict(Prediction.X0, at.X, level).Should().Equal(at.Mixture.PosteriorMean(at.X, level));
        double[] score = at.Mixture.Score(at.X, level);
        double[] predicted = at.Mixture.Predict(Prediction.Score, at.X, level);
        double[] epsilon = at.Mixture.Predict(Prediction.Epsilon, at.X, level);
        for (int i = 0; i < score.Length; i++)
        {
            predicted[i].ShouldBeClose(score[i], 1e-13, 1);
            epsilon[i].ShouldBeClose(-level.Sigma * score[i], 1e-13, 1);
        }
    }

    [Test]
    public void Predictions_are_finite_at_both_ends()
    {
        Two.Predict(Prediction.Epsilon, [0.3], NoiseLevel.Clean).Should().Equal(0);
        Two.Predict(Prediction.X0, [0.3], NoiseLevel.Clean)[0].ShouldBeClose(0.3, 1e-15);
        Two.Predict(Prediction.Epsilon, [0.3], NoiseLevel.PureNoise)[0].ShouldBeClose(0.3, 1e-15);
        Two.Predict(Prediction.X0, [0.3], NoiseLevel.PureNoise)[0].ShouldBeClose(Two.Mean[0], 1e-15);
        Two.PosteriorVariance([0.3], NoiseLevel.Clean).Should().Equal(0);
        Two.PosteriorVariance([0.3], NoiseLevel.PureNoise)[0].ShouldBeClose(Two.Variance[0], 1e-15);
    }

    [Test]
    public void A_denoiser_takes_many_points_at_once()
    {
        GaussianMixture plane = GaussianMixture.Of(
            (0.5, new IsotropicGaussian([0, 1], 0.5)),
            (0.5, new IsotropicGaussian([2, -1], 0.25))
        );
        NoiseLevel level = NoiseLevel.FromAlphaSigma(0.6, 0.8);
        double[] answer = plane.Denoiser(Prediction.V)([1, 2, 3, 4], new Evaluation(level, 7));
        answer
            .Should()
            .Equal([.. plane.Predict(Prediction.V, [1, 2], level), .. plane.Predict(Prediction.V, [3, 4], level)]);
    }

    [Test]
    public void A_plan_with_the_denoiser_ends_in_the_mixture()
    {
        Schedule schedule = Schedule.Linear(1e-4, 0.02, 1000);
        Draws draws = new(5);
        const int Count = 4000;
        double[] end = Samplers
            .Ddim(schedule, TimeGrid.Trailing(schedule, 50))
            .Run(draws.Normals(Count), Prediction.Epsilon, Two.Denoiser(Prediction.Epsilon), _ => []);
        end.Average().Should().BeApproximately(Two.Mean[0], 0.05);
        end.Count(x => x < -0.4).Should().BeCloseTo((int)(0.3 * Count), 150);
    }

    [Test]
    public void Draws_have_the_shares_and_moments_of_the_mixture()
    {
        Draws draws = new(11);
        const int Count = 40000;
        double[] samples =
        [
            .. Enumerable.Range(0, Count).Select(i => Two.Sample((i + 0.5) / Count, [draws.Normal()])[0]),
        ];
        double mean = samples.Average();
        mean.Should().BeApproximately(Two.Mean[0], 0.01);
        samples.Average(x => (x - mean) * (x - mean)).Should().BeApproximately(Two.Variance[0], 0.01);
        Two.Sample(0.2999, [2]).Should().Equal(-0.5);
        Two.Sample(0.3001, [2])[0].ShouldBeClose(1.4, 1e-15);
        Two.Sample(double.BitDecrement(1), [0]).Should().Equal(0.6);
    }

    [Test]
    public void Every_random_number_has_a_part()
    {
        GaussianMixture two = GaussianMixture.Of((0.5, new Gaussian(0, 0)), (0.5, new Gaussian(1, 0)));
        (two.Sample(0, [0])[0], two.Sample(double.BitDecrement(0.5), [0])[0]).Should().Be((0, 0));
        // Where a share ends the next begins.
        two.Sample(0.5, [0])[0].Should().Be(1);
        for (int count = 2; count <= 100; count++)
        {
            // Shares that are rounded may sum to less than this.
            GaussianMixture even = GaussianMixture.Of(
                Enumerable.Range(1, count).Select(k => (1.0 / count, new Gaussian(k, 0)))
            );
            even.Sample(double.BitDecrement(1), [0])[0].Should().Be(count);
        }
    }

    [Test]
    public void Moments_are_those_of_the_formula()
    {
        Two.Mean[0].ShouldBeClose((0.3 * -1) + (0.7 * 0.6), 1e-15);
        double square = (0.3 * (1 + 0.0625)) + (0.7 * (0.36 + 0.16));
        Two.Variance[0].ShouldBeClose(square - (Two.Mean[0] * Two.Mean[0]), 1e-14);
        Two.Dimension.Should().Be(1);
        Two.Weights.Should().Equal(0.3, 0.7);
    }

    [Test]
    public void Points_are_parts_too()
    {
        // The optimal denoiser of a finite data set: a softmax over its points.
        GaussianMixture points = GaussianMixture.Of((0.5, new Gaussian(-1, 0)), (0.5, new Gaussian(1, 0)));
        points
            .PosteriorMean([0.4], NoiseLevel.FromAlphaSigma(0.6, 0.8))[0]
            .ShouldBeClose(double.Tanh(0.6 * 0.4 / 0.64), 1e-14);
    }

    [Test]
    public void Far_from_all_parts_the_nearest_still_decides()
    {
        NoiseLevel level = NoiseLevel.FromAlphaSigma(1, 0.01);
        Two.LogDensity([1e100], level).Should().BeNegative();
        double.IsFinite(Two.PosteriorMean([1e100], level)[0]).Should().BeTrue();
        Two.Posterior([500], level).Weights.Should().Equal(1);
    }

    private static double Line(Func<double, double> value)
    {
        double sum = 0;
        for (int i = -40; i < 40; i++)
        {
            sum += GaussLegendreRule.Integrate(value, i * 0.5, (i + 1) * 0.5, 24);
        }

        return sum;
    }

    [TestCase(-1)]
    [TestCase(1)]
    public void A_part_at_the_other_end_of_double_counts_for_nothing(int side)
    {
        // The far part's share is 0, what it would weigh is infinite; the near one is N(0, 1) about its mean.
        GaussianMixture apart = GaussianMixture.Of((0.5, new Gaussian(-1e160, 1)), (0.5, new Gaussian(1e160, 1)));
        NoiseLevel equal = NoiseLevel.FromAlphaSigma(1, 1);
        apart.PosteriorVariance([side * 1e160], equal)[0].ShouldBeClose(0.5, 1e-15);
        apart.ScoreDivergence([side * 1e160], equal).ShouldBeClose(-0.5, 1e-15);
        foreach (NoiseLevel level in new[] { NoiseLevel.FromAlphaSigma(0.6, 0.8), NoiseLevel.FromAlphaSigma(0.8, 0.6) })
        {
            // Of N(0, 1) at a variance preserving level v̂ is 0 everywhere.
            apart.VelocityDivergence([side * level.Alpha * 1e160], level).Should().BeApproximately(0, 1e-15);
        }
    }

    [TestCase(1e3)]
    [TestCase(1e9)]
    [TestCase(1e100)]
    public void Far_out_the_scores_divergence_is_that_of_the_nearest_part(double x)
    {
        // The score of N(0, 1) at (1, 1) is −x/2, whose slope is −½; the squares of scores would cancel.
        NoiseLevel level = NoiseLevel.FromAlphaSigma(1, 1);
        GaussianMixture.Of((1.0, Gaussian.Standard)).ScoreDivergence([x], level).ShouldBeClose(-0.5, 1e-15);
        GaussianMixture
            .Of((0.4, Gaussian.Standard), (0.6, new Gaussian(-1, 0.5)))
            .ScoreDivergence([x], level)
            .ShouldBeClose(-0.5, 1e-15);
    }
}
