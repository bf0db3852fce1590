using System.Globalization;
using Diffusion.Math;
using Diffusion.Properties.Support;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Properties;

/// <summary>
/// The measured order of every deterministic sampler on a mixture whose flow is known exactly: how fast the error at
/// σ = 0.05 falls when the number of steps from σ = 20, even in log σ, is doubled.
/// </summary>
public sealed class OrderOfConvergenceTests
{
    private static readonly int[] Steps = [20, 40, 80, 160, 320, 640];

    // Where the states start, in deviations of the noise.
    private static readonly double[] Starts = [-1.3, -0.7, -0.2, 0.3, 0.9, 1.6];
    private static readonly ExactFlow Flow = new(ExactFlow.Data);

    private static IEnumerable<TestCaseData> Samplers1To4()
    {
        // As people use them.
        yield return Case("Euler", 1, g => Samplers.Euler(g));
        yield return Case("DDIM", 1, g => Samplers.Ddim(g));
        yield return Case("Heun", 2, g => Samplers.Heun(g));
        yield return Case("flow Euler", 1, g => Samplers.Euler(g), NoiseCurve.RectifiedFlow);
        yield return Case("flow Heun", 2, g => Samplers.FlowHeun(g), NoiseCurve.RectifiedFlow);
        yield return Case("DPM2", 2, g => Samplers.Dpm2(g));
        foreach (DpmSolverKind kind in new[] { DpmSolverKind.PlusPlus, DpmSolverKind.Epsilon })
        {
            foreach (int order in new[] { 1, 2, 3 })
            {
                yield return Case(
                    $"{kind} {order}S",
                    order,
                    g => Samplers.DpmSolverSinglestep(g, Enumerable.Repeat(order, g.Count), kind)
                );
            }

            yield return Case($"{kind} 1M", 1, g => Samplers.DpmSolverMultistep(g, 1, kind));
            foreach (DpmSolverForm form in Enum.GetValues<DpmSolverForm>())
            {
                yield return Case($"{kind} 2M {form}", 2, g => Samplers.DpmSolverMultistep(g, 2, kind, form));
                // The published forms weigh the second difference by half.
                yield return Case(
                    $"{kind} 3M {form}",
                    form == DpmSolverForm.Exact ? 3 : 2,
                    g => Samplers.DpmSolverMultistep(g, 3, kind, form),
                    exactStarts: 2,
                    asUsed: form == DpmSolverForm.Exact ? 2.5 : 1.9
                );
            }

            foreach (UniPcVariant variant in Enum.GetValues<UniPcVariant>())
            {
                for (int order = 1; order <= 3; order++)
                {
                    int p = order;
                    yield return Case(
                        $"{kind} UniP-{p} {variant}",
                        p,
                        g => Samplers.UniPc(g, p, variant, corrector: false, kind),
                        exactStarts: p - 1,
                        asUsed: p == 3 ? 2.5 : p - 0.1
                    );
                    yield return Case(
                        $"{kind} UniPC-{p} {variant}",
                        p + 1,
                        g => Samplers.UniPc(g, p, variant, corrector: true, kind),
                        exactStarts: p - 1,
                        asUsed: p == 3 ? 3.7 : p + 0.9
                    );
                }
            }
        }

        for (int order = 1; order <= 4; order++)
        {
            int k = order;
            yield return Case(
                $"Adams–Bashforth {k}",
                k,
                g => Samplers.AdamsBashforth(g, k),
                exactStarts: k - 1,
                asUsed: k == 4 ? 3 : k - 0.1
            );
        }

        // Weights for even steps in DDIM's uneven ones: second order whatever the weights.
        yield return Case("PLMS", 2, g => Samplers.Plms(g));
        yield return Case("PNDM", 2, g => Samplers.Pndm(g));
    }

