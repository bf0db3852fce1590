using Diffusion.Math;
using Diffusion.Properties.Support;
using FluentAssertions;
using MathNet.Numerics.Integration;
using NUnit.Framework;

namespace Diffusion.Properties;

/// <summary>
/// Where guided sampling ends. With u = σ² at variance exploding levels the probability flow is dx/du = −score/2;
/// for Gaussians it is linear, so that two starts give the whole distribution it ends in, to compare with the
/// equation's solution.
/// </summary>
public sealed class GuidedFlowTests
{
    [Test]
    public void Guided_sampling_of_gaussians_of_one_variance_ends_in_the_gaussian_at_the_mean_beyond()
    {
        // 3·0.5 − 2·(−0.25) = 2.
        GaussianMixture conditional = GaussianMixture.Of((1, new Gaussian(0.5, 0.09)));
        GaussianMixture unconditional = GaussianMixture.Of((1, new Gaussian(-0.25, 0.09)));
        GaussianMixture beyond = GaussianMixture.Of((1, new Gaussian(2, 0.09)));
        Schedule schedule = Schedule.Cosine(200);
        LevelGrid grid = LevelGrid.Of(schedule, TimeGrid.Trailing(schedule, 20));
        foreach (
            SamplingPlan plan in new[]
            {
                Samplers.Ddpm(grid),
                Samplers.Ddim(grid),
                Samplers.DpmSolverMultistep(grid, 2),
                Samplers.UniPc(grid, 3),
            }
        )
        {
            double[] start = new Draws(3).Normals(50);
            double[] end(Func<double[], Evaluation, double[]> denoiser)
            {
                Draws draws = new(4);
                return plan.Run(start, Prediction.V, denoiser, _ => draws.Normals(50));
            }
            double[] guided = end(
                Guidance.ClassifierFree(
                    conditional.Denoiser(Prediction.V),
                    unconditional.Denoiser(Prediction.V),
                    GuidanceScale.Constant(3)
                )
            );
            guided.ShouldEqual(end(beyond.Denoiser(Prediction.V)), 1e-10);
        }
    }

    [TestCase(0.25, 1, 3)]
    [TestCase(0.5, 2, 1.7)]
    [TestCase(1, 0.3, 2)]
    public void Guided_gaussians_of_two_variances_end_in_the_powers_of_both(
        double conditional,
        double unconditional,
        double scale
    )
    {
        // dx/du = x/2·(w/(c + u) + (1 − w)/(n + u)): x² goes as (c + u)^w·(n + u)^(1−w), and ends at c^w·n^(1−w). The
        // density p_c^w·p_u^(1−w), which guidance is often said to draw from, has the variance 1/(w/c + (1 − w)/n).
        const double Start = 1e4;
        double end = Slope(
            Guidance.ClassifierFree(
                GaussianMixture.Of((1, new Gaussian(0, conditional))).Denoiser(Prediction.Epsilon),
                GaussianMixture.Of((1, new Gaussian(0, unconditional))).Denoiser(Prediction.Epsilon),
                GuidanceScale.Constant(scale)
            ),
            Start
        );
        double power(double u) => double.Pow(conditional + u, scale) * double.Pow(unconditional + u, 1 - scale);
        (end * end).ShouldBeClose(power(Last * Last) / power(Start * Start), 1e-7);
        double variance = end * end * Start * Start;
        variance.ShouldBeClose(power(0), 1e-5);
        double.Abs(variance - (1 / ((scale / conditional) + ((1 - scale) / unconditional))))
            .Should()
            .BeGreaterThan(0.02);
    }

    [Test]
    public void Guidance_in_an_interval_acts_only_there()
    {
        // The same flow, with w = 3 for σ in (1, 10] and 1 elsewhere.
        const double Start = 100;
        LevelGrid above = LevelGrid.UniformLogSnr(NoiseCurve.VarianceExploding, 400, 10, Start);
        LevelGrid within = LevelGrid.UniformLogSnr(NoiseCurve.VarianceExploding, 400, 1, 10);
        LevelGrid below = LevelGrid.UniformLogSnr(NoiseCurve.VarianceExploding, 400, Last, 1);
        Func<double[], Evaluation, double[]> denoiser = Guidance.ClassifierFree(
            GaussianMixture.Of((1, new Gaussian(0, 0.25))).Denoiser(Prediction.Epsilon),
            GaussianMixture.Of((1, new Gaussian(0, 1))).Denoiser(Prediction.Epsilon),
            GuidanceScale.Interval(3, 1, 10)
        );
        double[] state = [1];
        double expected = 1;
        foreach ((LevelGrid grid, double w) in new[] { (above, 1.0), (within, 3), (below, 1) })
        {
            LevelGrid flow = grid.EndingAt(grid.Points[^2].Level);
            // Asks at every level but the last, so that the interval's own ends are seen where they belong.
            state = Samplers.UniPc(flow, 3).Run(state, Prediction.Epsilon, denoiser, _ => []);
            double power(double sigma) =>
                double.Pow(0.25 + (sigma * sigma), w) * double.Pow(1 + (sigma * sigma), 1 - w);
            expected *= double.Sqrt(power(flow.End.Sigma) / power(flow.Start.Sigma));
            state[0].ShouldBeClose(expected, 1e-6);
        }
    }

