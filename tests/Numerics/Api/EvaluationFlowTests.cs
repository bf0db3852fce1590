using Diffusion.Api;
using Diffusion.Math;
using FluentAssertions;
using NUnit.Framework;
using TorchSharp;
using static Diffusion.Numerics.Api.EvaluationWorld;
using static TorchSharp.torch;

namespace Diffusion.Numerics.Api;

/// <summary>The probability flow's likelihood of a perfect network is the mixture's own density.</summary>
public class EvaluationFlowTests : ScopeFixture
{
    // Its ᾱ_T is 2e-9, so that what remains of the data at T can't be seen.
    private static readonly Schedule Cosine = Schedule.Cosine(1000);

    private static readonly Prediction[] Predictions =
    [
        Prediction.Epsilon,
        Prediction.X0,
        Prediction.V,
        Prediction.Score,
    ];

    [TestCaseSource(nameof(Predictions))]
    public void With_the_exact_trace_it_is_the_mixtures_density(Prediction prediction)
    {
        var x0 = Draw(Square, 5, seed: 6);
        var options = new FlowOptions { Trace = FlowTrace.Exact, Solver = FlowSolver.RungeKutta4(150) };
        var found = LogLikelihood(Square, prediction, options, x0);
        for (var i = 0; i < 5; i++)
            // α_T·μ, a shift of 2e-5, is what the flow's end has of the data and N(0, I) hasn't.
            found[i].Should().BeApproximately(Blurred(Square, x0, i), 5e-5);
    }

    [Test]
    public void At_t_1_hardly_any_blur_is_left()
    {
        var x0 = Draw(Square, 5, seed: 6);
        for (var i = 0; i < 5; i++)
            Blurred(Square, x0, i).Should().BeApproximately(Square.LogDensity(Point(x0, i)), 0.02);
    }

    [Test]
    public void Adapted_steps_keep_the_tolerance()
    {
        var x0 = Draw(Square, 4, seed: 9);
        var wanted = Enumerable.Range(0, 4).Select(i => Blurred(Square, x0, i)).ToArray();
        var errors = new List<double>();
        foreach (var tolerance in new[] { 1e-3, 1e-5, 1e-7 })
        {
            var options = new FlowOptions { Trace = FlowTrace.Exact, Solver = FlowSolver.DormandPrince(tolerance) };
            var found = LogLikelihood(Square, Prediction.V, options, x0);
            errors.Add(found.Zip(wanted, (a, b) => double.Abs(a - b)).Max());
            // Each step errs by at most the tolerance in each of four dimensions; there are some dozens of steps.
            errors[^1].Should().BeLessThan(tolerance * 4 * 100);
        }
        TestContext.Out.WriteLine(string.Join(", ", errors));
        errors.Should().BeInDescendingOrder();
    }

    [Test]
    public void Equal_steps_converge_with_their_methods_order()
    {
        var x0 = Draw(Line, 3, seed: 5);
        foreach (
            var (make, order) in new (Func<int, FlowSolver>, double)[]
            {
                (FlowSolver.Heun, 2),
                (FlowSolver.RungeKutta4, 4),
            }
        )
        {
            double[] At(int steps) =>
                LogLikelihood(
                    Line,
                    Prediction.V,
                    new FlowOptions { Trace = FlowTrace.Exact, Solver = make(steps) },
                    x0
                );
            var (coarse, fine, exact) = (At(20), At(40), At(200));
            for (var i = 0; i < 3; i++)
                double.Log2((coarse[i] - exact[i]) / (fine[i] - exact[i])).Should().BeApproximately(order, 0.6);
        }
    }

    [Test]
    public void Probes_are_unbiased_and_one_of_signs_is_exact_in_one_dimension()
    {
        var solver = FlowSolver.RungeKutta4(30);
        var point = Draw(Line, 1, seed: 3);
        var exact = LogLikelihood(
            Line,
            Prediction.V,
            new FlowOptions { Trace = FlowTrace.Exact, Solver = solver },
            point
        );
        LogLikelihood(Line, Prediction.V, new FlowOptions { Trace = FlowTrace.Rademacher(), Solver = solver }, point)[0]
            .Should()
            .BeApproximately(exact[0], 1e-9);

        var one = Draw(Square, 1, seed: 3);
        var many = one.expand(600, 1, 1, 4).contiguous();
        var wanted = LogLikelihood(
            Square,
            Prediction.V,
            new FlowOptions { Trace = FlowTrace.Exact, Solver = solver },
            one
        );
        var spreads = new List<double>();
        foreach (var trace in new[] { FlowTrace.Rademacher(), FlowTrace.Gaussian(), FlowTrace.Gaussian(4) })
        {
            var found = Estimate.Of(
                LogLikelihood(Square, Prediction.V, new FlowOptions { Trace = trace, Solver = solver }, many)
            );
            found.Mean.Should().BeApproximately(wanted[0], 4 * found.StandardError, trace.Name);
            spreads.Add(found.StandardError);
        }
        spreads[0].Should().BeLessThan(spreads[1], "signs have the least variance");
        (spreads[1] / spreads[2]).Should().BeApproximately(2, 0.3, "four probes have half the spread of one");
    }

