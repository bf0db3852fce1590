using Diffusion.Api;
using Diffusion.Math;
using FluentAssertions;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Numerics.Api;

/// <summary>Guidance on tensors is that on doubles, and gradients by autograd are the exact ones.</summary>
public class GuidanceTests
{
    private static readonly Schedule Schedule = Schedule.Cosine(100);
    private static readonly Evaluation At = new(Schedule[40], 40);

    /// <summary>Three classes in the plane.</summary>
    private static readonly GaussianMixture Data = GaussianMixture.Of(
        (0.5, DiagonalGaussian.Of([-1, 0.4], [0.2, 0.1])),
        (0.2, DiagonalGaussian.Of([0.5, 0.9], [0.3, 0.3])),
        (0.3, DiagonalGaussian.Of([0.8, -0.6], [0.05, 0.4]))
    );

    private static readonly GaussianMixture Second = GaussianMixture.Of((1, Data.Parts[1]));

    [Test]
    public void Classifier_free_guidance_is_that_on_doubles([Values(0.0, 0.6)] double rescale, [Range(0, 3)] int scale)
    {
        using var scope = NewDisposeScope();
        var scales = GuidanceScale.Constant(scale);
        var x = Points(3, 4);
        var actual = ClassifierFree
            .Of(
                new Denoiser(Prediction.V, (v, at) => v * 0.3 + at.Time / 100),
                new Denoiser(Prediction.V, (v, _) => v.square()),
                scales,
                rescale
            )
            .Call(x, At);
        var onDoubles = Guidance.ClassifierFree(
            (v, at) => [.. v.Select(value => 0.3 * value + at.Time / 100)],
            (v, _) => [.. v.Select(value => value * value)],
            scales,
            rescale
        );
        // Rescaling looks at one sample at a time.
        for (var b = 0; b < 3; b++)
            ShouldBe(actual[b], onDoubles(ExactDenoiser.Numbers(x[b]), At));
    }

    [Test]
    public void A_prediction_without_contrast_is_not_rescaled()
    {
        using var scope = NewDisposeScope();
        var flat = new Denoiser(Prediction.V, (x, _) => full_like(x, 0.5));
        var guided = ClassifierFree.Of(flat, flat, GuidanceScale.Constant(3), rescale: 1).Call(Points(2, 3), At);
        ShouldBe(guided, [0.5, 0.5, 0.5, 0.5, 0.5, 0.5]);
    }

    [Test]
    public void Predictions_may_differ_and_all_guide_alike([Range(0, 5)] int which)
    {
        using var scope = NewDisposeScope();
        var x = Points(3, 2);
        var guided = ClassifierFree.Of(
            ExactDenoiser.Of(Second, Predictions.All[which]),
            ExactDenoiser.Of(Data, Prediction.Epsilon),
            GuidanceScale.Constant(2.5)
        );
        guided.Prediction.Should().Be(Predictions.All[which]);
        var expected = Guidance.ClassifierFree(
            Second.Denoiser(Prediction.V),
            Data.Denoiser(Prediction.V),
            GuidanceScale.Constant(2.5)
        );
        ShouldBe(guided.As(Prediction.V).Call(x, At), expected(ExactDenoiser.Numbers(x), At), 1e-10);
    }

    /// <summary>The exact classifier of noisy points, by autograd, is classifier-free guidance by the exact class.</summary>
    [Test]
    public void A_classifier_s_gradient_guides_as_the_class_does([Range(0, 5)] int which)
    {
        using var scope = NewDisposeScope();
        var x = Points(4, 2);
        Tensor LogClass(Tensor state, Evaluation at)
        {
            var logs = Data.At(at.Level)
                .Parts.Select(
                    (part, k) =>
                    {
                        var mean = tensor(part.Components.Select(c => c.Mean).ToArray());
                        var variance = tensor(part.Components.Select(c => c.Variance).ToArray());
                        var distance = (state - mean).square() / variance + variance.log();
                        return distance.sum(1) * -0.5 + double.Log(Data.Weights[k]);
                    }
                );
            return nn.functional.log_softmax(stack([.. logs], 1), 1)[.., 1];
        }
        var guided = ScoreGuidance.ByLikelihood(
            ExactDenoiser.Of(Data, Predictions.All[which]),
            LogClass,
            GuidanceScale.Constant(1.7)
        );
        var expected = Guidance.ClassifierFree(
            Second.Denoiser(Predictions.All[which]),
            Data.Denoiser(Predictions.All[which]),
            GuidanceScale.Constant(1.7)
        );
        using var noGrad = no_grad();
        var answer = guided.Call(x, At);
        answer.requires_grad.Should().BeFalse();
        x.requires_grad.Should().BeFalse();
        ShouldBe(answer, expected(ExactDenoiser.Numbers(x), At), 1e-10);
    }

