using Diffusion.Math;
using Diffusion.Properties.Support;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Properties;

/// <summary>Samplers that the documentation says are the same, on every family of levels.</summary>
public sealed class SamplerEquivalenceTests
{
    [ForAllGrids]
    public void Ddim_with_eta_one_is_ddpm_is_euler_ancestral_is_the_first_order_sde_solver(LevelGridCase @case) =>
        ShouldBeTheSame(
            @case,
            g => Samplers.Ddpm(g),
            g => Samplers.Ddim(g, 1),
            g => Samplers.EulerAncestral(g),
            g => Samplers.DpmSolverMultistep(g, 1, DpmSolverKind.SdePlusPlus)
        );

    [ForAllGrids]
    public void Ddim_is_euler_is_every_solver_of_first_order(LevelGridCase @case) =>
        ShouldBeTheSame(
            @case,
            g => Samplers.Ddim(g),
            g => Samplers.Euler(g),
            g => Samplers.AdamsBashforth(g, 1),
            g => Samplers.DpmSolverMultistep(g, 1),
            g => Samplers.DpmSolverMultistep(g, 1, DpmSolverKind.Epsilon),
            g => Samplers.DpmSolverSinglestep(g, Enumerable.Repeat(1, g.Count)),
            g => Samplers.UniPc(g, 1, corrector: false),
            g => Samplers.UniPc(g, 1, corrector: false, kind: DpmSolverKind.Epsilon)
        );

    [ForAllGrids]
    public void UniP_2_with_b2_is_dpm_solver_plus_plus_2m(LevelGridCase @case)
    {
        ShouldBeTheSame(
            @case,
            g => Samplers.UniPc(g, 2, UniPcVariant.Bh2, corrector: false),
            g => Samplers.DpmSolverMultistep(g, 2)
        );
        ShouldBeTheSame(
            @case,
            g => Samplers.UniPc(g, 3, corrector: false, ending: MultistepEnding.FirstOrderLast),
            g => FirstTwo(g, 3)
        );

        // 3M with the exact weights is UniP-3 but for the second step, where UniP has a ½.
        static SamplingPlan FirstTwo(LevelGrid grid, int order)
        {
            SamplingPlan plan = Samplers.DpmSolverMultistep(grid, order, ending: MultistepEnding.FirstOrderLast);
            SamplingPlan start = Samplers.DpmSolverMultistep(grid, 2);
            return new SamplingPlan(
                plan.Name,
                plan.Quantity,
                plan.X0Rule,
                [.. start.Steps.Take(2), .. plan.Steps.Skip(2)],
                true
            );
        }
    }

    [ForAllGrids]
    public void Leaving_every_step_uncorrected_is_uni_p(LevelGridCase @case)
    {
        LevelGrid grid = @case.On(LevelGridCase.Curves[0]);
        SamplingPlan plain = Samplers.UniPc(grid, 3, corrector: false);
        SamplingPlan left = Samplers.UniPc(grid, 3, uncorrected: Enumerable.Range(0, grid.Count));
        left.Steps.Should().Equal(plain.Steps);
        SamplingPlan one = Samplers.UniPc(grid, 3, uncorrected: [1]);
        one.Steps.Length.Should().Be(Samplers.UniPc(grid, 3).Steps.Length - 1);
        one.NetworkCalls.Should().Be(grid.Count);
    }

    [ForAllGrids]
    public void Dpm2_is_dpm_solver_2(LevelGridCase @case) =>
        ShouldBeTheSame(
            @case,
            g => Samplers.Dpm2(g),
            g =>
                Samplers.DpmSolverSinglestep(
                    g,
                    Enumerable.Range(1, g.Count).Select(i => i == g.Count && g.End.Sigma == 0 ? 1 : 2),
                    DpmSolverKind.Epsilon
                )
        );

    [ForAllGrids]
    public void Without_churn_the_edm_sampler_is_heun(LevelGridCase @case) =>
        ShouldBeTheSame(
            @case,
            g => Samplers.Heun(g),
            g => Samplers.EdmStochastic(g, 0),
            g => Samplers.EdmStochastic(g, 10, smallest: 1e6)
        );

