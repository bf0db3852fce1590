using Diffusion.Nn;
using FluentAssertions;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Numerics.Nn;

[TestFixture]
internal sealed class UNet2DTests
{
    [Test]
    public void The_course_network_has_1707009_parameters()
    {
        using var net = new UNet2D(Nets.Course);
        Nets.Parameters(net).Should().Be(1_707_009);
    }

    [TestCase("conv_in.weight")]
    [TestCase("time_embedding.linear_1.weight")]
    [TestCase("down_blocks.0.resnets.0.norm1.weight")]
    [TestCase("down_blocks.0.downsamplers.0.conv.bias")]
    [TestCase("down_blocks.1.resnets.0.conv_shortcut.weight")]
    [TestCase("down_blocks.1.attentions.0.group_norm.weight")]
    [TestCase("mid_block.attentions.0.to_out.0.weight")]
    [TestCase("mid_block.resnets.1.time_emb_proj.bias")]
    [TestCase("up_blocks.0.attentions.2.to_q.weight")]
    [TestCase("up_blocks.1.upsamplers.0.conv.weight")]
    [TestCase("conv_norm_out.bias")]
    [TestCase("conv_out.weight")]
    public void Tensors_have_diffusers_names(string name)
    {
        using var net = new UNet2D(Nets.Course);
        net.state_dict().Should().ContainKey(name);
    }

    [Test]
    public void The_first_normalisation_starts_at_one_and_zero()
    {
        using var net = new UNet2D(Nets.Small);
        var state = net.state_dict();
        using var ones = ones_like(state["conv_norm_out.weight"]);
        Nets.MaxDifference(state["conv_norm_out.weight"], ones).Should().Be(0);
        Nets.MaxDifference(state["conv_norm_out.bias"] + 1, ones).Should().Be(0);
    }

    [Test]
    public void Autograd_changes_nothing_in_the_result_and_the_input_stays()
    {
        using var net = Nets.Seeded(Nets.Small);
        using var x = randn(new long[] { 2, 1, 8, 8 });
        using var t = tensor(new long[] { 3, 800 });
        using var kept = x.clone();
        using var withGrad = net.forward(x, t);
        using var detached = withGrad.detach();
        using (no_grad())
        using (var without = net.forward(x, t))
        {
            Nets.MaxDifference(without, detached).Should().BeLessThan(1e-6);
            detached.abs().max().ToDouble().Should().BeGreaterThan(1e-3);
        }
        Nets.MaxDifference(x, kept).Should().Be(0);
    }

    [Test]
    public void Every_parameter_gets_a_gradient()
    {
        using var net = Nets.Seeded(Nets.Small);
        using var x = randn(new long[] { 2, 1, 8, 8 });
        using var t = tensor(new long[] { 3, 800 });
        using (var scope = NewDisposeScope())
            net.forward(x, t).square().mean().backward();
        foreach (var (name, parameter) in net.named_parameters())
        {
            using var gradient = parameter.grad;
            gradient.Should().NotBeNull(name);
            var size = gradient!.abs().max().ToDouble();
            double.IsFinite(size).Should().BeTrue(name);
            // A key's bias adds the same to all scores of a query, which softmax takes away again.
            if (!name.EndsWith("to_k.bias", StringComparison.Ordinal))
                size.Should().BeGreaterThan(0, name);
        }
    }