    [TestCaseSource(nameof(Samplers1To4))]
    public void Order_is_that_of_theory(
        string name,
        int order,
        Func<LevelGrid, SamplingPlan> sampler,
        NoiseCurve curve,
        int exactStarts,
        double asUsed
    )
    {
        double[] used = Errors(sampler, curve, 0);
        TestContext.Out.WriteLine($"{name}: theory {order}");
        TestContext.Out.WriteLine(Line("as used", used));
        // The low orders of the first steps cost some of it, but no more than this.
        Slope(used).Should().BeInRange(asUsed, order + 0.1);
        if (exactStarts > 0)
        {
            double[] formula = Errors(sampler, curve, exactStarts);
            TestContext.Out.WriteLine(Line("exact start", formula));
            used = formula;
        }

        Slope(used).Should().BeApproximately(order, 0.1);
    }

    private static string Line(string what, double[] errors)
    {
        string list = string.Join(' ', errors.Select(error => error.ToString("E2", CultureInfo.InvariantCulture)));
        return FormattableString.Invariant($"  {what}: slope {Slope(errors):F3}; errors {list}");
    }

    // Over the last two doublings whose errors are above those of rounding.
    private static double Slope(double[] errors)
    {
        int last = Array.FindLastIndex(errors, error => error > 2e-12);
        return double.Log2(errors[last - 2] / errors[last]) / 2;
    }

    private static double[] Errors(Func<LevelGrid, SamplingPlan> sampler, NoiseCurve curve, int exactStarts) =>
        [.. Steps.Select(steps => Error(sampler, curve, steps, exactStarts))];

    private static double Error(Func<LevelGrid, SamplingPlan> sampler, NoiseCurve curve, int steps, int exactStarts)
    {
        LevelGrid grid = LevelGrid.UniformLogSnr(curve, steps + 1, 0.05, 20).EndingAt(curve.At(0.05));
        grid.Count.Should().Be(steps);
        SamplingPlan plan = sampler(grid);
        NoiseLevel start = grid.Start;
        double[] first = [.. Starts.Select(z => z * start.Sigma)];
        double[] last =
            exactStarts == 0
                ? plan.Run(first, plan.Quantity, ExactFlow.Data.Denoiser(plan.Quantity), _ => [])
                : RunFrom(plan, grid, first, exactStarts);
        return last.Zip(first, (x, x0) => double.Abs(x - Flow.Move(x0, start, grid.End)) / grid.End.Alpha).Max();
    }

    // As the plan's own loop does, but with exact states at the first points of the grid.
    private static double[] RunFrom(SamplingPlan plan, LevelGrid grid, double[] first, int exactStarts)
    {
        Func<double[], Evaluation, double[]> network = ExactFlow.Data.Denoiser(plan.Quantity);
        Dictionary<NoiseLevel, double[]> exact = grid
            .Points.Take(exactStarts + 1)
            .ToDictionary(at => at.Level, at => first.Select(x => Flow.Move(x, grid.Start, at.Level)).ToArray());
        List<double[]> states = [first];
        List<double[]> outputs = [];
        foreach (SamplingStep step in plan.Steps)
        {
            if (step.Evaluate is { } at)
            {
                outputs.Add(network(states[^1], at));
            }

            double[] next =
            [
                .. first.Select(
                    (_, i) =>
                        step.States.Select((factor, k) => factor * states[^(k + 1)][i]).Sum()
                        + step.Outputs.Select((factor, k) => factor * outputs[^(k + 1)][i]).Sum()
                ),
            ];
            states.Add(exact.GetValueOrDefault(step.To, next));
        }

        return states[^1];
    }

    private static TestCaseData Case(
        string name,
        int order,
        Func<LevelGrid, SamplingPlan> sampler,
        NoiseCurve? curve = null,
        int exactStarts = 0,
        double? asUsed = null
    ) =>
        new TestCaseData(
            name,
            order,
            sampler,
            curve ?? NoiseCurve.VarianceExploding,
            exactStarts,
            asUsed ?? order - 0.1
        ).SetArgDisplayNames(name);
}