    [ForAllGrids]
    public void A_descending_end_changes_only_the_last_steps(LevelGridCase @case)
    {
        LevelGrid grid = @case.On(NoiseCurve.VarianceExploding);
        SamplingPlan full = Samplers.DpmSolverMultistep(grid, 3);
        SamplingPlan descending = Samplers.DpmSolverMultistep(grid, 3, ending: MultistepEnding.Descending);
        SamplingPlan first = Samplers.DpmSolverMultistep(grid, 3, ending: MultistepEnding.FirstOrderLast);
        int n = grid.Count;
        descending.Steps.Take(n - 2).Should().Equal(full.Steps.Take(n - 2));
        first.Steps.Take(n - 1).Should().Equal(full.Steps.Take(n - 1));
        descending.Steps[^1].Outputs.Should().HaveCount(1);
        descending.Steps[^2].Outputs.Should().HaveCount(2);
        first.Steps[^1].Should().Be(descending.Steps[^1]);
        full.Steps[^1].Outputs.Should().HaveCount(@case.ToClean ? 1 : int.Min(3, n));
    }

    // x ← (1−m)·x + m·x̂₀ with m = 1/(n−i), as in the course, is Euler's method for a rectified flow at even times.
    [ForAllGrids]
    public void The_mixing_sampler_is_euler_for_rectified_flow(byte count, int seed)
    {
        int n = 1 + (count % 40);
        LevelGrid grid = LevelGrid.AtTimes(
            NoiseCurve.RectifiedFlow,
            Enumerable.Range(0, n).Select(i => 1 - ((double)i / n))
        );
        double x = new Draws(seed).Normal();
        double end = Samplers.Euler(grid).Run([x], Prediction.X0, ExactFlow.Data.Denoiser(Prediction.X0), _ => [])[0];
        for (int i = 0; i < n; i++)
        {
            double m = 1.0 / (n - i);
            NoiseLevel level = grid.Points[i].Level;
            x = ((1 - m) * x) + (m * ExactFlow.Data.PosteriorMean([x], level)[0]);
        }

        end.ShouldBeClose(x, 1e-10, 1);
    }

    [ForAllGrids]
    public void Plms_with_a_constant_output_is_ddim(LevelGridCase @case, Real epsilon)
    {
        LevelGrid grid = @case.On(LevelGridCase.Curves[0]);
        double run(SamplingPlan plan) => plan.Run([1.5], Prediction.Epsilon, (_, _) => [epsilon.Value], _ => [])[0];
        double expected = run(Samplers.Ddim(grid));
        foreach (SamplingPlan plan in new[] { Samplers.Plms(grid), Samplers.Pndm(grid), Samplers.AdamsBashforth(grid) })
        {
            run(plan).ShouldBeClose(expected, 1e-9, 1, epsilon.Value);
        }
    }

    // Weights by hand for even steps in σ/α: there the two are the same classical method.
    [Test]
    public void Adams_bashforth_has_its_textbook_weights_on_even_steps()
    {
        LevelGrid grid = LevelGrid.Explicit(NoiseCurve.VarianceExploding, 8, 7, 6, 5, 4, 3);
        double[][] expected =
        [
            [1],
            [3 / 2.0, -1 / 2.0],
            [23 / 12.0, -16 / 12.0, 5 / 12.0],
            [55 / 24.0, -59 / 24.0, 37 / 24.0, -9 / 24.0],
        ];
        SamplingPlan plan = Samplers.AdamsBashforth(grid);
        for (int i = 0; i < 4; i++)
        {
            // A step is −1 in σ.
            plan.Steps[i].Outputs.Select(weight => -weight).ToArray().ShouldEqual(expected[i], 1e-13);
        }
    }

    // Of each chain's last state, whatever the quantity a plan is written in.
    private static void ShouldBeTheSame(LevelGridCase @case, params Func<LevelGrid, SamplingPlan>[] samplers)
    {
        foreach (LevelGrid grid in LevelGridCase.Curves.Select(@case.On))
        {
            double[][] ends =
            [
                .. samplers.Select(make =>
                {
                    SamplingPlan plan = make(grid);
                    return plan.Run(
                        [-1.2 * grid.Start.Sigma, 0.1 * grid.Start.Sigma, 0.9 * grid.Start.Sigma],
                        Prediction.V,
                        ExactFlow.Data.Denoiser(Prediction.V),
                        i => [double.Sin(i), double.Cos(i), 0.5]
                    );
                }),
            ];
            foreach (double[] end in ends)
            {
                for (int i = 0; i < end.Length; i++)
                {
                    end[i].ShouldBeClose(ends[0][i], 1e-9, 1);
                }
            }
        }
    }
}