    [Test]
    public void Of_8_bit_images_it_is_the_entropy_of_the_density_that_was_rounded()
    {
        // Pixels wide enough that rounding them and smearing them again changes nothing.
        var mixture = GaussianMixture.Of((1.0, DiagonalGaussian.Of([0.1, -0.2, 0, 0.1], [0.05, 0.04, 0.03, 0.06])));
        var data = new ImageDataset(Pixels.ToBytes(Draw(mixture, 400, seed: 2)), 1, 2, 2);
        using var network = new MixtureNetwork(mixture, Cosine, Prediction.V);
        using var process = new GaussianDiffusion(Cosine, Prediction.V);
        var options = new FlowOptions { Solver = FlowSolver.RungeKutta4(40), BatchSize = 200 };
        var result = new FlowEvaluator(network.Call, process, options).Evaluate(data, 400);
        var bits = (mixture.Parts[0].Entropy / 4 - double.Log(2.0 / 255)) / double.Log(2);
        result.BitsPerDimension.Mean.Should().BeApproximately(bits, 4 * result.BitsPerDimension.StandardError);
        result.BitsPerDimension.HalfWidth.Should().BeLessThan(0.1);
        result.Nats.Mean.Should().BeApproximately(result.BitsPerDimension.Mean * 4 * double.Log(2), 1e-9);
        result.NetworkCalls.Should().Be(160);
    }

    [Test]
    public void An_images_likelihood_does_not_depend_on_its_batch()
    {
        var x0 = Draw(Square, 4, seed: 7);
        var options = new FlowOptions { Solver = FlowSolver.RungeKutta4(20) };
        var together = LogLikelihood(Square, Prediction.V, options, x0);
        using var network = new MixtureNetwork(Square, Cosine, Prediction.V);
        using var process = new GaussianDiffusion(Cosine, Prediction.V);
        var evaluator = new FlowEvaluator(network.Call, process, options);
        for (var i = 0; i < 4; i++)
            evaluator.LogLikelihood(x0.narrow(0, i, 1), [i])[0].Should().BeApproximately(together[i], 1e-9);
    }

    [Test]
    public void Of_a_learned_variance_only_the_prediction_counts_and_a_constant_answer_has_no_trace()
    {
        var x0 = Draw(Square, 2, seed: 7);
        var options = new FlowOptions { Solver = FlowSolver.RungeKutta4(10) };
        using var network = new MixtureNetwork(Square, Cosine, Prediction.V);
        using var learned = new GaussianDiffusion(Cosine, Prediction.V, variance: ReverseVariance.LearnedRange);
        new FlowEvaluator((x, t) => cat([network.Call(x, t), x * 7], 1), learned, options)
            .LogLikelihood(x0, Numbers(2))
            .Should()
            .Equal(LogLikelihood(Square, Prediction.V, options, x0));

        // v̂ = 0 leaves x where it is: ln p is that of N(0, I) at α₁·x₀.
        using var process = new GaussianDiffusion(Cosine, Prediction.V);
        var still = new FlowEvaluator((x, _) => zeros_like(x).detach(), process, options);
        var alpha = Cosine[1].Alpha;
        still
            .LogLikelihood(x0, Numbers(2))[0]
            .Should()
            .BeApproximately(
                IsotropicGaussian.Standard(4).LogDensity([.. Point(x0, 0).Select(x => alpha * x)])
                    + 4 * double.Log(alpha),
                1e-9
            );
    }

    [Test]
    public void Tensors_are_given_back()
    {
        var x0 = Draw(Square, 2, seed: 7);
        using var network = new MixtureNetwork(Square, Cosine, Prediction.V);
        using var process = new GaussianDiffusion(Cosine, Prediction.V);
        var evaluator = new FlowEvaluator(network.Call, process, new FlowOptions { Trace = FlowTrace.Exact });
        evaluator.LogLikelihood(x0, Numbers(2));
        var before = LiveTensors.Count();
        evaluator.LogLikelihood(x0, Numbers(2));
        LiveTensors.Count().Should().Be(before);
    }

    [Test]
    public void Bad_input_is_named()
    {
        Refused(() => FlowSolver.Heun(0), "*1 … 100000, not 0*");
        Refused(() => FlowSolver.DormandPrince(double.NaN), "*[1e-12, 0.1], not NaN*");
        Refused(() => FlowTrace.Rademacher(0), "*1 … 1000, not 0*");
        using var process = new GaussianDiffusion(Cosine, Prediction.V);
        var evaluator = new FlowEvaluator((x, _) => x, process);
        Refused(() => evaluator.LogLikelihood(ones([2, 1, 2, 2]), Numbers(3)), "3 numbers*[2, 1, 2, 2]*");
        var data = new ImageDataset(new byte[12], 1, 2, 2);
        Refused(() => evaluator.Evaluate(data, 4), "4 images were asked for*has 3*");
        FluentActions
            .Invoking(() =>
                new FlowEvaluator((x, _) => x * double.NaN, process).LogLikelihood(ones([2, 1, 2, 2]), Numbers(2))
            )
            .Should()
            .Throw<NotFiniteNumberException>();
    }

    private static double[] LogLikelihood(
        GaussianMixture mixture,
        Prediction prediction,
        FlowOptions options,
        Tensor x0
    )
    {
        using var network = new MixtureNetwork(mixture, Cosine, prediction);
        using var process = new GaussianDiffusion(Cosine, prediction);
        return [.. new FlowEvaluator(network.Call, process, options).LogLikelihood(x0, Numbers((int)x0.shape[0]))];
    }

    // ln of the density of x₁/α₁ at x₀.
    private static double Blurred(GaussianMixture mixture, Tensor x0, int index)
    {
        var alpha = Cosine[1].Alpha;
        double[] x = [.. Point(x0, index).Select(value => alpha * value)];
        return mixture.LogDensity(x, Cosine[1]) + x.Length * double.Log(alpha);
    }

    private static double[] Point(Tensor x0, int index) => x0[index].contiguous().data<double>().ToArray();

    private static void Refused(Action action, string message) =>
        action.Should().Throw<ArgumentException>().WithMessage(message);
}