    /// <summary>
    /// y = h·x₀ + n on Gaussian data: with the exact ln p(y | x_t) every plan draws what it draws of the posterior.
    /// </summary>
    [Test]
    public void An_observation_s_exact_gradient_samples_from_the_posterior([Range(0, 2)] int which)
    {
        var prior = DiagonalGaussian.Of([0.3, -0.2], [0.4, 0.9]);
        var observation = new LinearGaussian(0.7, 0.15);
        double[] y = [0.8, 0.1];
        Tensor LogLikelihood(Tensor x, Evaluation at)
        {
            Tensor? sum = null;
            for (var i = 0; i < 2; i++)
            {
                var part = prior.Components[i];
                var posterior = at.Level.Marginal.Given(part, 0);
                // E[x₀ | x_t] is linear in x_t.
                var mean = x[.., i] * (at.Level.Marginal.Given(part, 1).Mean - posterior.Mean) + posterior.Mean;
                var evidence = observation.Apply(new Gaussian(0, posterior.Variance)).Variance;
                var term = (mean * observation.Scale - y[i]).square() * (-0.5 / evidence);
                sum = sum is null ? term : sum + term;
            }
            return sum!;
        }
        var grid = LevelGrid.Of(Schedule, TimeGrid.Trailing(Schedule, 12));
        var plan = new[] { Samplers.Ddpm(grid), Samplers.Ddim(grid), Samplers.UniPc(grid) }[which];
        var data = GaussianMixture.Of((1, prior));
        var posterior = GaussianMixture.Of((1, prior.Given(observation, y)));
        using var scope = NewDisposeScope();
        Tensor Run(Denoiser denoiser)
        {
            var generator = new Generator(7);
            return PlanSampler.Run(
                plan,
                denoiser,
                Points(5, 2) * 2,
                () => randn(5, 2, ScalarType.Float64, generator: generator)
            );
        }
        var guided = Run(
            ScoreGuidance.ByLikelihood(ExactDenoiser.Of(data, Prediction.V), LogLikelihood, GuidanceScale.Constant(1))
        );
        ShouldBe(guided, ExactDenoiser.Numbers(Run(ExactDenoiser.Of(posterior, Prediction.V))), 1e-9);
    }

    /// <summary>x̂₀ = μ + k·(x_t − αμ) with k = αv/(α²v + σ²), and the loss ½(h·x̂₀ − y)²/r.</summary>
    [Test]
    public void A_loss_on_the_estimate_of_x0_has_the_known_gradient(
        [Range(0, 5)] int which,
        [Values] bool throughNetwork
    )
    {
        var (mean, variance, h, r, y, w) = (0.3, 0.4, 0.7, 0.2, 0.9, 1.3);
        var level = At.Level;
        var gain = level.Alpha * variance / (level.Alpha * level.Alpha * variance + level.Variance);
        var data = GaussianMixture.Of((1, new Gaussian(mean, variance)));
        using var scope = NewDisposeScope();
        var x = Points(6, 1);
        var guided = ScoreGuidance.ByLoss(
            new Denoiser(Prediction.X0, (v, _) => (v - level.Alpha * mean) * gain + mean).As(Predictions.All[which]),
            x0 => (x0 * h - y).square().sum(1) / (2 * r),
            GuidanceScale.Constant(w),
            throughNetwork
        );
        var slope = throughNetwork ? gain : 1 / level.Alpha;
        var expected = Guidance.ByScore(
            data.Denoiser(Predictions.All[which]),
            Predictions.All[which],
            (v, _) => [.. v.Select(value => -slope * h * (h * (mean + gain * (value - level.Alpha * mean)) - y) / r)],
            GuidanceScale.Constant(w)
        );
        using var noGrad = no_grad();
        ShouldBe(guided.Call(x, At), expected(ExactDenoiser.Numbers(x), At), 1e-10);
    }

