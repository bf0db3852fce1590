using System.Collections.Immutable;
using Diffusion.Math;
using Diffusion.Nn;

namespace Diffusion.Api;

/// <summary>The samplers of <see cref="Samplers"/> and the spacings of their grids, by name.</summary>
public static class SamplerCatalogue
{
    private const double UsualChurn = 10;

    /// <summary>All samplers, the simplest first.</summary>
    public static ImmutableArray<SamplerEntry> All { get; } =
    [
        new("ddim", "DDIM, deterministic unless --eta says otherwise", (g, o) => Samplers.Ddim(g, o.Eta ?? 0, o.X0Rule))
        {
            TakesEta = true,
        },
        new("ddpm", "DDPM's ancestral sampling", (g, o) => Samplers.Ddpm(g, o.Variance, o.X0Rule)),
        new(
            "ddpm-large",
            "DDPM with the greater of its two fixed variances",
            (g, o) => Samplers.Ddpm(g, ReverseVariance.FixedLarge, o.X0Rule)
        ),
        new("euler", "Euler's method in σ/α, the same as ddim", (g, o) => Samplers.Euler(g, o.X0Rule)),
        new("euler-ancestral", "Euler's method, then noise", (g, o) => Samplers.EulerAncestral(g, o.Eta ?? 1, o.X0Rule))
        {
            TakesEta = true,
        },
        new("heun", "Heun's method, two calls a step", (g, o) => Samplers.Heun(g, o.X0Rule)),
        new(
            "edm",
            "EDM's stochastic sampler, two calls a step",
            (g, o) => Samplers.EdmStochastic(g, o.Churn ?? UsualChurn, x0Rule: o.X0Rule)
        )
        {
            TakesChurn = true,
        },
        new("dpm1", "DPM-Solver-1, the same as ddim", (g, o) => Single(g, 1, DpmSolverKind.Epsilon, o)),
        new("dpm2", "DPM-Solver-2, two calls a step", (g, o) => Samplers.Dpm2(g, o.X0Rule)),
        new("dpm3", "DPM-Solver-3, three calls a step", (g, o) => Single(g, 3, DpmSolverKind.Epsilon, o)),
        new("dpm2m", "DPM-Solver, two steps back", (g, o) => Multi(g, 2, DpmSolverKind.Epsilon, o)),
        new("dpm3m", "DPM-Solver, three steps back", (g, o) => Multi(g, 3, DpmSolverKind.Epsilon, o)),
        new("dpm++2s", "DPM-Solver++ 2S, two calls a step", (g, o) => Single(g, 2, DpmSolverKind.PlusPlus, o)),
        new("dpm++3s", "DPM-Solver++ 3S, three calls a step", (g, o) => Single(g, 3, DpmSolverKind.PlusPlus, o)),
        new("dpm++2m", "DPM-Solver++ 2M", (g, o) => Multi(g, 2, DpmSolverKind.PlusPlus, o)),
        new("dpm++3m", "DPM-Solver++ 3M", (g, o) => Multi(g, 3, DpmSolverKind.PlusPlus, o)),
        new("sde-dpm2m", "DPM-Solver with noise", (g, o) => Multi(g, 2, DpmSolverKind.SdeEpsilon, o)),
        new("sde-dpm++2m", "DPM-Solver++ 2M with noise", (g, o) => Multi(g, 2, DpmSolverKind.SdePlusPlus, o)),
        new("unipc1", "UniPC of order 1, corrected", (g, o) => UniPc(g, 1, o)),
        new("unipc", "UniPC of order 2, corrected", (g, o) => UniPc(g, 2, o)),
        new("unipc3", "UniPC of order 3, corrected", (g, o) => UniPc(g, 3, o)),
        new("ab2", "Adams–Bashforth in σ/α, order 2", (g, o) => Samplers.AdamsBashforth(g, 2, o.X0Rule)),
        new("ab3", "Adams–Bashforth in σ/α, order 3", (g, o) => Samplers.AdamsBashforth(g, 3, o.X0Rule)),
        new("lms", "Adams–Bashforth in σ/α, order 4", (g, o) => Samplers.AdamsBashforth(g, 4, o.X0Rule)),
        new("plms", "PLMS, one call more than steps", (g, o) => Samplers.Plms(g, o.X0Rule, IsV(o))),
        new("pndm", "PNDM, nine calls more than steps", (g, o) => Samplers.Pndm(g, o.X0Rule, IsV(o))),
    ];

    /// <summary>The names of all samplers.</summary>
    public static ImmutableArray<string> Names { get; } = [.. All.Select(entry => entry.Name)];

