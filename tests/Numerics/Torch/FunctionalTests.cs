using FluentAssertions;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Diffusion.Numerics.Torch;

[TestFixture]
public sealed class FunctionalTests : ScopeFixture
{
    [Test]
    public void Convolution_is_a_sliding_sum_of_products()
    {
        var x = Values.Normal(1, 1, 2, 5, 4);
        var w = Values.Normal(2, 3, 2, 3, 3);
        var b = Values.Normal(3, 3);
        var padded = F.pad(x, (1, 1, 1, 1));
        var expected = zeros([1, 3, 3, 2], ScalarType.Float64);
        for (var o = 0; o < 3; o++)
        {
            for (var i = 0; i < 3; i++)
            {
                for (var j = 0; j < 2; j++)
                {
                    var patch = padded[0].narrow(1, 2 * i, 3).narrow(2, 2 * j, 3);
                    expected[0, o, i, j] = (patch * w[o]).sum() + b[o];
                }
            }
        }
        Values.Distance(F.conv2d(x, w, b, [2, 2], [1, 1]), expected).Should().BeLessThan(1e-13);
    }

    [Test]
    public void Transposed_convolution_is_the_adjoint()
    {
        var w = Values.Normal(2, 3, 2, 4, 4);
        var x = Values.Normal(1, 1, 2, 8, 8);
        var y = Values.Normal(3, 1, 3, 4, 4);
        var left = (F.conv2d(x, w, null, [2, 2], [1, 1]) * y).sum().ToDouble();
        var right = (x * F.conv_transpose2d(y, w, null, [2, 2], [1, 1])).sum().ToDouble();
        left.Should().BeApproximately(right, 1e-12);
    }

    [Test]
    public void Group_normalisation_standardises_each_group()
    {
        var x = Values.Normal(1, 2, 6, 3, 3) * 3 + 5;
        var weight = Values.Normal(2, 6);
        var bias = Values.Normal(3, 6);
        var grouped = x.reshape(2, 3, -1);
        var mean = grouped.mean([2L], keepdim: true);
        var variance = grouped.var(2, unbiased: false, keepdim: true);
        var standard = ((grouped - mean) / (variance + 1e-5).sqrt()).reshape(2, 6, 3, 3);
        var expected = standard * weight.reshape(1, 6, 1, 1) + bias.reshape(1, 6, 1, 1);
        Values.Distance(F.group_norm(x, 3, weight, bias), expected).Should().BeLessThan(1e-12);
    }

    [Test]
    public void Layer_normalisation_standardises_the_last_dimension()
    {
        var x = Values.Normal(1, 4, 7);
        var mean = x.mean([1L], keepdim: true);
        var expected = (x - mean) / (x.var(1, unbiased: false, keepdim: true) + 1e-5).sqrt();
        Values.Distance(F.layer_norm(x, [7]), expected).Should().BeLessThan(1e-12);
    }

    [Test]
    public void Batch_normalisation_moves_its_running_statistics()
    {
        var x = Values.Normal(1, 8, 3, 2, 2) + 4;
        var mean = zeros(3, ScalarType.Float64);
        var variance = ones(3, ScalarType.Float64);
        var y = F.batch_norm(x, mean, variance, training: true);
        y.mean([0L, 2L, 3L]).abs().max().ToDouble().Should().BeLessThan(1e-12);
        Values.Distance(mean, 0.1 * x.mean([0L, 2L, 3L])).Should().BeLessThan(1e-12);
        var frozen = F.batch_norm(x, mean, variance);
        Values.Distance(frozen[.., 0], (x[.., 0] - mean[0]) / (variance[0] + 1e-5).sqrt()).Should().BeLessThan(1e-12);
    }

    [Test]
    public void Attention_weighs_values_by_a_softmax_of_scores()
    {
        var q = Values.Normal(1, 2, 3, 5, 4);
        var k = Values.Normal(2, 2, 3, 6, 4);
        var v = Values.Normal(3, 2, 3, 6, 7);
        var scores = q.matmul(k.transpose(-2, -1)) / 2;
        Values
            .Distance(F.scaled_dot_product_attention(q, k, v), scores.softmax(-1).matmul(v))
            .Should()
            .BeLessThan(1e-13);
        var mask = Values.Normal(4, 5, 6);
        Values
            .Distance(F.scaled_dot_product_attention(q, k, v, mask), (scores + mask).softmax(-1).matmul(v))
            .Should()
            .BeLessThan(1e-13);
        var allowed = mask > -1;
        var weights = scores.masked_fill(allowed.logical_not(), double.NegativeInfinity).softmax(-1);
        Values.Distance(F.scaled_dot_product_attention(q, k, v, allowed), weights.matmul(v)).Should().BeLessThan(1e-13);
    }

