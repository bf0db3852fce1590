using Diffusion.Api;
using FluentAssertions;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Numerics.Api;

/// <summary>One stream a sample.</summary>
public class SampleNoiseTests
{
    [TestCase(3, 1)]
    [TestCase(64, 28)]
    public void A_sample_has_its_own_stream(int count, int side)
    {
        using var scope = NewDisposeScope();
        using var all = new SampleNoise(seed: 7, count, first: 2);
        var draws = new[] { all.Next([1, side, side], CPU), all.Next([1, side, side], CPU) };
        for (var i = 0; i < count; i++)
        {
            using var own = new SampleNoise(seed: 7, 1, first: 2 + i);
            foreach (var draw in draws)
                own.Next([1, side, side], CPU)[0].Equals(draw[i]).Should().BeTrue($"sample {i}");
        }
    }

    [Test]
    public void It_is_standard_normal_and_no_two_draws_are_alike()
    {
        using var scope = NewDisposeScope();
        using var noise = new SampleNoise(seed: 1, 50);
        var drawn = stack([noise.Next([3, 32, 32], CPU), noise.Next([3, 32, 32], CPU)]).to(float64).reshape(100, -1);
        // 307,200 numbers: the bounds are five standard errors.
        drawn.mean().ToDouble().Should().BeApproximately(0, 5 / double.Sqrt(307_200));
        drawn.var().ToDouble().Should().BeApproximately(1, 5 * double.Sqrt(2 / 307_200d));
        var products = drawn.mm(drawn.t()) / 3072 - eye(100, dtype: float64);
        products.abs().max().ToDouble().Should().BeLessThan(0.15, "a square has a deviation of 0.026");
    }
}
