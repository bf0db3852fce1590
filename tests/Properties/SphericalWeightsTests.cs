using Diffusion.Math;
using Diffusion.Properties.Support;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Properties;

public sealed class SphericalWeightsTests
{
    [ForAll]
    public void The_length_of_the_ends_is_kept_and_the_angle_divided(Real angle, Real share)
    {
        double theta = double.Abs(angle.Value) * 0.78;
        double u = double.Abs(share.Value) / 4;
        SphericalWeights weights = SphericalWeights.At(double.Cos(theta), u);
        double squared =
            (weights.First * weights.First)
            + (weights.Second * weights.Second)
            + (2 * weights.First * weights.Second * double.Cos(theta));
        squared.ShouldBeClose(1, 1e-12, weights.First * weights.First);
        // Its angle with the first end is u·θ.
        (weights.First + (weights.Second * double.Cos(theta))).ShouldBeClose(
            double.Cos(u * theta),
            1e-12,
            weights.First
        );
    }

    [Test]
    public void Orthogonal_ends_are_weighted_by_cosine_and_sine()
    {
        SphericalWeights weights = SphericalWeights.At(0, 0.25);
        weights.First.ShouldBeClose(double.CosPi(0.125), 1e-15);
        weights.Second.ShouldBeClose(double.SinPi(0.125), 1e-15);
    }

    [TestCase(0.3)]
    [TestCase(1)]
    public void The_ends_are_the_ends(double cosine)
    {
        SphericalWeights.At(cosine, 0).First.Should().Be(1);
        SphericalWeights.At(cosine, 0).Second.Should().Be(0);
        SphericalWeights.At(cosine, 1).First.Should().Be(0);
        SphericalWeights.At(cosine, 1).Second.Should().Be(1);
    }

    [Test]
    public void Equal_ends_are_joined_by_a_line()
    {
        SphericalWeights.At(1, 0.3).First.Should().Be(0.7);
        SphericalWeights.At(1, 0.3).Second.Should().Be(0.3);
        SphericalWeights.At(double.BitDecrement(1), 0.3).First.ShouldBeClose(0.7, 1e-15);
    }

    [TestCase(-1, 0.5, "cosine must be in (-1, 1], but is -1.*")]
    [TestCase(1.0000001, 0.5, "cosine must be in*")]
    [TestCase(double.NaN, 0.5, "cosine must be in*")]
    [TestCase(0.5, -0.1, "share must be in*")]
    [TestCase(0.5, double.NaN, "share must be in*")]
    public void Bad_numbers_are_refused(double cosine, double share, string message) =>
        FluentActions
            .Invoking(() => SphericalWeights.At(cosine, share))
            .Should()
            .Throw<ArgumentOutOfRangeException>()
            .WithMessage(message);
}