    [Test]
    public void A_causal_mask_hides_the_future()
    {
        var q = Values.Normal(1, 1, 4, 3);
        var v = Values.Normal(3, 1, 4, 3);
        var causal = F.scaled_dot_product_attention(q, q, v, null, 0.0, true);
        Values.Distance(causal[0, 0], v[0, 0]).Should().BeLessThan(1e-14);
        Values.Distance(causal[0, 3], F.scaled_dot_product_attention(q, q, v)[0, 3]).Should().BeLessThan(1e-14);
    }

    [Test]
    public void Images_grow_and_shrink()
    {
        var x = arange(4, ScalarType.Float64).reshape(1, 1, 2, 2);
        F.interpolate(x, scale_factor: [2.0, 2.0])
            .Doubles()
            .Should()
            .Equal(0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 3, 3, 2, 2, 3, 3);
        F.interpolate(x, size: [4, 2]).shape.Should().Equal(1, 1, 4, 2);
        F.max_pool2d(x, 2).ToDouble().Should().Be(3);
        F.avg_pool2d(x, 2).ToDouble().Should().Be(1.5);
        F.adaptive_avg_pool2d(x, 1).ToDouble().Should().Be(1.5);
        F.pad(x, (1, 0, 0, 1)).Doubles().Should().Equal(0, 0, 1, 0, 2, 3, 0, 0, 0);
        F.pad(x, (1, 1, 0, 0), PaddingModes.Reflect).Doubles().Should().Equal(1, 0, 1, 0, 3, 2, 3, 2);
        var folded = Values.Normal(1, 1, 3, 4, 4);
        F.pixel_shuffle(F.pixel_unshuffle(folded, 2), 2).Equals(folded).Should().BeTrue();
        F.pixel_unshuffle(folded, 2).shape.Should().Equal(1, 12, 2, 2);
    }

    [Test]
    public void Losses_are_what_their_formulas_say()
    {
        var x = tensor(new double[] { 0.5, -1, 2 });
        var y = tensor(new double[] { 0, 1, 2 });
        F.mse_loss(x, y).ToDouble().Should().BeApproximately((0.25 + 4) / 3, 1e-15);
        F.mse_loss(x, y, nn.Reduction.None).Doubles().Should().Equal(0.25, 4, 0);
        F.l1_loss(x, y, nn.Reduction.Sum).ToDouble().Should().Be(2.5);
        F.smooth_l1_loss(x, y).ToDouble().Should().BeApproximately((0.125 + 1.5) / 3, 1e-15);
        F.huber_loss(x, y, 2).ToDouble().Should().BeApproximately((0.125 + 2) / 3, 1e-15);
        var logits = tensor(new double[] { 1, 2, 3 }, 1, 3);
        var expected = double.Log(double.Exp(-2) + double.Exp(-1) + 1);
        F.cross_entropy(logits, tensor(new long[] { 2 })).ToDouble().Should().BeApproximately(expected, 1e-14);
        F.nll_loss(logits.log_softmax(1), tensor(new long[] { 2 }))
            .ToDouble()
            .Should()
            .BeApproximately(expected, 1e-14);
        F.binary_cross_entropy_with_logits(tensor(2.0), tensor(1.0))
            .ToDouble()
            .Should()
            .BeApproximately(double.Log(1 + double.Exp(-2)), 1e-14);
    }

    [Test]
    public void Dropout_keeps_the_mean_and_rests_outside_training()
    {
        manual_seed(3);
        var x = ones(100_000);
        F.dropout(x, 0.25, false).Equals(x).Should().BeTrue();
        var dropped = F.dropout(x, 0.25, true);
        (dropped == 0).to(ScalarType.Float32).mean().ToDouble().Should().BeApproximately(0.25, 0.01);
        dropped.max().ToDouble().Should().BeApproximately(1 / 0.75, 1e-6);
        F.one_hot(tensor(new long[] { 0, 2 }), 3).Doubles().Should().Equal(1, 0, 0, 0, 0, 1);
    }
}
