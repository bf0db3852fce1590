using Diffusion.Math;
using Diffusion.Properties.Support;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Properties;

public sealed class LearnedVarianceTermTests
{
    [ForAll]
    public void It_is_the_bounds_transition_with_the_variance_that_the_output_means(
        ScheduleTime at,
        Real error,
        Real output
    )
    {
        (Schedule schedule, int t) = at;
        if (t == 1)
        {
            return;
        }

        LearnedVarianceTerm term = LearnedVarianceTerm.At(schedule, t, Prediction.V);
        double variance = ReverseVariance.LearnedRange.Of(schedule[t], schedule[t - 1], output.Value);
        double logVariance = term.LogVariance(output.Value);
        // The sampler's variance is of two noise levels, whose difference loses the digits that a small β is in.
        logVariance.ShouldBeClose(double.Log(variance), 1e-12, 1, 1e-3 / schedule.Beta(t));
        term.VarianceOf(ReverseVariance.LearnedRange, output.Value).ShouldBeClose(double.Exp(logVariance), 1e-14);
        term.VarianceOf(ReverseVariance.Learned, output.Value)
            .ShouldBeClose(double.Max(output.Value, schedule.Posterior(t).Variance), 1e-12);
        double x0Error = term.ErrorToX0 * error.Value;
        double expected = VariationalBound.TransitionTerm(
            schedule.Posterior(t),
            1,
            x0Error * x0Error,
            double.Exp(logVariance)
        );
        double size = double.Exp(term.LogSmall - logVariance) + double.Abs(logVariance) + double.Abs(term.LogSmall);
        term.Nats(logVariance, error.Value).ShouldBeClose(expected, 1e-11, size, 1);
    }

    [Test]
    public void Far_out_it_is_right_and_what_is_not_a_number_is_refused()
    {
        Schedule schedule = Schedule.Linear(1e-3, 0.2, 12);
        LearnedVarianceTerm first = LearnedVarianceTerm.At(schedule, 1, Prediction.Epsilon);
        first.Nats(first.LogSmall, 1e200).ShouldBeClose(0, 1e-14, 1);
        first.Nats(-2000, 1).Should().Be(double.PositiveInfinity);
        LearnedVarianceTerm second = LearnedVarianceTerm.At(schedule, 2, Prediction.Epsilon);
        second.Nats(2000, 1e200).ShouldBeClose((2000 - second.LogSmall - 1) / 2, 1e-14);
        LogDeviationMap map = LogDeviationMap.LearnedRange(schedule[2], schedule[1]);
        foreach (double output in new[] { double.NaN, double.PositiveInfinity, 1e9 })
        {
            FluentActions
                .Invoking(() => map.Apply(output))
                .Should()
                .Throw<ArgumentOutOfRangeException>()
                .WithParameterName("output");
            FluentActions
                .Invoking(() => second.VarianceOf(ReverseVariance.LearnedRange, output))
                .Should()
                .Throw<ArgumentOutOfRangeException>()
                .WithParameterName("output");
        }

        FluentActions
            .Invoking(() => second.VarianceOf(ReverseVariance.Learned, double.NegativeInfinity))
            .Should()
            .Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => second.VarianceOf(null!, 0)).Should().Throw<ArgumentNullException>();
        FluentActions.Invoking(() => second.Nats(double.NaN, 0)).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => second.Nats(0, double.NaN)).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => second.LogVariance(double.NaN)).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions
            .Invoking(() => second.VarianceOf(ReverseVariance.FixedSmall, 0))
            .Should()
            .Throw<ArgumentException>()
            .WithParameterName("variance");
    }

    [Test]
    public void At_the_first_step_the_second_ones_posterior_gives_the_least_variance()
    {
        Schedule schedule = Schedule.Linear(1e-3, 0.2, 12);
        LearnedVarianceTerm first = LearnedVarianceTerm.At(schedule, 1, Prediction.Epsilon);
        first.LogSmall.Should().Be(schedule.Posterior(2).LogVariance.Value);
        first.LogVariance(1).ShouldBeClose(double.Log(1e-3), 1e-14);
        first.ErrorFactor.Should().Be(0);
        first.VarianceOf(ReverseVariance.LearnedRange, 1).ShouldBeClose(1e-3, 1e-14);
        first.VarianceOf(ReverseVariance.Learned, -1).ShouldBeClose(schedule.Posterior(2).Variance, 1e-14);
        LearnedVarianceTerm only = LearnedVarianceTerm.At(Schedule.FromBetas([0.3]), 1, Prediction.Epsilon);
        only.LogVariance(-7).ShouldBeClose(double.Log(0.3), 1e-14);
    }
}
