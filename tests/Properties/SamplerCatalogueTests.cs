using System.Text.RegularExpressions;
using Diffusion.Math;
using Diffusion.Properties.Support;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Properties;

/// <summary>What holds for every sampler.</summary>
public sealed class SamplerCatalogueTests
{
    [ForAllGrids]
    public void A_single_known_point_keeps_its_distribution(LevelGridCase @case, Real x0, Real noise)
    {
        foreach ((string name, SamplingPlan plan) in LevelGridCase.Curves.SelectMany(curve => Plans(@case, curve)))
        {
            // Without fresh noise the state must stay α·x₀ + σ·ε all the way.
            if (!plan.KeepsMarginals || plan.Steps.Any(step => step.Noise > 0))
            {
                continue;
            }

            double last = plan.Run(
                [plan.Start.Mix(x0.Value, noise.Value)],
                Prediction.V,
                (_, at) => [Prediction.V.Target(at.Level).Apply(x0.Value, noise.Value)],
                _ => throw new InvalidOperationException()
            )[0];
            double largest = double.Max(1, plan.Start.Sigma);
            double.Abs(last - plan.Steps[^1].To.Mix(x0.Value, noise.Value))
                .Should()
                .BeLessThan(1e-9 * largest, "{0}", name);
        }
    }

    [ForAllGrids]
    public void Every_family_of_levels_is_the_same_process(LevelGridCase @case, int seed)
    {
        foreach ((string name, Func<LevelGrid, SamplingPlan> make) in SamplerCatalogue.All)
        {
            if (SamplerCatalogue.IsOfOneFamily(name))
            {
                continue;
            }

            double[] ends =
            [
                .. LevelGridCase.Curves.Select(curve =>
                {
                    SamplingPlan plan = make(@case.On(curve));
                    return Sample(plan, seed) / plan.Steps[^1].To.Alpha;
                }),
            ];
            ends.Should().OnlyContain(end => double.Abs(end - ends[0]) < 1e-8 * (1 + double.Abs(ends[0])), "{0}", name);
        }
    }

    [ForAllGrids]
    public void Nothing_but_numbers_comes_out_of_a_run_and_no_noise_into_clean_data(LevelGridCase @case, int seed)
    {
        foreach (NoiseCurve curve in LevelGridCase.Curves)
        {
            foreach ((string name, SamplingPlan plan) in Plans(@case, curve))
            {
                double.IsFinite(Sample(plan, seed)).Should().BeTrue("{0}", name);
                plan.Steps[^1].To.Should().Be(@case.On(curve).End);
                if (@case.ToClean)
                {
                    SamplingStep last = plan.Steps[^1];
                    last.Noise.Should().Be(0, "{0}", name);
                    if (plan.Quantity == Prediction.X0)
                    {
                        // The network's estimate itself, whatever the state.
                        (last.States[0], last.Outputs[0])
                            .Should()
                            .Be((0, 1), "{0}", name);
                        (last.States.Length, last.Outputs.Length).Should().Be((1, 1), "{0}", name);
                    }
                }
            }
        }
    }

    [ForAllGrids]
    public void A_plan_is_read_back_from_json_number_for_number(LevelGridCase @case, bool flow)
    {
        foreach ((_, SamplingPlan plan) in Plans(@case, flow ? NoiseCurve.RectifiedFlow : LevelGridCase.Curves[0]))
        {
            SamplingPlan read = SamplingPlan.FromJson(plan.ToJson());
            read.Steps.Should().Equal(plan.Steps);
            (read.Name, read.Quantity, read.X0Rule, read.KeepsMarginals)
                .Should()
                .Be((plan.Name, plan.Quantity, plan.X0Rule, plan.KeepsMarginals));
        }
    }

    [ForAllGrids]
    public void The_cost_is_exact_and_shown(LevelGridCase @case)
    {
        LevelGrid grid = @case.On(LevelGridCase.Curves[0]);
        int n = grid.Count;
        int last = grid.End.Sigma == 0 ? 1 : 2;
        foreach (
            (SamplingPlan plan, int calls) in new[]
            {
                (Samplers.Ddpm(grid), n),
                (Samplers.Euler(grid), n),
                (Samplers.DpmSolverMultistep(grid, 3), n),
                (Samplers.AdamsBashforth(grid), n),
                (Samplers.UniPc(grid, 3), n),
                (Samplers.Plms(grid), n + 1),
                (Samplers.Pndm(grid), n + 9),
                (Samplers.Heun(grid), (2 * (n - 1)) + last),
                (Samplers.EdmStochastic(grid, 5), (2 * (n - 1)) + last),
                (Samplers.Dpm2(grid), (2 * (n - 1)) + last),
            }
        )
        {
            plan.NetworkCalls.Should().Be(calls, "{0}", plan.Name);
            int counted = 0;
            plan.Run([0.5], Prediction.X0, (_, _) => [0.1 * ++counted], _ => [0]);
            counted.Should().Be(calls);
            plan.ToTable().Should().Contain($"{calls} network calls");
        }
    }

