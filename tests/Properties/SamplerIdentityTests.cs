using Diffusion.Math;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Properties;

/// <summary>What a plan says of itself: the name under which it is listed, its rule for x̂₀ and its claim on marginals.</summary>
public sealed class SamplerIdentityTests
{
    private static readonly LevelGrid Grid = LevelGrid.Of(Schedule.Cosine(20), TimeGrid.Trailing(20, 6));
    private static readonly LevelGrid Flow = LevelGrid.UniformLogSnr(NoiseCurve.RectifiedFlow, 6, 0.05, 20);
    private static readonly X0Rule Clip = X0Rule.Clip();

    private static IEnumerable<TestCaseData> Plans()
    {
        yield return Case("DDIM(η = 0)", Samplers.Ddim(Grid, x0Rule: Clip));
        yield return Case("DDIM(η = 0.5)", Samplers.Ddim(Grid, 0.5, Clip));
        yield return Case("DDPM(fixed small)", Samplers.Ddpm(Grid, x0Rule: Clip));
        yield return Case("DDPM(fixed large)", Samplers.Ddpm(Grid, ReverseVariance.FixedLarge, Clip), keeps: false);
        yield return Case("Euler", Samplers.Euler(Grid, Clip));
        yield return Case("Euler ancestral(η = 0.5)", Samplers.EulerAncestral(Grid, 0.5, Clip));
        yield return Case("Heun", Samplers.Heun(Grid, Clip));
        yield return Case("EDM(S_churn = 3)", Samplers.EdmStochastic(Grid, 3, x0Rule: Clip));
        yield return Case("flow Heun", Samplers.FlowHeun(Flow, Clip));
        yield return Case("DPM2", Samplers.Dpm2(Grid, Clip));
        yield return Case("Adams–Bashforth(3)", Samplers.AdamsBashforth(Grid, 3, Clip));
        yield return Case("PLMS", Samplers.Plms(Grid, Clip));
        yield return Case("PLMS(v)", Samplers.Plms(Grid, Clip, onV: true), keeps: false);
        yield return Case("PNDM", Samplers.Pndm(Grid, Clip));
        yield return Case("PNDM(v)", Samplers.Pndm(Grid, Clip, onV: true), keeps: false);
        yield return Case("DPM-Solver++(3M, Exact)", Samplers.DpmSolverMultistep(Grid, 3, x0Rule: Clip));
        yield return Case("DPM-Solver(2M, Midpoint)", Multistep(DpmSolverKind.Epsilon));
        yield return Case("SDE-DPM-Solver++(2M, Midpoint)", Multistep(DpmSolverKind.SdePlusPlus));
        yield return Case("SDE-DPM-Solver(2M, Midpoint)", Multistep(DpmSolverKind.SdeEpsilon), keeps: false);
        yield return Case("DPM-Solver++(2S)", Samplers.DpmSolverSinglestep(Grid, [2, 2, 2, 2, 2, 1], x0Rule: Clip));
        yield return Case("UniPC(2, Bh2)", Samplers.UniPc(Grid, x0Rule: Clip));
        yield return Case("UniP(3, Bh1)", Samplers.UniPc(Grid, 3, UniPcVariant.Bh1, corrector: false, x0Rule: Clip));
        yield return Case(
            "DDPM(fixed small), resampled 3 times over 2",
            Samplers.Resampling(Samplers.Ddpm(Grid, x0Rule: Clip), 2, 3)
        );
    }

    [TestCaseSource(nameof(Plans))]
    public void A_plan_says_its_name_keeps_the_rule_and_claims_what_it_keeps(SamplingPlan plan, string name, bool keeps)
    {
        plan.Name.Should().Be(name);
        plan.X0Rule.Should().Be(Clip);
        plan.KeepsMarginals.Should().Be(keeps);
        SamplingPlan.FromJson(plan.ToJson()).Name.Should().Be(name);
    }

    [Test]
    public void An_inversion_is_named_and_has_no_rule()
    {
        SamplingPlan plan = Samplers.DdimInversion(Grid);
        (plan.Name, plan.X0Rule).Should().Be(("DDIM inversion", X0Rule.None));
    }

    [Test]
    public void Resampling_once_is_the_plan_itself()
    {
        SamplingPlan plan = Samplers.Ddpm(Grid);
        Samplers.Resampling(plan, 2, 1).Should().BeSameAs(plan);
    }

    private static SamplingPlan Multistep(DpmSolverKind kind) =>
        Samplers.DpmSolverMultistep(Grid, kind: kind, x0Rule: Clip);

    private static TestCaseData Case(string name, SamplingPlan plan, bool keeps = true) =>
        new TestCaseData(plan, name, keeps).SetArgDisplayNames(name);
}