    [TestCase(1, 0.5, 0.4)]
    [TestCase(-0.7, 1, 1)]
    public void The_gradient_through_the_estimate_of_x0_ends_too_narrow_and_too_far(
        double observed,
        double strength,
        double noise
    )
    {
        // Data N(0, 1), y = h·x₀ + n, and ln p(y | x_t) taken for ln N(y; h·x̂₀, r): diffusion posterior sampling. With
        // z² = h²/(2r) the flow ends at variance e^(−2z²) and mean (y/h)·2z·D(z), D being Dawson's function; the
        // posterior has 1/(1 + 2z²) and (y/h)·2z²/(1 + 2z²).
        GaussianMixture data = GaussianMixture.Of((1, Gaussian.Standard));
        Func<double[], Evaluation, double[]> guided = Guidance.ByScore(
            data.Denoiser(Prediction.Epsilon),
            Prediction.Epsilon,
            (x, at) =>
            {
                double gain = at.Level.Alpha / (at.Level.Variance + (at.Level.Alpha * at.Level.Alpha));
                return [.. x.Select(value => strength * gain * (observed - (strength * gain * value)) / noise)];
            },
            GuidanceScale.Constant(1)
        );
        // In finite time: x = √(1 + u)·e^(−q/(1 + u))·(x_start's share + (h·y/r)·∫e^(q·t²)dt), q = z², over t = 1/√(1 + u)
        // from the start to the end.
        const double Start = 1e4;
        double z = strength / double.Sqrt(2 * noise);
        double share(double sigma) => 1 / double.Hypot(1, sigma);
        double size(double sigma) => double.Exp(-double.Pow(z * share(sigma), 2)) / share(sigma);
        double slope = Slope(guided, Start);
        double mean = End(guided, Start, 0);
        double integral = GaussLegendreRule.Integrate(t => double.Exp(z * z * t * t), share(Start), share(Last), 32);
        slope.ShouldBeClose(size(Last) / size(Start), 1e-7);
        mean.ShouldBeClose(size(Last) * strength * observed / noise * integral, 1e-7);

        double dawson = double.Exp(-z * z) * GaussLegendreRule.Integrate(t => double.Exp(t * t), 0, z, 32);
        double variance = double.Pow(slope * Start, 2);
        variance.ShouldBeClose(double.Exp(-2 * z * z), 1e-5);
        mean.ShouldBeClose(observed / strength * 2 * z * dawson, 2e-4);
        Gaussian posterior = new LinearGaussian(strength, noise).Given(Gaussian.Standard, observed);
        variance.Should().BeLessThan(posterior.Variance);
        double.Abs(mean).Should().BeGreaterThan(double.Abs(posterior.Mean));
    }

    [Test]
    public void The_exact_gradient_ends_in_the_posterior()
    {
        GaussianMixture data = GaussianMixture.Of((1, Gaussian.Standard));
        LinearGaussian observation = new(0.8, 0.3);
        Func<double[], Evaluation, double[]> guided = Guidance.ByScore(
            data.Denoiser(Prediction.Epsilon),
            Prediction.Epsilon,
            (x, at) =>
            {
                double total = 1 + at.Level.Variance;
                double evidence = observation.Apply(new Gaussian(0, at.Level.Variance / total)).Variance;
                return [.. x.Select(value => 0.8 / total * (1.1 - (0.8 * value / total)) / evidence)];
            },
            GuidanceScale.Constant(1)
        );
        Gaussian posterior = observation.Given(Gaussian.Standard, 1.1);
        const double Start = 1e4;
        Slope(guided, Start)
            .ShouldBeClose(
                double.Sqrt((posterior.Variance + (Last * Last)) / (posterior.Variance + (Start * Start))),
                1e-7
            );
        End(guided, Start, posterior.Mean).ShouldBeClose(posterior.Mean, 1e-7);
    }

    [TestCase(300)]
    [TestCase(600)]
    [TestCase(999)]
    public void Starting_at_an_image_with_noise_keeps_what_the_level_leaves_of_it(int kept)
    {
        // Data N(m, v), an image y: x_t = α·y + σ·z, and the flow to level s is (x_t − α_t·m)·√(V_s/V_t) + α_s·m with
        // V = α²v + σ².
        Gaussian data = new(0.3, 0.2);
        NoiseCurve curve = NoiseCurve.Of(Schedule.Linear(1e-4, 0.02, 1000));
        LevelGrid grid = LevelGrid.UniformLogSnr(curve, 1000, 0.01, 100);
        NoiseLevel end = grid.Points[^2].Level;
        SamplingPlan plan = Samplers.UniPc(grid.EndingAt(end).Last(kept), 3);
        NoiseLevel start = plan.Start;
        double[] result = plan.Run(
            [start.Mix(-0.5, 0), start.Mix(-0.5, 1)],
            Prediction.V,
            GaussianMixture.Of((1, data)).Denoiser(Prediction.V),
            _ => []
        );
        double flow = double.Sqrt(end.Marginal.Apply(data).Variance / start.Marginal.Apply(data).Variance);
        result[0].ShouldBeClose((end.Alpha * 0.3) + (flow * start.Alpha * (-0.5 - 0.3)), 1e-6, 1);
        (result[1] - result[0]).ShouldBeClose(flow * start.Sigma, 1e-6, 1);
    }

    private const double Last = 1e-3;

    // dx_end/dx_start.
    private static double Slope(Func<double[], Evaluation, double[]> denoiser, double start) =>
        (End(denoiser, start, start) - End(denoiser, start, -start)) / (2 * start);

    private static double End(Func<double[], Evaluation, double[]> denoiser, double start, double x)
    {
        LevelGrid grid = LevelGrid.UniformLogSnr(NoiseCurve.VarianceExploding, 1500, Last, start);
        SamplingPlan plan = Samplers.UniPc(grid.EndingAt(grid.Points[^2].Level), 3);
        return plan.Run([x], Prediction.Epsilon, denoiser, _ => [])[0];
    }
}
