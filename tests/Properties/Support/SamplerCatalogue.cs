using Diffusion.Math;

namespace Diffusion.Properties.Support;

/// <summary>Every sampler, with each of its choices: what holds for all of them is tested on this list.</summary>
internal static class SamplerCatalogue
{
    public static IReadOnlyList<(string Name, Func<LevelGrid, SamplingPlan> Make)> All { get; } =
    [
        ("DDPM", g => Samplers.Ddpm(g)),
        ("DDPM large", g => Samplers.Ddpm(g, ReverseVariance.FixedLarge)),
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