    [ForAllGrids]
    public void Single_steps_spend_any_budget_exactly(byte budget, byte seed)
    {
        int calls = 1 + (budget % 60);
        int order = 1 + (seed % 3);
        int[] orders = [.. Samplers.SinglestepOrders(calls, order)];
        LevelGrid grid = LevelGrid.UniformLogSnr(LevelGridCase.Curves[0], orders.Length, 0.02, 100);
        Samplers.DpmSolverSinglestep(grid, orders).NetworkCalls.Should().Be(calls);
        orders.Should().OnlyContain(k => k >= 1 && k <= order).And.EndWith(1);
        // As few steps as possible: the full order wherever it fits.
        orders.Count(k => k == order).Should().BeGreaterThanOrEqualTo((calls - 1) / order);
    }

    [Test]
    public void Every_plan_prints_a_line_a_row()
    {
        LevelGridCase @case = new([40, 20, 9, 3, 1, 0.4], true);
        foreach ((string name, SamplingPlan plan) in Plans(@case, LevelGridCase.Curves[0]))
        {
            string[] lines = plan.ToTable().TrimEnd().Split('\n');
            lines.Should().HaveCount(plan.Steps.Length + 2, "{0}", name);
            lines
                .Skip(2)
                .Should()
                .OnlyContain(line => !Regex.IsMatch(line, @"[1-9]\d*\.?\d{7}"), "six digits are shown");
            lines[0].Should().StartWith(plan.Name).And.Contain(plan.KeepsMarginals ? "marginals kept" : "not claimed");
            plan.StartingWith(1.75).ToTable().Split('\n')[0].Should().Contain("start deviation 1.75");
        }

        SamplingPlan learned = Samplers.Ddpm(@case.On(LevelGridCase.Curves[0]), ReverseVariance.LearnedRange);
        learned.LearnsVariance.Should().BeTrue();
        learned.ToTable().Split('\n').Count(line => line.Contains("noise times learned range")).Should().Be(5);
        SamplingPlan kept = Samplers.Ddim(@case.On(LevelGridCase.Curves[0]), 0, X0Rule.Clip(), keepNoise: true);
        kept.ToTable().Split('\n')[2].Count(letter => letter == '|').Should().Be(2);
        kept.Name.Should().Be("DDIM(η = 0, noise kept)");
    }

    [Test]
    public void Samplers_on_noise_refuse_to_start_at_pure_noise_and_those_on_data_do_not()
    {
        LevelGrid grid = LevelGrid.Of(Schedule.Cosine(100, maxBeta: 1), TimeGrid.Trailing(100, 10));
        grid.Start.Should().Be(NoiseLevel.PureNoise);
        foreach ((string name, Func<LevelGrid, SamplingPlan> make) in SamplerCatalogue.All)
        {
            SamplingPlan? plan = null;
            Exception? refusal = null;
            try
            {
                plan = make(grid);
            }
            catch (ArgumentException exception)
            {
                refusal = exception;
            }

            bool singlestep = name is "PlusPlus 2S" or "PlusPlus 3S" or "PlusPlus mixed S";
            bool onX0 =
                !name.StartsWith("Epsilon", StringComparison.Ordinal)
                && !name.StartsWith("SdeEpsilon", StringComparison.Ordinal)
                && name is not ("Heun" or "EDM" or "DPM2" or "Adams–Bashforth" or "PLMS" or "PNDM");
            (plan is not null).Should().Be(onX0 && !singlestep, "{0}", name);
            if (plan is not null)
            {
                double.IsFinite(Sample(plan, 1)).Should().BeTrue("{0}", name);
                FluentActions
                    .Invoking(() =>
                        plan.Run([1], Prediction.Epsilon, (_, _) => plan.LearnsVariance ? [0, 0] : [0], _ => [0])
                    )
                    .Should()
                    .ThrowExactly<InvalidOperationException>("ε says nothing there")
                    .WithMessage("*epsilon does not determine*");
            }
            else
            {
                refusal!.Message.Should().ContainAny("pure noise", "says nothing", "infinite log-SNR");
            }
        }
    }

    private static IEnumerable<(string Name, SamplingPlan Plan)> Plans(LevelGridCase @case, NoiseCurve curve) =>
        SamplerCatalogue.On(curve).Select(sampler => (sampler.Name, sampler.Make(@case.On(curve))));

    // A run with the mixture's exact network, from and with noise that the seed gives.
    private static double Sample(SamplingPlan plan, int seed)
    {
        Draws draws = new(seed);
        Func<double[], Evaluation, double[]> denoiser = ExactFlow.Data.Denoiser(Prediction.V);
        return plan.Run(
            [plan.Start.Sigma * draws.Normal()],
            Prediction.V,
            // A learned variance is the second output: σ² or its place between β̃ and β, which 0.1 may be both.
            (x, at) => plan.LearnsVariance ? [.. denoiser(x, at), 0.1] : denoiser(x, at),
            _ => draws.Normals(1)
        )[0];
    }
}