    [Test]
    public void A_scale_of_0_asks_nothing_more()
    {
        using var scope = NewDisposeScope();
        var away = GuidanceScale.Interval(2, 0, 1e-9, outside: 0);
        var network = ExactDenoiser.Of(Data, Prediction.V);
        var x = Points(2, 2);
        Tensor Never() => throw new InvalidOperationException("asked");
        var plain = network.Call(x, At);
        ScoreGuidance.ByLikelihood(network, (_, _) => Never(), away).Call(x, At).Equals(plain).Should().BeTrue();
        ScoreGuidance.ByLoss(network, _ => Never(), away).Call(x, At).Equals(plain).Should().BeTrue();
        var only = GuidanceScale.Interval(2, 0, 1e-9);
        var never = new Denoiser(Prediction.V, (_, _) => Never());
        ClassifierFree.Of(network, never, only).Call(x, At).Equals(plain).Should().BeTrue();
        ClassifierFree.Of(never, network, GuidanceScale.Constant(0)).Call(x, At).Equals(plain).Should().BeTrue();
    }

    [Test]
    public void What_has_no_gradient_is_refused()
    {
        using var scope = NewDisposeScope();
        var network = ExactDenoiser.Of(Data, Prediction.V);
        FluentActions
            .Invoking(() =>
                ScoreGuidance.ByLoss(network, x0 => x0.detach(), GuidanceScale.Constant(1)).Call(Points(2, 2), At)
            )
            .Should()
            .Throw<InvalidOperationException>()
            .WithMessage("*doesn't depend on the state*");
        FluentActions
            .Invoking(() =>
                ScoreGuidance
                    .ByLikelihood(network, (x, _) => x.sum(), GuidanceScale.Constant(1))
                    .Call(Points(2, 2), new Evaluation(NoiseLevel.PureNoise, 100))
            )
            .Should()
            .Throw<InvalidOperationException>()
            .WithMessage("*A score can't be added to a prediction of v*");
    }

    [Test]
    public void Variances_behind_the_prediction_stay_the_conditional_network_s()
    {
        using var scope = NewDisposeScope();
        var x = Points(2, 2);
        Denoiser Learned(double variance) => new(Prediction.X0, (v, _) => cat([v * 0.5, full_like(v, variance)], 1));
        Tensor Tail(Denoiser denoiser) => denoiser.Call(x, At)[.., 2..];
        double[] kept = [0.3, 0.3, 0.3, 0.3];
        ShouldBe(Tail(ClassifierFree.Of(Learned(0.3), Learned(0.9), GuidanceScale.Constant(2), 0.5)), kept);
        ShouldBe(Tail(ScoreGuidance.ByLoss(Learned(0.3), x0 => x0.sum(), GuidanceScale.Constant(2))), kept);
        ShouldBe(Tail(Inpainting.Of(Learned(0.3), x, x > 0, () => x)), kept);
        ShouldBe(Tail(Learned(0.3).As(Prediction.V)), kept);
        FluentActions
            .Invoking(() => Inpainting.Of(Learned(0.3), x, x > 0, () => x).Call(Points(2, 3), At))
            .Should()
            .Throw<ArgumentException>();
        FluentActions
            .Invoking(() => new Denoiser(Prediction.X0, (v, _) => v[.., ..1]).As(Prediction.V).Call(x, At))
            .Should()
            .Throw<ArgumentException>()
            .WithMessage("*answer has shape [[]2, 1]; it must have the state's, [[]2, 2]*".Replace("[[]", "["));
    }

    [Test]
    public void Inpainting_is_that_on_doubles([Range(0, 5)] int which)
    {
        using var scope = NewDisposeScope();
        var (x, z) = (Points(3, 2), Points(3, 2).flip(0));
        var prediction = Predictions.All[which];
        // One image and one mask for all samples.
        var actual = Inpainting
            .Of(ExactDenoiser.Of(Data, prediction), tensor(new[] { 0.4, 99 }), tensor(new[] { true, false }), () => z)
            .Call(x, At);
        for (var b = 0; b < 3; b++)
        {
            var sample = b;
            var expected = Guidance.Inpainting(
                Data.Denoiser(prediction),
                prediction,
                [0.4, 99],
                [true, false],
                () => ExactDenoiser.Numbers(z[sample])
            );
            ShouldBe(actual[b], expected(ExactDenoiser.Numbers(x[b]), At));
        }
    }

