using Diffusion.Api;
using Diffusion.Math;
using FluentAssertions;
using NUnit.Framework;
using TorchSharp;
using static Diffusion.Numerics.Api.EvaluationWorld;
using static TorchSharp.torch;

namespace Diffusion.Numerics.Api;

/// <summary>The bound of perfect networks is what quadrature says it is; so are its parts, its interval and its limit.</summary>
public class EvaluationBoundTests : ScopeFixture
{
    private static readonly Schedule Short = Schedule.Linear(1e-3, 0.2, 60);

    private static readonly object[] Models =
    [
        new object[] { Prediction.Epsilon, ReverseVariance.FixedSmall },
        new object[] { Prediction.X0, ReverseVariance.FixedLarge },
        new object[] { Prediction.V, ReverseVariance.FixedSmall },
        new object[] { Prediction.Score, ReverseVariance.FixedLarge },
        new object[] { Prediction.FlowVelocity, ReverseVariance.FixedSmall },
        new object[] { Prediction.Edm(0.4), ReverseVariance.FixedLarge },
    ];

    private static readonly BoundOptions OnTheLine = new() { Decoder = BoundDecoder.Gaussian, TimesPerImage = 8 };

    [TestCaseSource(nameof(Models))]
    public void Every_term_is_the_exact_one_within_its_interval(Prediction prediction, ReverseVariance variance)
    {
        var exact = ExactBound(Line, Short, variance, Short.Posterior(2).Variance);
        foreach (var options in new[] { OnTheLine, OnTheLine with { AllTimes = true } })
        {
            var bound = Evaluate(Line, Short, prediction, variance, options, count: 1500, seed: 3);
            ShouldHold(bound.Prior, exact.Prior);
            ShouldHold(bound.Transitions, exact.Transitions.Sum());
            ShouldHold(bound.Reconstruction, exact.Reconstruction);
            ShouldHold(bound.Total, exact.Total);
            bound.CallsPerImage.Should().Be(options.AllTimes ? 60 : 9);
        }
    }

    [Test]
    public void A_95_percent_interval_holds_the_exact_bound_in_95_of_100_runs()
    {
        const int runs = 200;
        var exact = ExactBound(Line, Short, ReverseVariance.FixedSmall, Short.Posterior(2).Variance).Total;
        var held = 0;
        for (var seed = 0; seed < runs; seed++)
        {
            var options = OnTheLine with { TimesPerImage = 4, Seed = (ulong)seed };
            var bound = Evaluate(Line, Short, Prediction.V, ReverseVariance.FixedSmall, options, count: 100, seed);
            held += bound.Total.Low <= exact && exact <= bound.Total.High ? 1 : 0;
        }
        TestContext.Out.WriteLine($"{held} of {runs}");
        (held / (double)runs).Should().BeInRange(0.90, 0.99);
    }

    [Test]
    public void In_a_thousand_steps_the_bound_is_the_entropy_within_its_interval()
    {
        var schedule = Schedule.Linear(1e-4, 0.02, 1000);
        var entropy = Entropy(Line);
        // The best fixed variances for data on the whole line: what is left is the cost of finitely many steps.
        var (variance, decoder) = (ReverseVariance.FixedLarge, schedule.Beta(1));
        (ExactBound(Line, schedule, variance, decoder).Total - entropy).Should().BeInRange(0, 0.02);

        var options = OnTheLine with { TimesPerImage = 16, DecoderVariance = decoder };
        var bound = Evaluate(Line, schedule, Prediction.Epsilon, variance, options, 3000, seed: 1);
        bound.Total.HalfWidth.Should().BeLessThan(0.1);
        bound.Total.Low.Should().BeLessThan(entropy);
        bound.Total.High.Should().BeGreaterThan(entropy);
        var bits = entropy / double.Log(2);
        bound.InBits(bound.Total).Low.Should().BeLessThan(bits);
        bound.InBits(bound.Total).High.Should().BeGreaterThan(bits);
    }

