using FluentAssertions;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Numerics.Torch;

[TestFixture]
public sealed class OperatorTests : ScopeFixture
{
    [Test]
    public void Arithmetic_broadcasts()
    {
        var x = tensor(new double[] { 1, 2, 3, 4 }, 2, 2);
        var row = tensor(new double[] { 10, 20 });
        (x + row).Doubles().Should().Equal(11, 22, 13, 24);
        (x - row).Doubles().Should().Equal(-9, -18, -7, -16);
        (x * row).Doubles().Should().Equal(10, 40, 30, 80);
        (row / x).Doubles().Should().Equal(10, 10, 10.0 / 3, 5);
        (x % 3).Doubles().Should().Equal(1, 2, 0, 1);
        (-x).Doubles().Should().Equal(-1, -2, -3, -4);
    }

    [Test]
    public void Scalars_stand_on_either_side()
    {
        var x = tensor(new double[] { 1, 2, 4 });
        (x + 1).Doubles().Should().Equal(2, 3, 5);
        (1 - x).Doubles().Should().Equal(0, -1, -3);
        (8 / x).Doubles().Should().Equal(8, 4, 2);
        (x / 2).Doubles().Should().Equal(0.5, 1, 2);
        (0.5 * x).Doubles().Should().Equal(0.5, 1, 2);
        x.add(x, 2).Doubles().Should().Equal(3, 6, 12);
        x.pow(2).Doubles().Should().Equal(1, 4, 16);
        (tensor(new float[] { 1 }) * 0.5).dtype.Should().Be(ScalarType.Float32);
    }

    [Test]
    public void In_place_operators_change_and_return_the_tensor_itself()
    {
        var x = tensor(new double[] { 1, 2 });
        x.add_(1).Should().BeSameAs(x);
        x.mul_(3).Should().BeSameAs(x);
        x.sub_(tensor(new double[] { 1, 1 })).Should().BeSameAs(x);
        x.Doubles().Should().Equal(5, 8);
        x.copy_(tensor(new double[] { 7, 9 })).Doubles().Should().Equal(7, 9);
        x.clamp_(null, 8).Doubles().Should().Equal(7, 8);
        x.fill_(2.5).Doubles().Should().Equal(2.5, 2.5);
        x.zero_().Doubles().Should().Equal(0, 0);
    }

    [TestCaseSource(nameof(Functions))]
    public void Functions_of_elements_agree_with_dotNET(
        string name,
        Func<Tensor, Tensor> ours,
        Func<double, double> exact
    )
    {
        double[] points = [0.1, 0.35, 0.5, 0.75, 0.99];
        var results = ours(tensor(points)).Doubles();
        for (var i = 0; i < points.Length; i++)
        {
            results[i].Should().BeApproximately(exact(points[i]), 1e-14, $"{name}({points[i]})");
        }
    }

    public static IEnumerable<TestCaseData> Functions()
    {
        static TestCaseData Case(string name, Func<Tensor, Tensor> ours, Func<double, double> exact) =>
            new TestCaseData(name, ours, exact).SetArgDisplayNames(name);
        yield return Case("exp", x => x.exp(), double.Exp);
        yield return Case("log", x => x.log(), double.Log);
        yield return Case("log2", x => x.log2(), double.Log2);
        yield return Case("sqrt", x => x.sqrt(), double.Sqrt);
        yield return Case("rsqrt", x => x.rsqrt(), x => 1 / double.Sqrt(x));
        yield return Case("sin", x => x.sin(), double.Sin);
        yield return Case("cos", x => x.cos(), double.Cos);
        yield return Case("tanh", x => x.tanh(), double.Tanh);
        yield return Case("asinh", x => x.asinh(), double.Asinh);
        yield return Case("sigmoid", x => x.sigmoid(), x => 1 / (1 + double.Exp(-x)));
        yield return Case("silu", x => x.silu(), x => x / (1 + double.Exp(-x)));
        yield return Case("relu", x => (x - 0.5).relu(), x => double.Max(x - 0.5, 0));
        yield return Case("softplus", x => x.softplus(), x => double.Log(1 + double.Exp(x)));
        yield return Case("abs", x => (x - 0.5).abs(), x => double.Abs(x - 0.5));
        yield return Case("sign", x => (x - 0.5).sign(), x => double.Sign(x - 0.5));
        yield return Case("floor", x => (4 * x).floor(), x => double.Floor(4 * x));
        yield return Case("ceil", x => (4 * x).ceil(), x => double.Ceiling(4 * x));
        yield return Case("round", x => (4 * x).round(), x => double.Round(4 * x));
        yield return Case("clamp", x => x.clamp(0.3, 0.6), x => double.Clamp(x, 0.3, 0.6));
        yield return Case("lerp", x => x.lerp(ones(5, ScalarType.Float64), tensor(0.25)), x => x + 0.25 * (1 - x));
        yield return Case("pow", x => x.pow(1.5), x => double.Pow(x, 1.5));
        yield return Case("square", x => x.square(), x => x * x);
        yield return Case("reciprocal", x => x.reciprocal(), x => 1 / x);
    }

