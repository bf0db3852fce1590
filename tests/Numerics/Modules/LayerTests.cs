using FluentAssertions;
using NUnit.Framework;
using TorchSharp;
using static Diffusion.Numerics.Modules.Values;
using static TorchSharp.torch;

namespace Diffusion.Numerics.Modules;

/// <summary>Expected numbers without a formula beside them were computed by PyTorch 1.13.</summary>
public sealed class LayerTests
{
    private const double Tolerance = 1e-12;

    [TestCase(PaddingModes.Zeros, 11.6, 22.2, 36.8, 57.8)]
    [TestCase(PaddingModes.Circular, 27.2, 31.4, 53.6, 57.8)]
    [TestCase(PaddingModes.Reflect, 20, 26.6, 51.2, 57.8)]
    public void Convolution_pads_by_its_mode(PaddingModes mode, params double[] expected)
    {
        using var layer = nn.Conv2d(1, 1, 3, stride: 2, padding: 1, padding_mode: mode, dtype: ScalarType.Float64);
        Fill(layer.weight, Counting(1, 1, 3, 3) / 10);
        Fill(layer.bias!, Vector(0.5));

        AssertClose(layer.call(Counting(1, 1, 4, 4)), expected);
    }

    [TestCase(PaddingModes.Zeros)]
    [TestCase(PaddingModes.Circular)]
    [TestCase(PaddingModes.Reflect)]
    [TestCase(PaddingModes.Replicate)]
    public void Every_padding_mode_gives_the_same_size(PaddingModes mode)
    {
        using var numbers = nn.Conv2d(1, 1, (3, 2), padding: (2, 1), padding_mode: mode);
        numbers.call(zeros(1, 1, 5, 6)).shape.Should().Equal(1, 1, 7, 7);

        if (mode != PaddingModes.Zeros)
        {
            EngineUnderTest.SkipOnTorchSharp("Same is another size in the modes that pad by themselves");
        }
        using var rule = nn.Conv2d(1, 1, (4, 3), Padding.Same, padding_mode: mode);
        rule.call(zeros(1, 1, 5, 6)).shape.Should().Equal(1, 1, 5, 6);
    }

    [Test]
    public void Convolution_with_padding_Same_keeps_the_size()
    {
        using var layer = nn.Conv2d(2, 3, 4, Padding.Same);

        layer.call(zeros(1, 2, 7, 5)).shape.Should().Equal(1, 3, 7, 5);
    }

    [Test]
    public void Convolution_with_groups_and_no_bias_has_the_right_parameters()
    {
        using var layer = nn.Conv2d(4, 6, (3, 5), stride: (1, 2), padding: (1, 2), groups: 2, bias: false);

        layer.weight.shape.Should().Equal(6, 2, 3, 5);
        layer.bias.Should().BeNull();
        layer.parameters().Should().ContainSingle();
        layer.call(zeros(2, 4, 8, 8)).shape.Should().Equal(2, 6, 8, 4);
        layer.call(zeros(4, 8, 8)).shape.Should().Equal(6, 8, 4);
    }

    [Test]
    public void Convolution_refuses_other_channel_counts()
    {
        using var layer = nn.Conv2d(2, 3, 1);

        layer.Invoking(l => l.call(zeros(1, 3, 4, 4))).Should().Throw<ArgumentException>().WithMessage("*2*");
    }

    [Test]
    public void Transposed_convolution_enlarges()
    {
        using var layer = nn.ConvTranspose2d(1, 1, 2, stride: 2, bias: false, dtype: ScalarType.Float64);
        Fill(layer.weight, Counting(1, 1, 2, 2));

        AssertClose(layer.call(Counting(1, 1, 2, 2)), [1, 2, 2, 4, 3, 4, 6, 8, 3, 6, 4, 8, 9, 12, 12, 16]);
    }

    [Test]
    public void Transposed_convolution_reaches_the_size_asked_for()
    {
        using var layer = nn.ConvTranspose2d(3, 2, 3, stride: 2, padding: 1, output_padding: 1);

        layer.weight.shape.Should().Equal(3, 2, 3, 3);
        layer.call(zeros(1, 3, 4, 4)).shape.Should().Equal(1, 2, 8, 8);
        layer.forward(zeros(1, 3, 4, 4), [7, 8]).shape.Should().Equal(1, 2, 7, 8);
        layer.Invoking(l => l.forward(zeros(1, 3, 4, 4), [9, 8])).Should().Throw<ArgumentException>();
    }