    private static IEnumerable<TestCaseData> Kinds()
    {
        TestCaseData Case(string name, UNet2DConfig config) => new TestCaseData(config).SetArgDisplayNames(name);
        var attending = Nets.Small with
        {
            DownBlockTypes = [DownBlockType.AttnDownBlock2D, DownBlockType.AttnDownBlock2D],
        };
        yield return Case("plain", attending);
        yield return Case(
            "resampling residual blocks",
            attending with
            {
                ResnetTimeScaleShift = TimeScaleShift.ScaleShift,
                DownsampleType = ResampleType.Resnet,
                UpsampleType = ResampleType.Resnet,
                MidBlockScaleFactor = 2,
            }
        );
        var skip = Nets.Small with
        {
            InChannels = 3,
            OutChannels = 3,
            ActFn = ActivationFunction.Mish,
            DownBlockTypes = [DownBlockType.SkipDownBlock2D, DownBlockType.SkipDownBlock2D],
            UpBlockTypes = [UpBlockType.SkipUpBlock2D, UpBlockType.SkipUpBlock2D],
            AddAttention = false,
        };
        yield return Case("skip", skip);
        yield return Case(
            "skip with attention",
            skip with
            {
                BlockOutChannels = [32, 32],
                DownBlockTypes = [DownBlockType.AttnSkipDownBlock2D, DownBlockType.AttnSkipDownBlock2D],
                UpBlockTypes = [UpBlockType.AttnSkipUpBlock2D, UpBlockType.AttnSkipUpBlock2D],
            }
        );
        var k = Nets.Small with
        {
            BlockOutChannels = [32, 32],
            DownBlockTypes = [DownBlockType.KDownBlock2D, DownBlockType.KDownBlock2D],
            UpBlockTypes = [UpBlockType.KUpBlock2D, UpBlockType.KUpBlock2D],
            AddAttention = false,
        };
        yield return Case("K", k);
        yield return Case(
            "K with attention",
            k with
            {
                BlockOutChannels = [32, 128, 128],
                DownBlockTypes =
                [
                    DownBlockType.KCrossAttnDownBlock2D,
                    DownBlockType.KDownBlock2D,
                    DownBlockType.KCrossAttnDownBlock2D,
                ],
                UpBlockTypes =
                [
                    UpBlockType.KCrossAttnUpBlock2D,
                    UpBlockType.KCrossAttnUpBlock2D,
                    UpBlockType.KUpBlock2D,
                ],
            }
        );
    }

    [TestCaseSource(nameof(Kinds))]
    public void The_gradient_is_the_slope(UNet2DConfig config)
    {
        using var net = Nets.Seeded(config);
        net.to(ScalarType.Float64);
        using var scope = NewDisposeScope();
        var x = randn(new long[] { 2, config.InChannels, 8, 8 }, dtype: ScalarType.Float64).requires_grad_();
        var t = tensor(new long[] { 3, 800 });
        // Without a text the normalisation of the text is idle.
        var moved = net.named_parameters()
            .Where(p => !p.name.Contains("norm_cross", StringComparison.Ordinal))
            .Select(p => (Tensor)p.parameter)
            .Append(x)
            .ToList();
        var direction = moved.Select(p => randn(p.shape, dtype: ScalarType.Float64)).ToList();

        net.forward(x, t).square().sum().backward();
        var slope = moved.Zip(direction, (p, d) => (p.grad! * d).sum().ToDouble()).Sum();

        using var frozen = no_grad();
        double Shifted(double by)
        {
            foreach (var (p, d) in moved.Zip(direction))
                p.add_(d * by);
            return net.forward(x, t).square().sum().ToDouble();
        }
        // The softmax of most kinds of attention is in float32, where a shorter step would measure its rounding.
        var rounded =
            config.AddAttention
            || config.DownBlockTypes.Any(b => b is DownBlockType.AttnDownBlock2D or DownBlockType.AttnSkipDownBlock2D);
        var (step, error) = rounded ? (1e-4, 1e-3) : (1e-6, 1e-6);
        var above = Shifted(step);
        var below = Shifted(-2 * step);
        ((above - below) / (2 * step)).Should().BeApproximately(slope, error * double.Abs(slope));
    }

    [Test]
    public void One_time_for_all_is_the_same_as_one_each()
    {
        using var net = Nets.Seeded(Nets.Small);
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var x = randn(new long[] { 3, 1, 8, 8 });
        var each = net.forward(x, tensor(new long[] { 5, 5, 5 }));
        Nets.MaxDifference(net.forward(x, tensor(new long[] { 5 })), each).Should().Be(0);
        Nets.MaxDifference(net.forward(x, tensor(5L)), each).Should().Be(0);
        Nets.MaxDifference(net.forward(x, tensor(5.0f)), each).Should().Be(0);
        Nets.MaxDifference(net.forward(x, tensor(6.0f)), each).Should().BeGreaterThan(0);
    }

    [Test]
    public void Dropout_acts_in_training_only()
    {
        using var net = Nets.Seeded(Nets.Small with { Dropout = 0.5 });
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var x = randn(new long[] { 1, 1, 8, 8 });
        var t = tensor(new long[] { 5 });
        net.train();
        Nets.MaxDifference(net.forward(x, t), net.forward(x, t)).Should().BeGreaterThan(0);
        net.eval();
        Nets.MaxDifference(net.forward(x, t), net.forward(x, t)).Should().Be(0);
    }

