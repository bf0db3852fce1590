using Diffusion.Math;
using Diffusion.Properties.Support;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Properties;

/// <summary>Dynamic thresholding (Saharia et al. 2022); clipping is tested with the plans.</summary>
public sealed class X0RuleTests
{
    [Test]
    public void The_quantile_of_the_sample_is_its_new_range()
    {
        double[] sample = [-4, 0.5, 1, 2, 3];
        X0Rule.DynamicThreshold(0.5, 10).Apply(sample);
        // |x̂₀| sorted: 0.5, 1, 2, 3, 4, whose median is 2.
        sample.Should().Equal(-1, 0.25, 0.5, 1, 1);
        sample = [-4, 0.5, 1, 2, 3];
        X0Rule.DynamicThreshold(0.8, 10).Apply(sample);
        // At 0.8·4 = 3.2 in the order: 3.2.
        sample.ShouldEqual([-1, 0.5 / 3.2, 1 / 3.2, 2 / 3.2, 3 / 3.2], 1e-14);
    }

    [ForAll]
    public void At_a_maximum_of_one_it_clips(Real[] values, Real quantile)
    {
        double[] clipped = [.. values.Select(value => value.Value)];
        double[] bounded = [.. clipped];
        X0Rule.Clip().Apply(clipped);
        X0Rule.DynamicThreshold(double.Abs(quantile.Value) / 4).Apply(bounded);
        bounded.Should().Equal(clipped);
    }

    [ForAll]
    public void It_leaves_no_number_outside_and_changes_none_inside(Real[] values, Real quantile)
    {
        double q = double.Abs(quantile.Value) / 4;
        double[] sample = [.. values.Select(value => value.Value)];
        X0Rule.DynamicThreshold(q, 3).Apply(sample);
        sample.Should().NotContain(value => !(value >= -1 && value <= 1));
        double[] small = [.. values.Select(value => value.Value / 4)];
        double[] before = [.. small];
        X0Rule.DynamicThreshold(q, 3).Apply(small);
        small.Should().Equal(before);
    }

    [Test]
    public void What_is_not_finite_is_refused_and_nothing_changed()
    {
        foreach (X0Rule rule in new[] { X0Rule.None, X0Rule.Clip(), X0Rule.DynamicThreshold(1, 2) })
        {
            foreach (double bad in new[] { double.NaN, double.PositiveInfinity, double.NegativeInfinity })
            {
                double[] sample = [5, 1, -3, 7, 2, bad, 4];
                BadInput.ShouldThrow<ArgumentOutOfRangeException>(Applied, "x0[5]", ["finite"]);
                sample.Should().Equal(5, 1, -3, 7, 2, bad, 4);
                BadInput.ShouldThrow<ArgumentOutOfRangeException>(() => rule.Apply(bad), "x0", ["finite"]);

                object? Applied()
                {
                    rule.Apply(sample);
                    return null;
                }
            }
        }
    }

    [Test]
    public void It_is_compared_by_value_and_matched()
    {
        X0Rule rule = X0Rule.DynamicThreshold(0.9, 2);
        rule.Should().Be(X0Rule.DynamicThreshold(0.9, 2)).And.NotBe(X0Rule.DynamicThreshold(0.9, 3));
        rule.Should().NotBe(X0Rule.DynamicThreshold(0.8, 2));
        rule.Match(() => (0, 0), range => (range, 0), (quantile, maximum) => (quantile, maximum)).Should().Be((0.9, 2));
        rule.ToString().Should().Be("dynamic threshold(0.9, 2)");
        rule.Apply(5).Should().Be(1);
    }
}
