using Diffusion.Api;
using Diffusion.Numerics.Torch;
using FluentAssertions;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Numerics.Api;

/// <summary>Combinations made together are those made one after the other.</summary>
public class CombinationPassTests
{
    [FsCheck.NUnit.Property(MaxTest = 60)]
    public void Together_is_one_after_the_other(int seed)
    {
        using var scope = NewDisposeScope();
        var random = new Random(seed);
        var size = random.Next(9_000);
        Tensor Normal(ulong salt, params long[] shape) => Values.Normal(((ulong)(uint)seed * 3) + salt, shape);
        // One that takes part in a pass, and two that are added by operators, at once and of what waits too.
        var known = new[] { Normal(0, size).@float(), Normal(1, size), Normal(2, size, 2).@float().select(1, 0) };
        var (together, apart) = (known.ToList(), known.ToList());
        var pass = new CombinationPass();
        for (var i = 0; i < 4; i++)
        {
            var terms = Enumerable
                .Range(0, random.Next(1, 6))
                .Select(_ => (Factor: (random.NextDouble() * 2) - 1, Which: random.Next(known.Length + i)))
                .Where(term => term.Which is not (1 or 2) || random.Next(8) == 0)
                .Append((0.5, 0))
                .ToList();
            double? range = random.Next(2) == 0 ? random.NextDouble() : null;
            together.Add(pass.Add([.. terms.Select(term => (term.Item1, together[term.Item2]))], range));
            apart.Add(LinearCombination.Of([.. terms.Select(term => (term.Item1, apart[term.Item2]))], range));
        }
        pass.Run();
        for (var i = known.Length; i < together.Count; i++)
            together[i].Equals(apart[i]).Should().BeTrue($"combination {i} of {size} numbers");
    }

    [Test]
    public void Combinations_of_several_sizes_are_each_made_whole()
    {
        using var scope = NewDisposeScope();
        var (few, many) = (randn(3), randn(5_000));
        var pass = new CombinationPass();
        var (one, two, three) = (pass.Add([(2, few)]), pass.Add([(3, many)]), pass.Add([(4, few)]));
        pass.Run();
        one.Equals(few * 2).Should().BeTrue();
        two.Equals(many * 3).Should().BeTrue();
        three.Equals(few * 4).Should().BeTrue();
    }

    // Beyond what one thread does.
    [Test]
    public void Threads_share_a_pass()
    {
        using var scope = NewDisposeScope();
        var x = randn(1_200_001);
        var pass = new CombinationPass();
        var clipped = pass.Add([(2, x)], range: 1);
        var last = pass.Add([(1, x), (-0.5, clipped)]);
        pass.Run();
        last.Equals(x - ((x * 2).clamp(-1, 1) * 0.5)).Should().BeTrue();
    }
}
