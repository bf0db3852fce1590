using Diffusion.Api;
using Diffusion.Math;
using Diffusion.Nn;
using FluentAssertions;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Numerics.Api;

/// <summary>Guidance around real networks.</summary>
public class ClassGuidanceTests
{
    private const int NullLabel = 4;
    private static readonly Schedule Schedule = Schedule.Cosine(100);
    private static readonly Evaluation At = new(Schedule[40], 40);

    [Test]
    public void One_batch_of_twice_the_size_is_two_batches([Values(0.0, 0.7)] double rescale)
    {
        using var network = Classes();
        using var scope = NewDisposeScope();
        var (x, labels, none) = (
            Images(),
            tensor(new[] { 0L, 3, 2 }),
            tensor(new long[] { NullLabel, NullLabel, NullLabel })
        );
        var time = tensor(new[] { 39L, 39, 39 });
        using var noGrad = no_grad();
        var expected = ClassifierFree
            .Of(
                new Denoiser(Prediction.V, (v, _) => network.forward(v, time, labels)),
                new Denoiser(Prediction.V, (v, _) => network.forward(v, time, none)),
                GuidanceScale.Constant(3),
                rescale
            )
            .Call(x, At);
        var actual = ClassifierFree
            .Of(network, Prediction.V, labels, NullLabel, GuidanceScale.Constant(3), rescale)
            .Call(x, At);
        Largest(actual - expected).Should().BeLessThan(1e-10);
        Largest(actual - network.forward(x, time, labels)).Should().BeGreaterThan(1e-3, "guidance does something");
    }

    [Test]
    public void The_network_is_asked_for_no_more_than_needed()
    {
        using var scope = NewDisposeScope();
        var asked = new List<(long Batch, long[] Labels)>();
        Tensor Network(Tensor x, Tensor time, Tensor labels)
        {
            time.shape.Should().Equal(x.shape[0]);
            asked.Add((x.shape[0], labels.data<long>().ToArray()));
            return x * 0.5;
        }
        foreach (var scale in new[] { 1.0, 0, 2 })
            ClassifierFree
                .Of(
                    Network,
                    Prediction.V,
                    tensor(new[] { 1L, 2, 3 }),
                    tensor(new[] { 4L, 4, 0 }),
                    GuidanceScale.Constant(scale)
                )
                .Call(Images(), At);
        asked.Select(call => call.Batch).Should().Equal(3, 3, 6);
        asked.Select(call => string.Join(' ', call.Labels)).Should().Equal("1 2 3", "4 4 0", "1 2 3 4 4 0");
    }

    /// <summary>The gradient through the whole network, held against differences of the loss.</summary>
    [Test]
    public void A_loss_is_differentiated_through_the_network()
    {
        random.manual_seed(1);
        using var network = new UNet2D(TinySetup.Network with { Dropout = 0 });
        network.to(ScalarType.Float64).eval();
        using var scope = NewDisposeScope();
        var denoiser = Denoiser.Of(network.call, Prediction.Epsilon);
        var x = Images();
        var map = Prediction.Epsilon.To(Prediction.X0, At.Level);
        Tensor Loss(Tensor x0) => (x0 - 0.3).square().sum(1, 2, 3);
        using var noGrad = no_grad();
        double Value(Tensor state) =>
            Loss(denoiser.Call(state, At) * map.ModelCoefficient + state * map.XtCoefficient).sum().ToDouble();
        var direction = (x * 7).cos();
        // Not smaller: attention computes its softmax in 32 bits.
        const double Step = 1e-3;
        var expected = (Value(x + direction * Step) - Value(x - direction * Step)) / (2 * Step);

        var guided = ScoreGuidance.ByLoss(denoiser, Loss, GuidanceScale.Constant(1)).Call(x, At);
        // ε′ = ε + σ·∇loss.
        var gradient = (guided - denoiser.Call(x, At)) / At.Level.Sigma;
        (gradient * direction).sum().ToDouble().Should().BeApproximately(expected, 3e-5 * double.Abs(expected));
        network.parameters().Should().OnlyContain(p => object.Equals(p.grad, null), "training is not disturbed");
    }

