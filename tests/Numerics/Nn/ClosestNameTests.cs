using Diffusion.Nn;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Numerics.Nn;

[TestFixture]
internal sealed class ClosestNameTests
{
    [TestCase("conv_in.wieght", "conv_in.weight")]
    [TestCase("conv_in", "conv_in.bias")]
    [TestCase("conv_out.weight.weight", "conv_out.weight")]
    public void The_fewest_edits_win(string name, string expected) =>
        ClosestName.Of(name, ["conv_in.weight", "conv_in.bias", "conv_out.weight", "x"]).Should().Be(expected);

    [TestCase("magic")]
    [TestCase("")]
    [TestCase("down_blocks.0.resnets.0.norm1.weight")]
    public void What_nobody_would_mistype_is_none(string name) =>
        ClosestName.Of(name, ["ddim", "heun", "x", "conv_in.bias"]).Should().BeNull();

    [Test]
    public void Without_candidates_there_is_none() => ClosestName.Of("a", []).Should().BeNull();

    [Test]
    public void Names_without_end_dont_hold_it_up()
    {
        var endless = new string('a', 1_000_000);
        ClosestName.Of(endless, Enumerable.Repeat(endless, 1_000)).Should().Be(endless);
    }
}
