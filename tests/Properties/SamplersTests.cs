using System.Collections.Immutable;
using Diffusion.Math;
using Diffusion.Properties.Support;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Properties;

public sealed class SamplersTests
{
    [ForAll]
    public void Every_step_keeps_the_marginals(GridCase at)
    {
        foreach (SamplingPlan plan in new[] { Samplers.Ddpm(at.Schedule, at.Grid), Ddim(at) })
        {
            plan.KeepsMarginals.Should().BeTrue();
            foreach (SamplingStep step in plan.Steps)
            {
                double a = step.Outputs.Single();
                double b = step.States.Single();
                (a + (b * step.From.Alpha)).ShouldBeClose(step.To.Alpha, 1e-12, 1);
                ((b * b * step.From.Variance) + (step.Noise * step.Noise)).ShouldBeClose(step.To.Variance, 1e-12, 1);
            }
        }
    }

    [ForAll]
    public void Ddim_with_eta_one_is_the_ancestral_sampler(GridCase at)
    {
        SamplingPlan ancestral = Samplers.Ddpm(at.Schedule, at.Grid, ReverseVariance.FixedSmall);
        SamplingPlan implied = Samplers.Ddim(at.Schedule, at.Grid, eta: 1);
        foreach ((SamplingStep one, SamplingStep other) in ancestral.Steps.Zip(implied.Steps))
        {
            other.States[0].ShouldBeClose(one.States[0], 1e-13);
            other.Outputs[0].ShouldBeClose(one.Outputs[0], 1e-13, 1);
            other.Noise.ShouldBeClose(one.Noise, 1e-13);
            other.Evaluate.Should().Be(one.Evaluate);
        }
    }

    [ForAll]
    public void Ancestral_steps_are_the_posteriors(GridCase at)
    {
        SamplingPlan plan = Samplers.Ddpm(at.Schedule, at.Grid);
        foreach ((SamplingStep step, (int t, int s)) in plan.Steps.Zip(at.Grid))
        {
            Posterior posterior = at.Schedule.Posterior(t, s);
            double lost = 1 / at.Schedule.Kernel(s, t).Variance;
            step.States[0].ShouldBeClose(posterior.XtCoefficient, 2e-15 * (4 + lost));
            step.Outputs[0].ShouldBeClose(posterior.X0Coefficient, 2e-15 * (4 + lost));
            (step.Noise * step.Noise).ShouldBeClose(posterior.Variance, 2e-15 * (4 + lost));
            step.Evaluate.Should().Be(new Evaluation(at.Schedule[t], t));
        }
    }

    [ForAll]
    public void Fixed_large_changes_nothing_but_the_noise(GridCase at)
    {
        SamplingPlan small = Samplers.Ddpm(at.Schedule, at.Grid, ReverseVariance.FixedSmall);
        SamplingPlan large = Samplers.Ddpm(at.Schedule, at.Grid, ReverseVariance.FixedLarge);
        large.KeepsMarginals.Should().BeFalse();
        foreach ((SamplingStep one, SamplingStep other, (int t, int s)) in small.Steps.Zip(large.Steps, at.Grid))
        {
            other.States.Should().Equal(one.States);
            other.Outputs.Should().Equal(one.Outputs);
            double beta = s == 0 ? 0 : at.Schedule.Kernel(s, t).Variance;
            (other.Noise * other.Noise).ShouldBeClose(beta, 2e-15 * (4 + (1 / at.Schedule.Kernel(s, t).Variance)));
        }
    }

    [ForAll]
    public void The_step_to_clean_data_returns_x0_without_noise(GridCase at)
    {
        foreach (SamplingPlan plan in Plans(at))
        {
            SamplingStep last = plan.Steps[^1];
            last.To.Should().Be(NoiseLevel.Clean);
            (last.States[0], last.Outputs[0], last.Noise).Should().Be((0, 1, 0));
        }
    }

    [ForAll]
    public void One_network_call_a_step_from_the_first_time_of_the_grid(GridCase at)
    {
        foreach (SamplingPlan plan in Plans(at))
        {
            plan.NetworkCalls.Should().Be(at.Grid.Count);
            plan.Start.Should().Be(at.Schedule[at.Grid.Start]);
            plan.Quantity.Should().BeSameAs(Prediction.X0);
            plan.X0Rule.Should().Be(X0Rule.None);
        }
    }

    [ForAll]
    public void Ddim_draws_eta_of_the_posterior_deviation(GridCase at)
    {
        foreach ((SamplingStep step, (int t, int s)) in Ddim(at).Steps.Zip(at.Grid))
        {
            double expected = at.Eta * double.Sqrt(at.Schedule.Posterior(t, s).Variance);
            step.Noise.ShouldBeClose(expected, 2e-15 * (4 + (1 / at.Schedule.Kernel(s, t).Variance)));
        }
    }

    [Test]
    public void A_single_ancestral_step_is_a_row_of_the_plan()
    {
        Schedule schedule = Schedule.Cosine(50);
        SamplingPlan plan = Samplers.Ddpm(schedule, TimeGrid.Trailing(50, 5), ReverseVariance.FixedLarge);
        SamplingPlan step = Samplers.DdpmStep(schedule, 30, 20, ReverseVariance.FixedLarge, X0Rule.Clip());
        step.Steps.Should().Equal(plan.Steps[2]);
        step.X0Rule.Should().Be(X0Rule.Clip());
        (step.KeepsMarginals, step.Name).Should().Be((false, "DDPM(fixed large), 30 to 20"));
        Samplers.DdpmStep(schedule, 30, 20).KeepsMarginals.Should().BeTrue();
    }

    [Test]
    public void From_pure_noise_ddim_needs_nothing_of_the_start()
    {
        SamplingPlan plan = Samplers.Ddim(Schedule.Cosine(10, maxBeta: 1), TimeGrid.Full(10));
        plan.Start.Should().Be(NoiseLevel.PureNoise);
        plan.Steps[0].Outputs[0].Should().Be(plan.Steps[0].To.Alpha);
    }

    [Test]
    public void Names_say_the_parameters()
    {
        Schedule schedule = Schedule.Cosine(10);
        Samplers.Ddpm(schedule, TimeGrid.Full(10)).Name.Should().Be("DDPM(fixed small)");
        Samplers
            .Ddim(schedule, TimeGrid.Trailing(10, 5), 0.5, X0Rule.Clip())
            .ToString()
            .Should()
            .Be("DDIM(η = 0.5): 5 steps, 5 network calls, on x0, x0 rule clip(1)");
    }

    private static SamplingPlan Ddim(GridCase at) => Samplers.Ddim(at.Schedule, at.Grid, at.Eta);

    private static ImmutableArray<SamplingPlan> Plans(GridCase at) =>
        [
            Samplers.Ddpm(at.Schedule, at.Grid),
            Samplers.Ddpm(at.Schedule, at.Grid, ReverseVariance.FixedLarge),
            Ddim(at),
        ];
}
