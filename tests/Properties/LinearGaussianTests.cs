using Diffusion.Math;
using Diffusion.Properties.Support;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Properties;

public sealed class LinearGaussianTests
{
    [ForAll]
    public void Composition_is_the_composition_of_distributions(LinearGaussian first, LinearGaussian next, Gaussian x)
    {
        Gaussian whole = first.Then(next).Apply(x);
        Gaussian twice = next.Apply(first.Apply(x));
        whole.Mean.ShouldBeClose(twice.Mean, 1e-14);
        whole.Variance.ShouldBeClose(twice.Variance, 1e-14);
    }

    [ForAll]
    public void Composition_is_associative(LinearGaussian a, LinearGaussian b, LinearGaussian c)
    {
        LinearGaussian left = a.Then(b).Then(c);
        LinearGaussian right = a.Then(b.Then(c));
        left.Scale.ShouldBeClose(right.Scale, 1e-14);
        left.Variance.ShouldBeClose(right.Variance, 1e-14);
    }

    [ForAll]
    public void Identity_changes_nothing(LinearGaussian kernel)
    {
        kernel.Then(LinearGaussian.Identity).Should().Be(kernel);
        LinearGaussian.Identity.Then(kernel).Should().Be(kernel);
    }

    [ForAll]
    public void Densities_obey_bayes_rule(LinearGaussian kernel, Gaussian prior, Real x, Real observed)
    {
        // p(x)·p(x′|x) = p(x′)·p(x|x′), in logarithms.
        double joint = prior.LogDensity(x.Value) + kernel.At(x.Value).LogDensity(observed.Value);
        double evidence = kernel.Apply(prior).LogDensity(observed.Value);
        double posterior = kernel.Given(prior, observed.Value).LogDensity(x.Value);
        joint.ShouldBeClose(evidence + posterior, 1e-11, 1, evidence, posterior, prior.LogDensity(x.Value));
    }

    [ForAll]
    public void Huge_and_tiny_scales_are_those_of_the_observation(
        LinearGaussian kernel,
        Gaussian prior,
        Real x,
        bool up
    )
    {
        // Measured in other units, x′ says the same about x. Powers of 2 round nothing.
        double unit = double.ScaleB(1, up ? 500 : -490);
        LinearGaussian other = new(kernel.Scale * unit, kernel.Variance * unit * unit);
        Gaussian posterior = other.Given(prior, x.Value * unit);
        posterior.Mean.ShouldBeClose(kernel.Given(prior, x.Value).Mean, 1e-15);
        posterior.Variance.ShouldBeClose(kernel.Given(prior, x.Value).Variance, 1e-15);
    }

    [Test]
    public void Squares_beyond_double_do_not_spoil_the_posterior()
    {
        new LinearGaussian(1e200, 1).Given(Gaussian.Standard, 3e200).Mean.ShouldBeClose(3, 1e-15);
        new LinearGaussian(1e-200, 0).Given(Gaussian.Standard, 3e-200).Mean.ShouldBeClose(3, 1e-15);
        new LinearGaussian(1e-300, 1).Given(new Gaussian(2, 1), 1e10).Should().Be(new Gaussian(2, 1));
        new LinearGaussian(1, 1e-300).Given(new Gaussian(0, 1e300), 5).Should().Be(new Gaussian(5, 1e-300));
        new LinearGaussian(1e200, 1).Then(new LinearGaussian(1e-200, 1)).Variance.Should().Be(1);
        new LinearGaussian(1e200, 0).Apply(new Gaussian(0, 1e-300)).Variance.ShouldBeClose(1e100, 1e-15);
    }

    [Test]
    public void Given_has_its_limits_exact()
    {
        Gaussian prior = new(0.3, 2);
        new LinearGaussian(2, 0).Given(prior, 5).Should().Be(new Gaussian(2.5, 0), "nothing was added to 2·x");
        new LinearGaussian(0, 1).Given(prior, 5).Should().Be(prior, "the observation says nothing");
        new LinearGaussian(2, 1).Given(new Gaussian(0.3, 0), 5).Should().Be(new Gaussian(0.3, 0));
    }
}
