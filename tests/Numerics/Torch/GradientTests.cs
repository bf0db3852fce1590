using FluentAssertions;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Diffusion.Numerics.Torch;

[TestFixture]
public sealed class GradientTests : ScopeFixture
{
    [TestCaseSource(nameof(Functions))]
    public void Gradients_agree_with_central_differences(Func<Tensor, Tensor> function, long[] shape)
    {
        // A weighted sum of the outputs makes every output's gradient count.
        using var probe = function(Values.Normal(5, shape));
        var weights = Values.Normal(6, probe.shape);
        double Value(Tensor at)
        {
            using var inner = NewDisposeScope();
            using var off = no_grad();
            return (function(at) * weights).sum().ToDouble();
        }

        var x = Values.Normal(5, shape).requires_grad_();
        (function(x) * weights).sum().backward();
        var gradient = x.grad!.Doubles();
        var origin = x.Doubles();
        const double Step = 1e-5;
        for (var i = 0; i < origin.Length; i++)
        {
            double At(double offset)
            {
                var moved = (double[])origin.Clone();
                moved[i] += offset;
                using var point = tensor(moved, shape);
                return Value(point);
            }

            var difference = (At(Step) - At(-Step)) / (2 * Step);
            gradient[i].Should().BeApproximately(difference, 1e-6 * (1 + double.Abs(difference)), $"element {i}");
        }
    }

    public static IEnumerable<TestCaseData> Functions()
    {
        static TestCaseData Case(string name, Func<Tensor, Tensor> function, params long[] shape) =>
            new TestCaseData(function, shape).SetArgDisplayNames(name);
        yield return Case("add, mul, sub", x => (x + 2) * x - 3 * x, 2, 3);
        yield return Case("div", x => x / (x * x + 1), 2, 3);
        yield return Case("scalar over tensor", x => 2 / (x * x + 1), 3);
        yield return Case("pow", x => (x * x + 1).pow(1.5), 3);
        yield return Case("exp, log", x => (x.exp() + 1).log(), 4);
        yield return Case("sin, cos, tanh", x => x.sin() * x.cos() + x.tanh(), 4);
        yield return Case("sigmoid, silu, gelu", x => x.sigmoid() + x.silu() * x.gelu(), 5);
        yield return Case("softmax", x => x.softmax(1), 2, 4);
        yield return Case("logsumexp", x => x.logsumexp(1), 2, 4);
        yield return Case("mean, var, std", x => x.mean([1L]) + x.var(1) * x.std(1), 2, 4);
        yield return Case("norm", x => x.norm(), 2, 3);
        yield return Case("matmul", x => x.matmul(x.transpose(0, 1)), 2, 3);
        yield return Case("bmm", x => x.bmm(x.transpose(1, 2)), 2, 2, 3);
        yield return Case("indexing", x => x[.., 1] * x[0, 2], 2, 3);
        yield return Case("index_select", x => x.index_select(0, tensor(new long[] { 1, 1, 0 })), 2, 3);
        yield return Case("cat, permute, reshape", x => cat([x, x.permute(1, 0).reshape(2, 3)], 0), 2, 3);
        yield return Case("where, clamp", x => where(x > 0, x * x, x.clamp(-0.3, 0.3)), 7);
        yield return Case(
            "conv2d",
            x => F.conv2d(x, Values.Normal(7, 3, 2, 3, 3), Values.Normal(8, 3), padding: [1L, 1L]),
            1,
            2,
            4,
            4
        );
        yield return Case(
            "conv2d's kernel",
            w => F.conv2d(Values.Normal(7, 2, 2, 5, 5), w, strides: [2L, 2L]),
            3,
            2,
            3,
            3
        );
        yield return Case(
            "conv_transpose2d",
            x => F.conv_transpose2d(x, Values.Normal(7, 2, 3, 2, 2), strides: [2L, 2L]),
            1,
            2,
            3,
            3
        );
        yield return Case("group_norm", x => F.group_norm(x, 2, Values.Normal(7, 4), Values.Normal(8, 4)), 2, 4, 3);
        yield return Case("layer_norm", x => F.layer_norm(x, [4L], Values.Normal(7, 4), Values.Normal(8, 4)), 3, 4);
        yield return Case("linear", x => F.linear(x, Values.Normal(7, 5, 3), Values.Normal(8, 5)), 2, 3);
        yield return Case("attention", x => F.scaled_dot_product_attention(x, x.flip(1), x * x), 2, 3, 4);
        yield return Case("interpolate", x => F.interpolate(x, scale_factor: [2.0, 2.0]), 1, 2, 2, 3);
        yield return Case("max_pool2d", x => F.max_pool2d(x, 2), 1, 1, 4, 4);
        yield return Case("avg_pool2d", x => F.avg_pool2d(x, 2), 1, 1, 4, 4);
        yield return Case("mse_loss", x => F.mse_loss(x, Values.Normal(9, 2, 3)), 2, 3);
        yield return Case("smooth_l1_loss", x => F.smooth_l1_loss(x, Values.Normal(9, 2, 3)), 2, 3);
        yield return Case("cross_entropy", x => F.cross_entropy(x, tensor(new long[] { 2, 0 })), 2, 3);
        yield return Case("pixel_shuffle", x => F.pixel_shuffle(x, 2), 1, 4, 2, 2);
        yield return Case("pad", x => F.pad(x, (1L, 2L)), 2, 3);
    }

    [Test]
    public void Gradients_add_up_until_they_are_cleared()
    {
        var x = tensor(3.0, requires_grad: true);
        (x * x).backward();
        (x * x).backward();
        x.grad!.ToDouble().Should().Be(12);
        x.grad!.zero_();
        (x * x).backward();
        x.grad!.ToDouble().Should().Be(6);
        x.grad = null;
        (x.grad is null).Should().BeTrue();
    }

    [Test]
    public void Gradients_of_gradients_are_second_derivatives()
    {
        var x = tensor(2.0, requires_grad: true);
        var first = autograd.grad([x.pow(3)], [x], create_graph: true)[0];
        var second = autograd.grad([first], [x])[0];
        first.ToDouble().Should().Be(12);
        second.ToDouble().Should().Be(12);
        (x.grad is null).Should().BeTrue();
    }

    [Test]
    public void Vector_products_take_their_weights()
    {
        var x = Values.Normal(1, 3).requires_grad_();
        var weights = Values.Normal(2, 3);
        var found = autograd.grad([x * x], [x], [weights])[0];
        Values.Distance(found, 2 * x * weights).Should().BeLessThan(1e-15);
    }

    [Test]
    public void Recording_can_be_switched_off_and_on()
    {
        var x = tensor(2.0, requires_grad: true);
        using (no_grad())
        {
            (x * x).requires_grad.Should().BeFalse();
            using (enable_grad())
            {
                (x * x).requires_grad.Should().BeTrue();
            }
            is_grad_enabled().Should().BeFalse();
        }
        is_grad_enabled().Should().BeTrue();
        (x * x).requires_grad.Should().BeTrue();
        x.detach().requires_grad.Should().BeFalse();
        using (inference_mode())
        {
            (x * x).requires_grad.Should().BeFalse();
        }
        x.is_leaf.Should().BeTrue();
        (x * x).is_leaf.Should().BeFalse();
    }

    [Test]
    public void A_kept_gradient_of_an_inner_tensor_is_there()
    {
        var x = tensor(2.0, requires_grad: true);
        var inner = x * x;
        inner.retain_grad();
        (3 * inner).backward();
        inner.grad!.ToDouble().Should().Be(3);
    }
}