    [Test]
    public void Of_8_bit_images_it_is_the_entropy_of_their_distribution()
    {
        // Four images of 2×2 pixels with these probabilities: −Σ p ln p nats, and a quarter of it a pixel.
        double[] probabilities = [0.1, 0.2, 0.3, 0.4];
        byte[][] images =
        [
            [0, 255, 30, 90],
            [255, 0, 128, 60],
            [10, 10, 200, 250],
            [77, 180, 0, 0],
        ];
        var points = images.Select(image =>
            DiagonalGaussian.Of([.. image.Select(DiscreteDecoder.Value)], new double[4])
        );
        var mixture = GaussianMixture.Of(probabilities.Zip(points));
        var entropy = -probabilities.Sum(p => p * double.Log(p));
        // As many of each as its probability says, so that the sample has the distribution's own entropy.
        var pixels = images.SelectMany((image, k) => Enumerable.Repeat(image, 40 * (k + 1))).SelectMany(p => p);
        var data = new ImageDataset(pixels.ToArray(), 1, 2, 2);

        var schedule = Schedule.Linear(1e-4, 0.02, 1000);
        using var network = new MixtureNetwork(mixture, schedule, Prediction.V);
        using var process = new GaussianDiffusion(schedule, Prediction.V);
        // So narrow a decoder gives a pixel's own interval everything.
        var options = new BoundOptions
        {
            TimesPerImage = 32,
            BatchSize = 100,
            DecoderVariance = 1e-6,
        };
        var bound = new BoundEvaluator(network.Call, process, options).Evaluate(data, data.Count);

        bound.Images.Should().Be(400);
        bound.Total.HalfWidth.Should().BeLessThan(0.15);
        ShouldHold(bound.Total, entropy);
        ShouldHold(bound.InBits(bound.Total), entropy / (4 * double.Log(2)));
        bound.Reconstruction.Mean.Should().BeInRange(0, 1e-3, "x₁ says which image it was");
    }

    [Test]
    public void All_times_say_the_terms_one_by_one()
    {
        var exact = ExactBound(Line, Short, ReverseVariance.FixedSmall, Short.Posterior(2).Variance);
        using var network = new MixtureNetwork(Quantised(Line), Short, Prediction.V);
        using var process = new GaussianDiffusion(Short, Prediction.V);
        var data = new ImageDataset(Pixels.ToBytes(Draw(Line, 1000, seed: 8)), 1, 1, 1);
        var options = new BoundOptions { AllTimes = true, BatchSize = 500 };
        var bound = new BoundEvaluator(network.Call, process, options).Evaluate(data, 1000);
        bound.ByTime.Should().HaveCount(59);
        bound.ByTime.Sum().Should().BeApproximately(bound.Transitions.Mean, 1e-9);
        // The pixels' rounding is far below the noise of all but the first times.
        for (var t = 20; t <= 60; t++)
            bound.ByTime[t - 2].Should().BeApproximately(exact.Transitions[t - 2], 0.15 * exact.Transitions[t - 2]);
    }

    [Test]
    public void A_learned_variance_counts_pixel_by_pixel()
    {
        var options = OnTheLine with { DecoderVariance = 1e-3 };
        foreach (
            var (learned, output, fixedOne) in new (ReverseVariance, Func<Tensor, Tensor>, ReverseVariance)[]
            {
                (ReverseVariance.LearnedRange, _ => tensor(-1.0), ReverseVariance.FixedSmall),
                (ReverseVariance.LearnedRange, _ => tensor(1.0), ReverseVariance.FixedLarge),
                (ReverseVariance.Learned, VariancesAt, ReverseVariance.FixedLarge),
            }
        )
        {
            using var network = new MixtureNetwork(Square, Short, Prediction.V);
            Tensor Answer(Tensor x, Tensor time) =>
                cat([network.Call(x, time), zeros_like(x) + output(time).reshape(-1, 1, 1, 1)], 1);
            using var process = new GaussianDiffusion(Short, Prediction.V, variance: learned);
            using var fixedProcess = new GaussianDiffusion(Short, Prediction.V, variance: fixedOne);
            var x0 = Draw(Square, 20, seed: 2);
            var terms = new BoundEvaluator(Answer, process, options with { AllTimes = true }).Terms(x0, Numbers(20));
            var wanted = new BoundEvaluator(network.Call, fixedProcess, options with { AllTimes = true }).Terms(
                x0,
                Numbers(20)
            );
            for (var i = 0; i < 20; i++)
                terms[i].Total.Should().BeApproximately(wanted[i].Total, 1e-9);
        }

        static Tensor VariancesAt(Tensor time) =>
            tensor(
                time.data<long>()
                    .ToArray()
                    .Select(t => t == 0 ? 1.0 : ReverseVariance.FixedLarge.Of(Short[(int)t + 1], Short[(int)t]))
                    .ToArray()
            );
    }

