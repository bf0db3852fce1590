using Diffusion.Math;
using Diffusion.Properties.Support;
using FluentAssertions;
using MathNet.Numerics.Integration;
using NUnit.Framework;

namespace Diffusion.Properties;

/// <summary>Steps of the DPM solvers against the formulas as they are published.</summary>
public sealed class DpmSolverTests
{
    // Lu et al. 2022b, appendix D: SDE-DPM-Solver-1 and 2M on ε̂, with half log-SNR λ and h = λ_s − λ_t.
    [TestCase(1, UniPcVariant.Bh1)]
    [TestCase(1, UniPcVariant.Bh2)]
    [TestCase(2, UniPcVariant.Bh1)]
    [TestCase(3, UniPcVariant.Bh2)]
    public void From_pure_noise_UniPc_corrects_nothing(int order, UniPcVariant variant)
    {
        Schedule schedule = Schedule.Linear(1e-4, 0.02, 1000).WithZeroTerminalSnr();
        SamplingPlan plan = Samplers.UniPc(LevelGrid.Of(schedule, TimeGrid.Trailing(1000, 6)), order, variant);
        plan.Start.Alpha.Should().Be(0);
        SamplingStep corrector = plan.Steps[1];
        (corrector.From, corrector.To).Should().Be((plan.Steps[0].To, plan.Steps[0].To));
        corrector.States.Should().Equal(1);
        corrector.Outputs.Should().BeEmpty();
        plan.Steps[3].Outputs.Should().NotBeEmpty("the next step is corrected");
    }

    [ForAllGrids]
    public void Sde_steps_on_noise_are_those_of_the_paper(LevelGridCase @case)
    {
        foreach (LevelGrid grid in LevelGridCase.Curves.Select(@case.On))
        {
            SamplingPlan first = Samplers.DpmSolverMultistep(grid, 1, DpmSolverKind.SdeEpsilon);
            SamplingPlan second = Samplers.DpmSolverMultistep(grid, 2, DpmSolverKind.SdeEpsilon);
            for (int i = 1; i < grid.Count - 1; i++)
            {
                NoiseLevel before = grid.Points[i - 1].Level;
                NoiseLevel from = grid.Points[i].Level;
                NoiseLevel to = grid.Points[i + 1].Level;
                double h = (to.LogSnr - from.LogSnr) / 2;
                double ratio = (from.LogSnr - before.LogSnr) / 2 / h;
                double gain = to.Sigma * (double.Exp(h) - 1);
                SamplingStep one = first.Steps[i];
                one.States[0].ShouldBeClose(to.Alpha / from.Alpha, 1e-13);
                one.Outputs[0].ShouldBeClose(-2 * gain, 1e-12);
                one.Noise.ShouldBeClose(to.Sigma * double.Sqrt(double.Exp(2 * h) - 1), 1e-12);
                SamplingStep two = second.Steps[i];
                two.Outputs[1].ShouldBeClose(gain / ratio, 1e-11);
                two.Outputs[0].ShouldBeClose((-2 * gain) - (gain / ratio), 1e-11);
                two.Noise.Should().Be(one.Noise);
            }
        }
    }

    // With tiny steps e^h is 1 and what is left are Adams and Bashforth's weights: nothing cancels on the way.
    [Test]
    public void Tiny_steps_lose_no_digits()
    {
        const double Step = 1e-7;
        LevelGrid grid = LevelGrid.Explicit(
            NoiseCurve.VarianceExploding,
            Enumerable.Range(0, 5).Select(i => 3 * double.Exp(-i * Step))
        );
        foreach (DpmSolverKind kind in new[] { DpmSolverKind.PlusPlus, DpmSolverKind.Epsilon })
        {
            SamplingStep step = Samplers.DpmSolverMultistep(grid, 3, kind).Steps[3];
            double sum = step.Outputs.Sum();
            double[] shares = [.. step.Outputs.Select(weight => weight / sum)];
            shares[0].Should().BeApproximately(23 / 12.0, 1e-6);
            shares[1].Should().BeApproximately(-16 / 12.0, 1e-6);
            shares[2].Should().BeApproximately(5 / 12.0, 1e-6);
        }
    }

    // ∫₀¹ e^{(1−u)z}·L(u) du with L the polynomial through the nodes (Lu et al. 2022a, eq. 3.4), by quadrature: steps so
    // wide that the closed forms, and not their series, are used.
    [TestCase(DpmSolverKind.PlusPlus)]
    [TestCase(DpmSolverKind.Epsilon)]
    public void Wide_steps_integrate_the_polynomial_through_their_nodes(DpmSolverKind kind)
    {
        foreach (double width in new[] { 0.9, 0.999, 1, 1.2, 2, 3.5, 6 })
        {
            double[] lambdas = [-2 * width, -0.9 * width, 0, width];
            LevelGrid grid = LevelGrid.Explicit(NoiseCurve.VarianceExploding, lambdas.Select(l => double.Exp(-l)));
            SamplingStep step = Samplers.DpmSolverMultistep(grid, 3, kind).Steps[2];
            bool onX0 = kind == DpmSolverKind.PlusPlus;
            double argument = onX0 ? -width : width;
            double gain = onX0 ? width : -double.Exp(-width) * width;
            double[] nodes = [0, -0.9, -2];
            for (int j = 0; j < nodes.Length; j++)
            {
                double basis(double u) =>
                    nodes.Where((_, i) => i != j).Aggregate(1.0, (p, node) => p * (u - node) / (nodes[j] - node));
                double integral = GaussLegendreRule.Integrate(u => double.Exp((1 - u) * argument) * basis(u), 0, 1, 64);
                step.Outputs[j].ShouldBeClose(gain * integral, 1e-12);
            }
        }
    }
}
