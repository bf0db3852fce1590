using Diffusion.Math;

namespace Diffusion.Properties.Support;

/// <summary>Every sampler, with each of its choices: what holds for all of them is tested on this list.</summary>
internal static class SamplerCatalogue
{
    public static IReadOnlyList<(string Name, Func<LevelGrid, SamplingPlan> Make)> All { get; } =
    [
        ("DDPM", g => Samplers.Ddpm(g)),
        ("DDPM large", g => Samplers.Ddpm(g, ReverseVariance.FixedLarge)),
        ("DDPM optimal", g => Samplers.Ddpm(g, ReverseVariance.Optimal(at => at.Ratio / (1 + at.Ratio)))),
        ("DDPM learned", g => Samplers.Ddpm(g, ReverseVariance.Learned)),
        ("DDPM learned range", g => Samplers.Ddpm(g, ReverseVariance.LearnedRange)),
        ("DDIM", g => Samplers.Ddim(g)),
        ("DDIM 0.5", g => Samplers.Ddim(g, 0.5)),
        ("DDIM noise kept", g => Samplers.Ddim(g, 0.5, X0Rule.Clip(50), keepNoise: true)),
        ("Euler", g => Samplers.Euler(g)),
        ("Euler ancestral", g => Samplers.EulerAncestral(g)),
        ("Heun", g => Samplers.Heun(g)),
        ("EDM", g => Samplers.EdmStochastic(g, 3, 0.01, 30)),
        ("DPM2", g => Samplers.Dpm2(g)),
        ("Adams–Bashforth", g => Samplers.AdamsBashforth(g)),
        ("PLMS", g => Samplers.Plms(g)),
        ("PNDM", g => Samplers.Pndm(g)),
        ("PlusPlus mixed S", g => Samplers.DpmSolverSinglestep(g, Mixed(g))),
        ("Epsilon mixed S", g => Samplers.DpmSolverSinglestep(g, Mixed(g), DpmSolverKind.Epsilon)),
        .. from kind in Enum.GetValues<DpmSolverKind>()
        from order in new[] { 1, 2, 3 }
        where order < 3 || kind is DpmSolverKind.PlusPlus or DpmSolverKind.Epsilon
        from form in Enum.GetValues<DpmSolverForm>()
        from ending in Enum.GetValues<MultistepEnding>()
        select Multistep(kind, order, form, ending),
        .. from kind in new[] { DpmSolverKind.PlusPlus, DpmSolverKind.Epsilon }
        from order in new[] { 1, 2, 3 }
        select Singlestep(kind, order),
        .. from kind in new[] { DpmSolverKind.PlusPlus, DpmSolverKind.Epsilon }
        from order in new[] { 1, 2, 3 }
        from variant in Enum.GetValues<UniPcVariant>()
        from corrector in new[] { true, false }
        select UniPc(kind, order, variant, corrector),
    ];

    /// <summary>Those whose plan depends on more than the ratios σ/α, and so on the family of levels.</summary>
    public static bool IsOfOneFamily(string name) =>
        // β and a learned σ² are those of the family's own scale; half of a step is so in the family's own time.
        name is "DDPM large" or "DDPM learned" or "DDPM learned range" or "PNDM";

    /// <summary>Every sampler for this curve's levels: one is for rectified flows alone.</summary>
    public static IEnumerable<(string Name, Func<LevelGrid, SamplingPlan> Make)> On(NoiseCurve curve) =>
        curve.Name.StartsWith("rectified flow", StringComparison.Ordinal)
            ? All.Append(("flow Heun", g => Samplers.FlowHeun(g)))
            : All;

    private static IEnumerable<int> Mixed(LevelGrid grid) =>
        Enumerable.Range(1, grid.Count).Select(i => i == grid.Count && grid.End.Sigma == 0 ? 1 : 1 + (i * 2 % 3));

    private static (string, Func<LevelGrid, SamplingPlan>) Multistep(
        DpmSolverKind kind,
        int order,
        DpmSolverForm form,
        MultistepEnding ending
    ) => ($"{kind} {order}M {form} {ending}", g => Samplers.DpmSolverMultistep(g, order, kind, form, ending));

    private static (string, Func<LevelGrid, SamplingPlan>) Singlestep(DpmSolverKind kind, int order) =>
        (
            $"{kind} {order}S",
            g =>
                Samplers.DpmSolverSinglestep(
                    g,
                    Enumerable.Range(1, g.Count).Select(i => i == g.Count && g.End.Sigma == 0 ? 1 : order),
                    kind
                )
        );

    private static (string, Func<LevelGrid, SamplingPlan>) UniPc(
        DpmSolverKind kind,
        int order,
        UniPcVariant variant,
        bool corrector
    ) => ($"{kind} UniPC {order} {variant} {corrector}", g => Samplers.UniPc(g, order, variant, corrector, kind));
}