    [Test]
    public void A_learned_range_decodes_with_what_the_network_says_of_the_last_step()
    {
        using var network = new MixtureNetwork(Square, Short, Prediction.V);
        using var process = new GaussianDiffusion(Short, Prediction.V, variance: ReverseVariance.LearnedRange);
        using var small = new GaussianDiffusion(Short, Prediction.V);
        var x0 = Draw(Square, 5, seed: 2);
        var learned = new BoundEvaluator((x, t) => cat([network.Call(x, t), -ones_like(x)], 1), process, OnTheLine);
        var known = new BoundEvaluator(network.Call, small, OnTheLine);
        learned
            .Terms(x0, Numbers(5))
            .Zip(known.Terms(x0, Numbers(5)))
            .Should()
            .OnlyContain(pair => double.Abs(pair.First.Reconstruction - pair.Second.Reconstruction) < 1e-9);
    }

    [Test]
    public void The_decoder_of_a_learned_variance_is_that_of_the_training_loss()
    {
        byte[] pixels = [.. Enumerable.Range(0, 16).Select(i => (byte)(i * 17))];
        var x0 = tensor(pixels.Select(DiscreteDecoder.Value).ToArray()).reshape(4, 1, 2, 2);
        foreach (var variance in new[] { ReverseVariance.LearnedRange, ReverseVariance.Learned })
        foreach (var output in new[] { -3, -1, -0.5, 1e-4, 0.02, 0.5, 1 })
        {
            using var process = new GaussianDiffusion(Short, Prediction.X0, variance: variance);
            var answer = cat([x0 + 0.01, full_like(x0, output)], 1);
            using var losses = process.Losses((_, _) => answer, x0, ones([4], ScalarType.Int64), randn_like(x0));
            var terms = new BoundEvaluator((_, _) => answer, process).Terms(x0, Numbers(4));
            for (var i = 0; i < 4; i++)
                (terms[i].Reconstruction / (4 * double.Log(2)))
                    .Should()
                    .BeApproximately(losses.Bound![i].ToDouble(), 1e-6, $"{variance}, output {output}");
        }
    }

    [Test]
    public void The_rule_on_x0_belongs_to_the_model()
    {
        var white = ones([4, 1, 2, 2]);
        static Tensor TooBright(Tensor x, Tensor time) => full_like(x, 3);
        using var clipped = new GaussianDiffusion(Short, Prediction.X0, x0Rule: X0Rule.Clip());
        using var free = new GaussianDiffusion(Short, Prediction.X0);
        new BoundEvaluator(TooBright, clipped)
            .Terms(white, Numbers(4))
            .Should()
            .OnlyContain(terms => double.Abs(terms.Transitions) < 1e-9);
        new BoundEvaluator(TooBright, free)
            .Terms(white, Numbers(4))
            .Should()
            .OnlyContain(terms => terms.Transitions > 9);
    }

    [Test]
    public void An_images_terms_do_not_depend_on_its_batch_but_on_the_seed()
    {
        using var network = new MixtureNetwork(Square, Short, Prediction.V);
        using var process = new GaussianDiffusion(Short, Prediction.V);
        var x0 = Draw(Square, 6, seed: 4);
        var evaluator = new BoundEvaluator(network.Call, process, OnTheLine);
        var together = evaluator.Terms(x0, Numbers(6));
        for (var i = 0; i < 6; i++)
            evaluator
                .Terms(x0.narrow(0, i, 1), [i])[0]
                .Total.Should()
                .BeApproximately(together[i].Total, 1e-9, "image {0} alone", i);
        var other = new BoundEvaluator(network.Call, process, OnTheLine with { Seed = 1 }).Terms(x0, Numbers(6));
        other.Should().NotIntersectWith(together);
        other.Select(terms => terms.Prior).Should().Equal(together.Select(terms => terms.Prior));
    }