    [Test]
    public void Small_arguments_keep_their_accuracy()
    {
        var x = tensor(new double[] { 1e-12 });
        (x.expm1().ToDouble() / 1e-12).Should().BeApproximately(1, 1e-12);
        (x.log1p().ToDouble() / 1e-12).Should().BeApproximately(1, 1e-12);
    }

    [Test]
    public void Comparisons_give_truth_values()
    {
        var x = tensor(new double[] { 1, 2, 3 });
        (x > 1.5).data<bool>().ToArray().Should().Equal(false, true, true);
        (x <= 2).data<bool>().ToArray().Should().Equal(true, true, false);
        x.eq(2).data<bool>().ToArray().Should().Equal(false, true, false);
        (x > 1).logical_and(x < 3).data<bool>().ToArray().Should().Equal(false, true, false);
        (x > 2).any().item<bool>().Should().BeTrue();
        (x > 2).all().item<bool>().Should().BeFalse();
        where(x > 2, x, -x).Doubles().Should().Equal(-1, -2, 3);
        x.maximum(tensor(2.0)).Doubles().Should().Equal(2, 2, 3);
        (x / tensor(new double[] { 1, 0, 1 })).isfinite().data<bool>().ToArray().Should().Equal(true, false, true);
        x.Equals(x.clone()).Should().BeTrue();
        x.allclose(x + 1e-12).Should().BeTrue();
        x.allclose(x + 1e-3).Should().BeFalse();
    }

    [Test]
    public void Reductions_run_over_the_dimensions_they_are_given()
    {
        var x = tensor(new double[] { 1, 2, 3, 4, 5, 9 }, 2, 3);
        x.sum().ToDouble().Should().Be(24);
        x.sum(1).Doubles().Should().Equal(6, 18);
        x.sum([0L], keepdim: true).shape.Should().Equal(1, 3);
        x.mean().ToDouble().Should().Be(4);
        x.mean([0L]).Doubles().Should().Equal(2.5, 3.5, 6);
        x.var(1).Doubles().Should().Equal(1, 7);
        x.var(1, unbiased: false).Doubles()[0].Should().BeApproximately(2.0 / 3, 1e-15);
        x.std([1L]).Doubles()[0].Should().Be(1);
        x.prod(1).Doubles().Should().Equal(6, 180);
        x.max().ToDouble().Should().Be(9);
        x.max(1).values.Doubles().Should().Equal(3, 9);
        x.max(1).indexes.Doubles().Should().Equal(2, 2);
        x.amin(0).Doubles().Should().Equal(1, 2, 3);
        x.argmax(1).Doubles().Should().Equal(2, 2);
        x.cumsum(1).Doubles().Should().Equal(1, 3, 6, 4, 9, 18);
        x.norm().ToDouble().Should().BeApproximately(double.Sqrt(1 + 4 + 9 + 16 + 25 + 81), 1e-14);
        x.logsumexp(1)
            .Doubles()[0]
            .Should()
            .BeApproximately(double.Log(double.Exp(1) + double.Exp(2) + double.Exp(3)), 1e-14);
        x.softmax(1).sum(1).Doubles().Should().AllSatisfy(y => y.Should().BeApproximately(1, 1e-15));
        x.quantile(tensor(0.5), 1).Doubles().Should().Equal(2, 5);
        x.topk(2, 1).values.Doubles().Should().Equal(3, 2, 9, 5);
        tensor(new double[] { 3, 1, 2 }).sort().Values.Doubles().Should().Equal(1, 2, 3);
    }