    /// <summary>The names of diffusers' scheduler classes, each of which a pipeline's config can be run as.</summary>
    public static ImmutableArray<string> Schedulers { get; } =
    [.. Enum.GetValues<SchedulerClass>().Select(SchedulerConfigJson.NameOf)];

    /// <summary>The names of the spacings that <see cref="Grid"/> knows.</summary>
    public static ImmutableArray<string> Grids { get; } = ["trailing", "leading", "linspace", "karras", "logsnr"];

    /// <summary>The sampler of a name.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <exception cref="ArgumentException">There is none; the message lists them and the closest.</exception>
    public static SamplerEntry Find(string name) =>
        All.FirstOrDefault(e => e.Name == name)
        ?? throw (
            Schedulers.Contains(name)
                ? new ArgumentException(
                    $"'{name}' is a scheduler class of diffusers; Pipeline.Plan makes a sampler of it and of a folder's config."
                )
                : Unknown("sampler", name, [.. Names, .. Schedulers])
        );

    /// <summary>A grid over a schedule, to clean data.</summary>
    /// <param name="name">
    /// One of <see cref="Grids"/>: evenly spaced times (<see cref="TimeGrid.Trailing(int, int)"/>,
    /// <see cref="TimeGrid.Leading"/>, <see cref="TimeGrid.Linspace"/>), or levels from the schedule's noisiest to its
    /// first (<see cref="LevelGrid.Karras"/>, <see cref="LevelGrid.UniformLogSnr"/>).
    /// </param>
    /// <param name="schedule">The schedule that the network was trained on.</param>
    /// <param name="steps">Number of steps, in 1 … T.</param>
    /// <exception cref="ArgumentException">
    /// The name is unknown, the number outside its range, or the schedule ends in pure noise, whose σ/α is infinite.
    /// </exception>
    public static LevelGrid Grid(string name, Schedule schedule, int steps)
    {
        ArgumentNullException.ThrowIfNull(schedule);
        return name switch
        {
            "trailing" => LevelGrid.Of(schedule, TimeGrid.Trailing(schedule, steps)),
            "leading" => LevelGrid.Of(schedule, TimeGrid.Leading(schedule.Steps, steps)),
            "linspace" => LevelGrid.Of(schedule, TimeGrid.Linspace(schedule.Steps, steps)),
            "karras" or "logsnr" when schedule.HasZeroTerminalSnr => throw new ArgumentException(
                $"The grid '{name}' starts at the greatest σ/α, which is infinite in a schedule with zero terminal SNR;"
                    + " use trailing."
            ),
            "karras" => LevelGrid.Karras(
                NoiseCurve.Of(schedule),
                steps,
                schedule[1].Ratio,
                schedule[schedule.Steps].Ratio
            ),
            "logsnr" => LevelGrid.UniformLogSnr(
                NoiseCurve.Of(schedule),
                steps,
                schedule[1].Ratio,
                schedule[schedule.Steps].Ratio
            ),
            _ => throw Unknown("grid", name, Grids),
        };
    }

    internal static string Listed(Func<SamplerEntry, bool> which) =>
        string.Join(", ", All.Where(which).Select(entry => entry.Name));

    internal static ArgumentException Unknown(string what, string? name, IEnumerable<string> known) =>
        new(
            $"There is no {what} '{name}'"
                + (ClosestName.Of(name ?? "", known) is { } closest ? $"; did you mean '{closest}'?" : ".")
                + $" Known are: {string.Join(", ", known)}."
        );

    private static SamplingPlan Multi(LevelGrid grid, int order, DpmSolverKind kind, SamplerOptions options) =>
        Samplers.DpmSolverMultistep(grid, order, kind, ending: MultistepEnding.Descending, x0Rule: options.X0Rule);

    private static SamplingPlan UniPc(LevelGrid grid, int order, SamplerOptions options) =>
        Samplers.UniPc(grid, order, ending: MultistepEnding.Descending, x0Rule: options.X0Rule);

    // Steps from pure noise and to clean data have no midpoint.
    private static SamplingPlan Single(LevelGrid grid, int order, DpmSolverKind kind, SamplerOptions options) =>
        Samplers.DpmSolverSinglestep(
            grid,
            Enumerable
                .Range(0, grid.Count)
                .Select(i => grid.Points[i].Level.Alpha == 0 || grid.Points[i + 1].Level.Sigma == 0 ? 1 : order),
            kind,
            options.X0Rule
        );

    private static bool IsV(SamplerOptions options) => options.Prediction == Prediction.V;
}