    [Test]
    public void A_single_step_has_no_transitions()
    {
        var schedule = Schedule.FromBetas([0.5]);
        using var network = new MixtureNetwork(Line, schedule, Prediction.V);
        using var process = new GaussianDiffusion(schedule, Prediction.V);
        var evaluator = new BoundEvaluator(network.Call, process, OnTheLine);
        evaluator.CallsPerImage.Should().Be(1);
        evaluator.Terms(Draw(Line, 3, seed: 1), Numbers(3)).Should().OnlyContain(terms => terms.Transitions == 0);
    }

    [Test]
    public void Bad_input_is_named()
    {
        using var process = new GaussianDiffusion(Short, Prediction.V);
        static Tensor Silent(Tensor x, Tensor time) => zeros_like(x);
        var evaluator = new BoundEvaluator(Silent, process);
        Refused(() => evaluator.Terms(full([2, 1, 2, 2], 0.123), Numbers(2)), "*0.12*no 8-bit pixel*");
        Refused(() => evaluator.Terms(ones([2, 1, 2, 2]), Numbers(3)), "3 numbers*[2, 1, 2, 2]*");
        Refused(
            () => new BoundEvaluator((x, _) => x.narrow(3, 0, 1), process).Terms(ones([2, 1, 2, 2]), Numbers(2)),
            "*answers [2, 1, 2, 1] for images of [2, 1, 2, 2]*"
        );
        Refused(
            () => new BoundEvaluator(Silent, process, new BoundOptions { DecoderVariance = double.NaN }),
            "*finite number above 0, not NaN*"
        );
        Refused(() => new BoundEvaluator(Silent, process, new BoundOptions { TimesPerImage = 0 }), "*TimesPerImage*");
        Refused(() => new BoundEvaluator(Silent, process, new BoundOptions { BatchSize = 0 }), "*BatchSize*");
        var data = new ImageDataset(new byte[12], 1, 2, 2);
        Refused(() => evaluator.Evaluate(data, 4), "4 images were asked for*has 3*");
        Refused(() => evaluator.Evaluate(data, 1), "1 images*at least 2*");
        FluentActions
            .Invoking(() => new BoundEvaluator((x, _) => x * double.NaN, process).Terms(ones([2, 1, 2, 2]), Numbers(2)))
            .Should()
            .Throw<NotFiniteNumberException>()
            .WithMessage("*network's answer*NaN*");
    }

    private static BoundResult Evaluate(
        GaussianMixture mixture,
        Schedule schedule,
        Prediction prediction,
        ReverseVariance variance,
        BoundOptions options,
        int count,
        int seed
    )
    {
        using var scope = NewDisposeScope();
        using var network = new MixtureNetwork(mixture, schedule, prediction);
        using var process = new GaussianDiffusion(schedule, prediction, variance: variance);
        var evaluator = new BoundEvaluator(network.Call, process, options);
        return new BoundResult(evaluator.Terms(Draw(mixture, count, seed), Numbers(count)), mixture.Dimension)
        {
            CallsPerImage = evaluator.CallsPerImage,
        };
    }

    // Four standard errors: once in 16,000 by chance; the seeds are fixed.
    private static void ShouldHold(Estimate estimate, double exact) =>
        estimate.Mean.Should().BeApproximately(exact, 4 * estimate.StandardError + 1e-9);

    private static GaussianMixture Quantised(GaussianMixture mixture)
    {
        // A pixel's rounding adds the variance of a uniform number of width 2/255.
        const double rounding = 2.0 / 255 * 2 / 255 / 12;
        return GaussianMixture.Of(
            mixture.Parts.Select(
                (part, k) =>
                    (
                        mixture.Weights[k],
                        new DiagonalGaussian(
                            part.Components.Select(one => new Gaussian(one.Mean, one.Variance + rounding))
                        )
                    )
            )
        );
    }

    private static void Refused(Action action, string message) =>
        action.Should().Throw<ArgumentException>().WithMessage(message);
}