    [Test]
    public void A_run_by_a_denoiser_is_the_run_by_its_network()
    {
        using var network = new UNet2D(TinySetup.Network);
        network.eval();
        using var scope = NewDisposeScope();
        var x = Images().to_type(ScalarType.Float32);
        var plan = Samplers.Ddim(Schedule, TimeGrid.Trailing(Schedule, 3));
        var expected = PlanSampler.Run(plan, network.call, Prediction.V, x, () => x);
        PlanSampler.Run(plan, Denoiser.Of(network.call, Prediction.V), x, () => x).Equals(expected).Should().BeTrue();
    }

    [Test]
    public void An_unconditional_network_can_not_be_guided_by_classes()
    {
        using var network = new UNet2D(TinySetup.Network);
        using var labels = tensor(new[] { 0L });
        FluentActions
            .Invoking(() => ClassifierFree.Of(network, Prediction.V, labels, 1, GuidanceScale.Constant(2)))
            .Should()
            .Throw<ArgumentException>()
            .WithMessage("The network was trained without classes*");
    }

    [TestCase(-1, NullLabel, "labels must be in 0 … 4, the network's classes, but one is -1.*")]
    [TestCase(5, NullLabel, "labels must be in 0 … 4, the network's classes, but one is 5.*")]
    [TestCase(0, 5, "away must be in 0 … 4, the network's classes, but one is 5.*")]
    public void Labels_out_of_range_are_refused(long label, long away, string message)
    {
        using var network = Classes();
        using var labels = tensor(new[] { 0L, label });
        FluentActions
            .Invoking(() => ClassifierFree.Of(network, Prediction.V, labels, away, GuidanceScale.Constant(2)))
            .Should()
            .Throw<ArgumentOutOfRangeException>()
            .WithMessage(message);
    }

    [Test]
    public void Labels_of_another_kind_or_number_are_refused()
    {
        using var network = Classes();
        using var scope = NewDisposeScope();
        var scale = GuidanceScale.Constant(2);
        FluentActions
            .Invoking(() => ClassifierFree.Of(network, Prediction.V, tensor(new[] { 0.5 }), 1, scale))
            .Should()
            .Throw<ArgumentException>()
            .WithMessage("labels must be 64-bit integers [B], but are Float64 [1].*");
        FluentActions
            .Invoking(() =>
                ClassifierFree.Of(network, Prediction.V, tensor(new[] { 1L, 2 }), 1, scale).Call(Images(), At)
            )
            .Should()
            .Throw<ArgumentException>()
            .WithMessage("There are 2 labels for 3 samples*");
        FluentActions
            .Invoking(() =>
                ClassifierFree.Of((x, _, _) => x, Prediction.V, tensor(new[] { 1L, 2 }), tensor(new[] { 1L }), scale)
            )
            .Should()
            .Throw<ArgumentException>()
            .WithMessage("away has shape [1]; it must have that of labels, [2].*");
        using var vectors = new UNet2D(TinySetup.Network with { ClassEmbedType = ClassEmbedType.Identity });
        FluentActions
            .Invoking(() => ClassifierFree.Of(vectors, Prediction.V, tensor(new[] { 1L, 2 }), 1, scale))
            .Should()
            .Throw<ArgumentException>()
            .WithMessage("The network's classes are vectors*");
    }

    private static UNet2D Classes()
    {
        var network = new UNet2D(TinySetup.Network with { NumClassEmbeds = NullLabel + 1 });
        network.to(ScalarType.Float64).eval();
        return network;
    }

    private static Tensor Images() =>
        linspace(-3, 3, 3 * TinyImages.Side * TinyImages.Side, ScalarType.Float64)
            .reshape(3, 1, TinyImages.Side, TinyImages.Side)
            .sin();

    private static double Largest(Tensor difference) => difference.abs().max().ToDouble();
}