    [Test]
    public void A_resampled_plan_inpaints_on_tensors()
    {
        var plan = Samplers.Resampling(Samplers.Ddpm(Schedule, TimeGrid.Trailing(Schedule, 20)), 5, 3);
        using var scope = NewDisposeScope();
        var generator = new Generator(3);
        Tensor Noise() => randn(4000, 2, ScalarType.Float64, generator: generator);
        var end = PlanSampler.Run(
            plan,
            Inpainting.Of(
                ExactDenoiser.Of(Data, Prediction.V),
                tensor(new[] { -1, 0.0 }),
                tensor(new[] { true, false }),
                Noise
            ),
            Noise(),
            Noise
        );
        ShouldBe(end[.., 0], [.. Enumerable.Repeat(-1.0, 4000)], 1e-12);
        // By Bayes' rule; what resampling leaves of the gap is well within 0.05 here.
        var shares = Data.Parts.Select((part, k) => Data.Weights[k] * double.Exp(part.Components[0].LogDensity(-1)));
        var mean = shares.Zip(Data.Parts, (s, p) => s * p.Components[1].Mean).Sum() / shares.Sum();
        end[.., 1].mean().ToDouble().Should().BeApproximately(mean, 0.05);
    }

    [Test]
    public void Masks_and_images_that_do_not_fit_are_refused()
    {
        using var scope = NewDisposeScope();
        var network = ExactDenoiser.Of(Data, Prediction.V);
        var x = Points(2, 2);
        FluentActions
            .Invoking(() => Inpainting.Of(network, x, x, () => x))
            .Should()
            .Throw<ArgumentException>()
            .WithMessage("mask must be boolean*Float64*");
        FluentActions
            .Invoking(() => Inpainting.Of(network, x, Points(3, 2) > 0, () => x).Call(x, At))
            .Should()
            .Throw<ArgumentException>()
            .WithMessage("mask has shape [3, 2]*[2, 2].*");
        FluentActions
            .Invoking(() => Inpainting.Of(network, zeros(1, 2, 2), x > 0, () => x).Call(x, At))
            .Should()
            .Throw<ArgumentException>()
            .WithMessage("known has shape [1, 2, 2]*");
    }

    [TestCase(double.NaN)]
    [TestCase(-0.1)]
    [TestCase(1.1)]
    public void A_share_of_rescaling_outside_its_range_is_refused(double rescale)
    {
        var network = ExactDenoiser.Of(Data, Prediction.V);
        FluentActions
            .Invoking(() => ClassifierFree.Of(network, network, GuidanceScale.Constant(2), rescale))
            .Should()
            .Throw<ArgumentOutOfRangeException>()
            .WithMessage($"rescale must be in [0, 1], but is {rescale}.*");
    }

    [Test]
    public void Guided_runs_leave_nothing_behind()
    {
        using var scope = NewDisposeScope();
        var network = new Denoiser(Prediction.Epsilon, (x, _) => x * 0.5);
        var (image, mask) = (Points(2, 2), Points(2, 2) > 0);
        var guided = Inpainting.Of(
            ScoreGuidance.ByLoss(
                ClassifierFree.Of(network, network.As(Prediction.V), GuidanceScale.Constant(2), 0.5),
                x0 => x0.square().sum(),
                GuidanceScale.Constant(0.1)
            ),
            image,
            mask,
            () => randn(2, 2, ScalarType.Float64)
        );
        var plan = Samplers.Ddim(Schedule, TimeGrid.Trailing(Schedule, 10));
        void Run() =>
            PlanSampler
                .Run(plan, guided, image, () => throw new InvalidOperationException("DDIM draws no noise"))
                .Dispose();
        Run();
        var before = LiveTensors.Count();
        Run();
        Tensor.TotalCount.Should().Be(before);
    }

    private static Tensor Points(int count, int dimension) =>
        linspace(-1.2, 1.5, count * dimension, dtype: ScalarType.Float64).reshape(count, dimension).sin();

    private static void ShouldBe(Tensor actual, double[] expected, double tolerance = 1e-12)
    {
        var numbers = ExactDenoiser.Numbers(actual);
        numbers.Should().HaveSameCount(expected);
        for (var i = 0; i < numbers.Length; i++)
            numbers[i]
                .Should()
                .BeApproximately(expected[i], tolerance * double.Max(1, double.Abs(expected[i])), "at {0}", i);
    }
}