    [Test]
    public void Linear_multiplies_by_the_transposed_weight_and_adds_the_bias()
    {
        using var layer = nn.Linear(2, 3, dtype: ScalarType.Float64);
        Fill(layer.weight, Counting(3, 2));
        Fill(layer.bias!, Vector(0.5, 0, -1));

        AssertClose(layer.call(Shaped([1, 2], 10, 1)), [12.5, 34, 55]);
        (layer.in_features, layer.out_features).Should().Be((2, 3));
    }

    [Test]
    public void Layers_start_within_one_over_the_root_of_the_fan_in()
    {
        using var linear = nn.Linear(16, 500);
        using var convolution = nn.Conv2d(4, 100, 2);

        foreach (var weights in new[] { linear.weight, linear.bias!, convolution.weight, convolution.bias! })
        {
            var numbers = weights.Numbers();
            numbers.Should().OnlyContain(value => double.Abs(value) <= 0.25);
            numbers.Max().Should().BeGreaterThan(0.2);
            numbers.Min().Should().BeLessThan(-0.2);
        }
    }

    [Test]
    public void Group_norm_normalises_groups()
    {
        using var layer = nn.GroupNorm(2, 4, eps: 0.25, dtype: ScalarType.Float64);
        Fill(layer.weight, Vector(1, 1, 1, 1));
        Fill(layer.bias!, Vector(0, 0, 0, 0));

        AssertClose(
            layer.call(Shaped([1, 4, 1, 1], 1, 2, 3, 6)),
            [-double.Sqrt(0.5), double.Sqrt(0.5), -1.5 / double.Sqrt(2.5), 1.5 / double.Sqrt(2.5)]
        );
        layer.Invoking(l => l.call(zeros(1, 4, dtype: ScalarType.Float64))).Should().Throw<ArgumentException>();
    }

    [Test]
    public void Group_norm_scales_and_shifts_channels()
    {
        using var layer = nn.GroupNorm(1, 2, eps: 0, dtype: ScalarType.Float64);
        Fill(layer.weight, Vector(2, 3));
        Fill(layer.bias!, Vector(10, 20));

        AssertClose(layer.call(Shaped([1, 2, 1], -1, 1)), [8, 23]);
    }

    [Test]
    public void Layer_norm_normalises_the_last_dimension()
    {
        using var layer = nn.LayerNorm(4, eps: 0.5, dtype: ScalarType.Float64);

        AssertClose(layer.call(Shaped([1, 4], 1, 2, 3, 6)), [-1, -0.5, 0, 1.5]);
        nn.LayerNorm([2, 2], elementwise_affine: false).parameters().Should().BeEmpty();
    }

    [Test]
    public void Batch_norm_uses_the_batch_in_training_and_its_statistics_afterwards()
    {
        using var layer = nn.BatchNorm2d(2, dtype: ScalarType.Float64);
        var input = Counting(2, 2, 1, 2).pow(1.5);

        AssertClose(
            layer.call(input),
            [
                -1.1299115982323265,
                -0.8084326149351356,
                -1.164332642823663,
                -0.775216165618122,
                0.6600231890823729,
                1.2783210240850889,
                0.684779814038914,
                1.2547689944028715,
            ]
        );
        AssertClose(layer.running_mean!, [0.7426426367236053, 1.358595714953207]);
        AssertClose(layer.running_var!, [5.213092188269486, 7.822902444143785]);
        layer.num_batches_tracked!.Numbers().Should().Equal(1);

        layer.eval();
        AssertClose(
            layer.call(input),
            [
                0.11271675550581317,
                0.9135268452442353,
                1.3720520004696615,
                2.374519187381799,
                4.57147739657175,
                6.111668732426096,
                6.135855826582276,
                7.604299040072785,
            ]
        );
        layer.num_batches_tracked!.Numbers().Should().Equal(1);
    }

    [Test]
    public void Activations_compute_their_formulas()
    {
        var input = Vector(-1, 0.5);

        AssertClose(nn.SiLU().call(input), [-0.2689414213699951, 0.3112296656009273]);
        AssertClose(nn.GELU().call(input), [-0.15865525393145702, 0.34573123063700656]);
        AssertClose(nn.ReLU().call(input), [0, 0.5]);
        AssertClose(nn.Sigmoid().call(input), [1 / (1 + double.E), 1 / (1 + double.Exp(-0.5))]);
        AssertClose(nn.Tanh().call(input), [double.Tanh(-1), double.Tanh(0.5)]);
        AssertClose(nn.Softmax(0).call(Vector(0, double.Log(3))), [0.25, 0.75]);
        input.Numbers().Should().Equal(-1, 0.5);
    }

    [Test]
    public void An_activation_in_place_overwrites_its_input()
    {
        var input = Vector(-1, 0.5);

        nn.ReLU(inplace: true).call(input);

        input.Numbers().Should().Equal(0, 0.5);
    }

