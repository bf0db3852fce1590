using Diffusion.Api;
using FluentAssertions;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Numerics.Api;

/// <summary>What a step of every sampler is, in one pass or operator by operator.</summary>
public class LinearCombinationTests
{
    [FsCheck.NUnit.Property(MaxTest = 60)]
    public void It_is_the_sum_of_its_products(int seed)
    {
        using var scope = NewDisposeScope();
        var random = new Random(seed);
        // Beside the pieces' and the vectors' bounds too.
        var size = random.Next(1, 20) * (1L << random.Next(13)) + random.Next(-1, 2) + 1;
        var terms = Enumerable
            .Range(0, random.Next(1, 6))
            .Select(_ => (random.Next(4) == 0 ? 0 : random.NextDouble() * 4 - 2, Some(random.Next(4), size)))
            .ToList();
        using var sum = LinearCombination.Of(terms);
        var expected = terms.Aggregate(zeros(2, size, float64), (all, t) => all + t.Item2.to(float64) * t.Item1);
        (sum.to(float64) - expected).abs().max().ToDouble().Should().BeLessThan(1e-5);
        sum.shape.Should().Equal(2, size);
    }

    // The larger one is shared out to threads.
    [TestCase(40_003)]
    [TestCase(1_200_001)]
    public void A_number_does_not_depend_on_its_place(long size)
    {
        using var scope = NewDisposeScope();
        var (x, y) = (randn(size), randn(size));
        var whole = LinearCombination.Of([(0.3, x), (-1.7, y)]);
        foreach (var (start, length) in new[] { (0L, 1L), (7, 30), (16_383, 3), (size - 3, 3) })
            LinearCombination
                .Of([(0.3, x.narrow(0, start, length)), (-1.7, y.narrow(0, start, length))])
                .Equals(whole.narrow(0, start, length))
                .Should()
                .BeTrue();
    }

    [TestCase(ScalarType.Float32)]
    [TestCase(ScalarType.Float64)]
    public void Clipping_is_a_clamp_of_the_result_and_leaves_NaN(ScalarType type)
    {
        using var scope = NewDisposeScope();
        var (x, y) = (randn(10_005, type), randn(10_005, type));
        x[3] = x[10_004] = float.NaN;
        var clipped = LinearCombination.Of([(2, x), (-3, y)], range: 0.7);
        var expected = LinearCombination.Of([(2, x), (-3, y)]).clamp(-0.7, 0.7);
        clipped.nan_to_num(9).Equals(expected.nan_to_num(9)).Should().BeTrue();
        clipped.isnan().sum().item<long>().Should().Be(2);
    }

    [Test]
    public void Gradients_go_through_it()
    {
        using var scope = NewDisposeScope();
        var (x, y) = (randn(5).requires_grad_(), randn(5));
        LinearCombination.Of([(2, x), (3, y)]).sum().backward();
        x.grad!.Equals(full(5, 2f)).Should().BeTrue();
    }

    [Test]
    public void What_may_not_be_multiplied_is_not_read()
    {
        using var scope = NewDisposeScope();
        var x = ones(3);
        LinearCombination.Of([(0, full(3, float.NaN)), (1, x), (1, x)]).Equals(x * 2).Should().BeTrue();
        LinearCombination.Of([(0, full(3, float.NaN))]).Equals(zeros(3)).Should().BeTrue();
    }

    // Of different types and layouts; those that share a type take one pass.
    private static Tensor Some(int kind, long size) =>
        kind switch
        {
            0 => randn(size, 2).t(),
            _ => randn(2, size),
        };
}