    [Test]
    public void Shapes_change_without_moving_elements()
    {
        var x = arange(6, ScalarType.Float64).reshape(2, 3);
        x.transpose(0, 1).Doubles().Should().Equal(0, 3, 1, 4, 2, 5);
        x.permute(1, 0).shape.Should().Equal(3, 2);
        x.flatten().shape.Should().Equal(6);
        x.unsqueeze(1).shape.Should().Equal(2, 1, 3);
        x.unsqueeze(0).squeeze(0).shape.Should().Equal(2, 3);
        x.view(3, -1).shape.Should().Equal(3, 2);
        x[0].expand(4, 3).shape.Should().Equal(4, 3);
        x.repeat(2, 1).shape.Should().Equal(4, 3);
        x.flip(1).Doubles().Should().Equal(2, 1, 0, 5, 4, 3);
        x.roll(1, 1).Doubles().Should().Equal(2, 0, 1, 5, 3, 4);
        x.tril().Doubles().Should().Equal(0, 0, 0, 3, 4, 0);
        x.flatten().unflatten(0, 3, 2).shape.Should().Equal(3, 2);
        x.repeat_interleave(2, 0).shape.Should().Equal(4, 3);
        x.is_contiguous().Should().BeTrue();
        x.t().is_contiguous().Should().BeFalse();
        x.t().contiguous().is_contiguous().Should().BeTrue();
        x.stride().Should().Equal(3, 1);
    }

    [Test]
    public void Joining_and_splitting_are_inverse()
    {
        var x = Values.Normal(1, 4, 6);
        cat(x.chunk(3, 1), 1).Equals(x).Should().BeTrue();
        cat(x.split(4, 1), 1).Equals(x).Should().BeTrue();
        x.split([1L, 5L], 1).Select(part => part.size(1)).Should().Equal(1, 5);
        stack(x.unbind(1), 1).Equals(x).Should().BeTrue();
        stack([x, x]).shape.Should().Equal(2, 4, 6);
    }

    [Test]
    public void Matrix_products_are_sums_of_products()
    {
        var a = Values.Normal(2, 3, 4);
        var b = Values.Normal(3, 4, 5);
        var (x, y) = (a.Doubles(), b.Doubles());
        var exact = new double[15];
        for (var i = 0; i < 3; i++)
        {
            for (var j = 0; j < 5; j++)
            {
                exact[5 * i + j] = Enumerable.Range(0, 4).Sum(k => x[4 * i + k] * y[5 * k + j]);
            }
        }
        var expected = tensor(exact, 3, 5);
        Values.Distance(a.matmul(b), expected).Should().BeLessThan(1e-13);
        Values.Distance(a.mm(b), expected).Should().BeLessThan(1e-13);
        Values.Distance(einsum("ik,kj->ij", a, b), expected).Should().BeLessThan(1e-13);
        Values.Distance(a.unsqueeze(0).bmm(b.unsqueeze(0)).squeeze(0), expected).Should().BeLessThan(1e-13);
        Values.Distance(zeros(3, 5, ScalarType.Float64).addmm(a, b, 1, 2), 2 * expected).Should().BeLessThan(1e-12);
        Values.Distance(a[0].outer(b[0]), a[0].unsqueeze(1) * b[0]).Should().BeLessThan(1e-15);
    }
}