    [Test]
    public void Dropout_acts_in_training_only()
    {
        using var layer = nn.Dropout(0.25);
        using var input = ones(10_000);
        manual_seed(1);

        var dropped = layer.call(input).Numbers();

        dropped.Distinct().Order().Should().Equal([0, 4.0 / 3], (a, b) => double.Abs(a - b) < 1e-6);
        dropped.Count(value => value == 0).Should().BeInRange(2300, 2700);
        layer.eval();
        layer.call(input).Numbers().Should().OnlyContain(value => value == 1);
    }

    [Test]
    public void Embedding_looks_rows_up_and_leaves_the_padding_row_untrained()
    {
        using var layer = nn.Embedding(5, 3, padding_idx: 1);
        using var indices = tensor(new long[] { 4, 1, 4 });

        var result = layer.call(indices);
        result.sum().backward();

        result.shape.Should().Equal(3, 3);
        result.Numbers()[3..6].Should().Equal(0, 0, 0);
        result.Numbers()[..3].Should().Equal(layer.weight!.Numbers()[12..]);
        layer.weight!.grad!.Numbers().Should().Equal(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 2);
    }

    [Test]
    public void A_pretrained_embedding_is_frozen_by_default()
    {
        using var table = Counting(2, 2);

        using var layer = nn.Embedding_from_pretrained(table);

        layer.weight!.requires_grad.Should().BeFalse();
        layer.call(tensor(new long[] { 1 })).Numbers().Should().Equal(3, 4);
    }

    [Test]
    public void Pooling_takes_the_largest_or_the_mean()
    {
        var input = Counting(1, 1, 4, 4);

        AssertClose(nn.MaxPool2d(2).call(input), [6, 8, 14, 16]);
        AssertClose(nn.AvgPool2d(2).call(input), [3.5, 5.5, 11.5, 13.5]);
        AssertClose(nn.AdaptiveAvgPool2d(1).call(input), [8.5]);
        AssertClose(nn.MaxPool2d((2, 1), stride: (2, 3)).call(input), [5, 8, 13, 16]);
        AssertClose(
            nn.AvgPool2d(3, stride: 3, padding: 1, count_include_pad: false).call(input),
            [3.5, 5.5, 11.5, 13.5]
        );
    }

    [Test]
    public void Upsampling_repeats_or_interpolates()
    {
        var input = Counting(1, 1, 2, 2);

        AssertClose(nn.Upsample(scale_factor: [2, 2]).call(input), [1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4]);
        AssertClose(
            nn.Upsample(size: [3, 3], mode: UpsampleMode.Bilinear, align_corners: true).call(input),
            [1, 1.5, 2, 2, 2.5, 3, 3, 3.5, 4]
        );
    }

    [Test]
    public void Pixel_shuffle_and_unshuffle_are_inverse()
    {
        var input = Counting(1, 4, 2, 1);

        var picture = nn.PixelShuffle(2).call(input);

        picture.shape.Should().Equal(1, 1, 4, 2);
        AssertClose(picture, [1, 3, 5, 7, 2, 4, 6, 8]);
        AssertClose(nn.PixelUnshuffle(2).call(picture), input.Numbers());
    }

    [Test]
    public void Flatten_keeps_the_batch()
    {
        nn.Flatten().call(zeros(2, 3, 4)).shape.Should().Equal(2, 12);
        nn.Flatten(0, 1).call(zeros(2, 3, 4)).shape.Should().Equal(6, 4);
    }

    [Test]
    public void Losses_compute_their_formulas()
    {
        var (x, y) = (Vector(1, 2, 5), Vector(1.5, 2, 2));

        AssertClose(nn.MSELoss().call(x, y), [9.25 / 3]);
        AssertClose(nn.L1Loss(nn.Reduction.Sum).call(x, y), [3.5]);
        AssertClose(nn.SmoothL1Loss(nn.Reduction.None, beta: 2).call(x, y), [0.0625, 0, 2]);
        var scores = Shaped([2, 3], 1, 2, 0.5, 0, 0, 3);
        var classes = tensor(new long[] { 1, 2 });
        using var smoothed = new TorchSharp.Modules.CrossEntropyLoss(Vector(1, 2, 3), label_smoothing: 0.1);
        AssertClose(smoothed.call(scores, classes), [0.3374694950340019]);
    }

    private static void Fill(Tensor target, Tensor values)
    {
        using (no_grad())
            target.copy_(values);
    }

    private static void AssertClose(Tensor actual, double[] expected) =>
        actual.Numbers().Should().Equal(expected, (a, b) => double.Abs(a - b) <= Tolerance);
}