    [TestCase(30, 28)]
    [TestCase(28, 30)]
    [TestCase(27, 27)]
    [TestCase(2, 28)]
    public void An_image_size_that_cannot_be_halved_is_refused(int height, int width)
    {
        using var net = new UNet2D(Nets.Course);
        using var x = zeros(new long[] { 1, 1, height, width });
        using var t = tensor(new long[] { 5 });
        var run = () => net.forward(x, t);
        run.Should().Throw<ArgumentException>().WithMessage($"*{height}x{width}*2 times*multiples of 4*");
        var make = () => new UNet2D(Nets.Course with { SampleSize = new ImageSize(height, width) });
        make.Should().Throw<ArgumentException>().WithMessage($"*{height}x{width}*2 times*multiples of 4*");
    }

    [Test]
    public void Shapes_that_do_not_fit_are_refused()
    {
        using var net = new UNet2D(Nets.Small);
        using var scope = NewDisposeScope();
        var x = zeros(new long[] { 3, 1, 8, 8 });
        var t = tensor(new long[] { 1, 2, 3 });
        Refused(() => net.forward(zeros(new long[] { 3, 2, 8, 8 }), t), "*[B, 1, H, W]*3, 2, 8, 8*");
        Refused(() => net.forward(zeros(new long[] { 1, 8, 8 }), t), "*[B, 1, H, W]*1, 8, 8*");
        Refused(() => net.forward(x, tensor(new long[] { 1, 2 })), "*[3]*got [2]*");
        Refused(() => net.forward(x, t, tensor(new long[] { 1, 2, 3 })), "*takes no class labels*");
        using var classes = new UNet2D(Nets.Small with { NumClassEmbeds = 10 });
        Refused(() => classes.forward(x, t), "*needs class labels*");
    }

    [TestCaseSource(nameof(Kinds))]
    public void Nothing_stays_alive_after_sampling_and_training(UNet2DConfig config)
    {
        using var net = Nets.Seeded(config);
        using var x = randn(new long[] { 2, config.InChannels, 8, 8 });
        using var t = tensor(new long[] { 3, 800 });
        Step(net, x, t);
        var before = LiveTensors.Count();
        for (var i = 0; i < 3; i++)
            Step(net, x, t);
        // Without a collection: what a finalizer would have to free counts as a leak.
        Tensor.TotalCount.Should().Be(before);
    }

    [Test]
    public void Without_autograd_only_the_skips_outlive_their_block()
    {
        using var net = Nets.Seeded(Nets.Small);
        using var x = randn(new long[] { 2, 1, 8, 8 });
        using var t = tensor(new long[] { 3, 800 });
        using var frozen = no_grad();
        var live = new Dictionary<string, long>();
        var before = LiveTensors.Count();
        net.Trace(x, t, null, (stage, _) => live[stage] = Tensor.TotalCount - before).Dispose();
        const int skips = 4;
        live["mid"].Should().BeInRange(skips, skips + 8);
        live["output"].Should().BeLessThan(8);
    }

    [Test]
    public void A_refused_call_leaves_nothing_behind()
    {
        using var net = Nets.Seeded(Nets.Small with { NumClassEmbeds = 3 });
        using var x = randn(new long[] { 2, 1, 8, 8 });
        using var t = tensor(new long[] { 3, 800 });
        using var labels = tensor(new long[] { 0, 7 });
        var run = () => net.forward(x, t, labels);
        run.Should().Throw<Exception>();
        var before = LiveTensors.Count();
        run.Should().Throw<Exception>();
        Tensor.TotalCount.Should().Be(before);
    }

    private static void Step(UNet2D net, Tensor x, Tensor t)
    {
        using (no_grad())
            net.forward(x, t).Dispose();
        using var output = net.forward(x, t);
        using var squares = output.square();
        using var loss = squares.mean();
        loss.backward();
        net.zero_grad();
    }

    private static void Refused(Func<Tensor> run, string message) =>
        run.Should().Throw<ArgumentException>().WithMessage(message);
}
