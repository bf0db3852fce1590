using FluentAssertions;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Numerics.Torch;

[TestFixture]
[NonParallelizable]
public sealed class GeneratorTests : ScopeFixture
{
    [Test]
    public void Seed_42_gives_the_numbers_that_PyTorch_gives()
    {
        // python3: torch.manual_seed(42); torch.randn(3)
        double[] expected = [0.33669036626815796, 0.12880940735340118, 0.23446236550807953];
        using var generator = new Generator(42);
        randn([3], generator: generator).Doubles().Should().Equal(expected);
        manual_seed(42);
        randn(3).Doubles().Should().Equal(expected);
    }

    [Test]
    public void A_generator_repeats_itself_and_leaves_the_others_alone()
    {
        manual_seed(1);
        var plain = randn(4);
        manual_seed(1);
        using var first = new Generator(7);
        using var second = new Generator(7);
        var a = randn([4], generator: first);
        var b = randn([4], generator: second);
        a.Equals(b).Should().BeTrue();
        randn([4], generator: first).Equals(a).Should().BeFalse();
        randn(4).Equals(plain).Should().BeTrue();
        first.initial_seed().Should().Be(7);
        first.manual_seed(7);
        randn([4], generator: first).Equals(a).Should().BeTrue();
    }

    [Test]
    public void A_state_can_be_kept_and_restored()
    {
        using var generator = new Generator(3);
        rand([5], generator: generator);
        using var state = generator.get_state();
        var next = rand([5], generator: generator);
        generator.set_state(state);
        rand([5], generator: generator).Equals(next).Should().BeTrue();
        using var other = new Generator(99);
        other.set_state(state);
        rand([5], generator: other).Equals(next).Should().BeTrue();

        using var common = get_rng_state();
        var drawn = randn(3);
        set_rng_state(common);
        randn(3).Equals(drawn).Should().BeTrue();
    }

    [Test]
    public void Every_random_operator_takes_a_generator()
    {
        Tensor Draw(Func<Generator, Tensor> draw)
        {
            using var generator = new Generator(5);
            return draw(generator);
        }

        Func<Generator, Tensor>[] draws =
        [
            g => rand([8], generator: g),
            g => randn([8], generator: g),
            g => randint(0, 1000, new long[] { 8 }, generator: g),
            g => randperm(64, generator: g),
            g => zeros(8).normal_(1, 2, g),
            g => zeros(8).uniform_(-1, 1, g),
            g => full([64], 0.5f).bernoulli(g),
            g => ones(64).multinomial(8, true, g),
        ];
        foreach (var draw in draws)
        {
            Draw(draw).Equals(Draw(draw)).Should().BeTrue();
        }
    }

    [Test]
    public void Draws_have_the_moments_of_their_distributions()
    {
        const int Count = 200_000;
        using var generator = new Generator(11);
        var normal = randn([Count], ScalarType.Float64, generator: generator);
        normal.mean().ToDouble().Should().BeApproximately(0, 5 / double.Sqrt(Count));
        normal.var().ToDouble().Should().BeApproximately(1, 5 * double.Sqrt(2.0 / Count));
        var uniform = rand([Count], ScalarType.Float64, generator: generator);
        uniform.mean().ToDouble().Should().BeApproximately(0.5, 5 * double.Sqrt(1.0 / 12 / Count));
        uniform.min().ToDouble().Should().BeGreaterThanOrEqualTo(0);
        uniform.max().ToDouble().Should().BeLessThan(1);
        var integers = randint(-2, 3, new long[] { Count }, generator: generator);
        integers.dtype.Should().Be(ScalarType.Int64);
        integers.min().ToInt64().Should().Be(-2);
        integers.max().ToInt64().Should().Be(2);
        randperm(100, generator: generator).sort().Values.Equals(arange(100)).Should().BeTrue();
    }

    [Test]
    public void Threads_can_be_set_and_read()
    {
        var before = get_num_threads();
        before.Should().BeGreaterThan(0);
        try
        {
            set_num_threads(1);
            get_num_threads().Should().Be(1);
        }
        finally
        {
            set_num_threads(before);
        }
    }
}
