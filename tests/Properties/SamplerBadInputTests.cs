using Diffusion.Math;
using Diffusion.Properties.Support;
using NUnit.Framework;
using static Diffusion.Properties.Support.BadInput;

namespace Diffusion.Properties;

/// <summary>
/// Bad arguments of samplers and grids: the exception names the argument, the value and what is allowed.
/// </summary>
public sealed class SamplerBadInputTests
{
    private static readonly Schedule Ten = Schedule.Linear(1e-3, 0.2, 10);
    private static readonly NoiseCurve Curve = NoiseCurve.Of(Ten);
    private static readonly NoiseCurve Exploding = NoiseCurve.VarianceExploding;
    private static readonly LevelGrid Grid = LevelGrid.Of(Ten, TimeGrid.Full(10));

    private static readonly NoiseCurve VeCurve = NoiseCurve.Of(ContinuousSchedule.VarianceExploding());
    private static readonly NoiseLevel Low = NoiseLevel.FromAlphaSigma(1, 0.001);

    private static readonly LevelGrid Adjacent = LevelGrid.Explicit(Exploding, 10, double.BitDecrement(10), 1);

    private static readonly LevelGrid EdmGrid = LevelGrid.Karras(
        NoiseCurve.Of(ContinuousSchedule.Edm()),
        18,
        0.002,
        80
    );

    private static readonly TestCaseData[] OutOfRange =
    [
        Case("leading steps", () => TimeGrid.Leading(10, 11), "steps", "1..10", "11"),
        Case("leading no times", () => TimeGrid.Leading(0, 1), "trainingSteps", "at least 1", "0"),
        Case("leading offset", () => TimeGrid.Leading(1000, 10, 100), "offset", "0..99", "100"),
        Case("leading negative offset", () => TimeGrid.Leading(10, 2, -1), "offset", "0..4", "-1"),
        Case("linspace steps", () => TimeGrid.Linspace(10, 0), "steps", "1..10", "0"),
        Case("linspace no times", () => TimeGrid.Linspace(0, 1), "trainingSteps", "at least 1", "0"),
        Case("ratio", () => Curve.At(-1), "ratio", "at least 0", "-1"),
        Case("NaN ratio", () => Curve.TimeOf(double.NaN), "ratio", "finite", "NaN"),
        Case("infinite ratio", () => Curve.TimeOf(double.PositiveInfinity), "ratio", "finite", "Infinity"),
        Case("time beyond T", () => Curve.AtTime(10.5), "time", "[0, 10]", "10.5"),
        Case("time of a flow", () => NoiseCurve.RectifiedFlow.AtTime(1.5), "time", "[0, 1]", "1.5"),
        Case("NaN time", () => Exploding.AtTime(double.NaN), "time", "finite", "NaN"),
        Case("Karras steps", () => LevelGrid.Karras(Exploding, 0, 1, 2), "steps", "at least 1", "0"),
        Case("Karras rho", () => LevelGrid.Karras(Exploding, 5, 1, 2, 0), "rho", "greater than 0", "0"),
        Case("Karras ends", () => LevelGrid.Karras(Exploding, 5, 3, 2), "smallest", "(0, 2]", "3"),
        Case("log-SNR end", () => LevelGrid.UniformLogSnr(Exploding, 5, 0, 2), "smallest", "(0, 2]", "0"),
        Case("log-SNR start", () => LevelGrid.UniformLogSnr(Exploding, 5, 1, double.NaN), "largest", "finite", "NaN"),
        Case("Karras beyond a schedule", () => LevelGrid.Karras(VeCurve, 5, 1, 51), "largest", "[0.01, 50]", "51"),
        Case("Karras below a schedule", () => LevelGrid.Karras(VeCurve, 5, 0.009, 5), "smallest", "[0.01, 50]"),
        Case("log-SNR beyond", () => LevelGrid.UniformLogSnr(VeCurve, 5, 1, 51), "largest", "[0.01, 50]", "51"),
        Case("ratio beyond", () => LevelGrid.Explicit(VeCurve, 5, 1e-3), "ratios[1]", "[0.01, 50]", "0.001"),
        Case("level beyond", () => VeCurve.At(51), "ratio", "[0.01, 50]", "51"),
        Case("time of a ratio beyond", () => VeCurve.TimeOf(0.001), "ratio", "[0.01, 50]", "0.001"),
        Case("end beyond", () => LevelGrid.Explicit(VeCurve, 5, 1).EndingAt(Low), "end", "[0.01, 50]", "0.001"),
        Case("churn beyond", () => Samplers.EdmStochastic(EdmGrid, 40), "churn", "40", "113.1", "EDM(80)", "less"),
        Case("quantile", () => X0Rule.DynamicThreshold(1.5), "quantile", "[0, 1]", "1.5"),
        Case("NaN quantile", () => X0Rule.DynamicThreshold(double.NaN), "quantile", "[0, 1]", "NaN"),
        Case("maximum", () => X0Rule.DynamicThreshold(0.9, 0.5), "maximum", "[1,", "0.5"),
        Case(
            "infinite maximum",
            () => X0Rule.DynamicThreshold(0.9, double.PositiveInfinity),
            "maximum",
            "[1,",
            "Infinity"
        ),
        Case("eta", () => Samplers.Ddim(Grid, 1.5), "eta", "[0, 1]", "1.5"),
        Case("Euler's eta", () => Samplers.EulerAncestral(Grid, double.NaN), "eta", "[0, 1]", "NaN"),
        Case("order 0", () => Samplers.DpmSolverMultistep(Grid, 0), "order", "1..3", "0"),
        Case("order 4", () => Samplers.DpmSolverMultistep(Grid, 4), "order", "1..3", "4"),
        Case("SDE order", () => Samplers.DpmSolverMultistep(Grid, 3, DpmSolverKind.SdePlusPlus), "order", "1..2", "3"),
        Case("kind", () => Samplers.DpmSolverMultistep(Grid, 2, (DpmSolverKind)9), "kind", "PlusPlus", "9"),
        Case("form", () => Samplers.DpmSolverMultistep(Grid, 2, form: (DpmSolverForm)9), "form", "Midpoint", "9"),
        Case(
            "ending",
            () => Samplers.DpmSolverMultistep(Grid, ending: (MultistepEnding)9),
            "ending",
            "Descending",
            "9"
        ),
        Case("single order", () => Samplers.DpmSolverSinglestep(Grid, Orders(4)), "orders", "1..3", "4"),
        Case(
            "single kind",
            () => Samplers.DpmSolverSinglestep(Grid, Orders(1), DpmSolverKind.SdePlusPlus),
            "kind",
            "PlusPlus or Epsilon",
            "SdePlusPlus"
        ),
        Case("budget", () => Samplers.SinglestepOrders(0, 2), "networkCalls", "at least 1", "0"),
        Case("budget's order", () => Samplers.SinglestepOrders(5, 4), "order", "1..3", "4"),
        Case("Adams order", () => Samplers.AdamsBashforth(Grid, 5), "order", "1..4", "5"),
        Case("UniPC order", () => Samplers.UniPc(Grid, 4), "order", "1..3", "4"),
        Case("UniPC variant", () => Samplers.UniPc(Grid, variant: (UniPcVariant)7), "variant", "Bh1", "7"),
        Case("UniPC ending", () => Samplers.UniPc(Grid, ending: (MultistepEnding)7), "ending", "Descending", "7"),
        Case(
            "UniPC kind",
            () => Samplers.UniPc(Grid, kind: DpmSolverKind.SdeEpsilon),
            "kind",
            "no noise",
            "SdeEpsilon"
        ),
        Case("churn", () => Samplers.EdmStochastic(Grid, -1), "churn", "at least 0", "-1"),
        Case("churn from", () => Samplers.EdmStochastic(Grid, 1, double.NaN), "smallest", "at least 0", "NaN"),
        Case("churn to", () => Samplers.EdmStochastic(Grid, 1, 2, 1), "largest", "[2,", "1"),
        Case("churn noise", () => Samplers.EdmStochastic(Grid, 1, noise: 0), "noise", "greater than 0", "0"),
    ];

    private static readonly TestCaseData[] Wrong =
    [
        Case("no times", () => LevelGrid.AtTimes(Curve), "times", "without a step"),
        Case("times that rise", () => LevelGrid.AtTimes(Curve, 3, 4), "times", "less noisy"),
        Case("times with a 0", () => LevelGrid.AtTimes(Curve, 3, 0), "times", "less noisy"),
        Case("no ratios", () => LevelGrid.Explicit(Curve), "ratios", "without a step"),
        Case("equal ratios", () => LevelGrid.Explicit(Curve, 3, 3), "ratios", "less noisy"),
        Case("one level three times", () => LevelGrid.Karras(Exploding, 3, 1, 1), "steps", "3", "do not fit", "1"),
        Case("no root to speak of", () => LevelGrid.Karras(Exploding, 3, 1, 80, 1e-300), "steps", "do not fit"),
        Case("crowded", () => LevelGrid.UniformLogSnr(Exploding, 9, 1, 1 + 1e-15), "steps", "9", "do not fit"),
        Case("too noisy an end", () => Grid.EndingAt(Ten[5]), "end", "less noisy"),
        Case("no step left", () => LevelGrid.AtTimes(Curve, 3).EndingAt(Ten[3]), "end", "without a step"),
        Case("a grid beyond the schedule", () => LevelGrid.Of(Ten, TimeGrid.Full(11)), "grid", "11"),
        Case("too few orders", () => Samplers.DpmSolverSinglestep(Grid, [1, 1]), "orders", "10 steps, but holds 2"),
        Case("order 2 to clean data", () => Samplers.DpmSolverSinglestep(Grid, Orders(2)), "orders", "must be 1"),
        Case("no midpoint", () => Samplers.Dpm2(Adjacent), "grid", "no level between", "10"),
        Case("PLMS of one step", () => Samplers.Plms(LevelGrid.AtTimes(Curve, 3)), "grid", "at least 2"),
        Case("PNDM of three steps", () => Samplers.Pndm(LevelGrid.AtTimes(Curve, 3, 2, 1)), "grid", "at least 4"),
        Case("flow Heun on a schedule", () => Samplers.FlowHeun(Grid), "grid", "α + σ = 1"),
        Case(
            "a fixed variance as a learned one",
            () => new SamplingStep(Ten[2], Ten[1], null, [1], [], 1, learned: ReverseVariance.FixedSmall),
            "learned",
            "fixed small"
        ),
        Case(
            "a learned variance without a call",
            () =>
                new SamplingPlan(
                    "lazy",
                    Prediction.X0,
                    X0Rule.None,
                    [new SamplingStep(Ten[2], Ten[1], null, [1], [], 1, learned: ReverseVariance.Learned)],
                    false
                ),
            "steps",
            "doesn't call it"
        ),
        Case(
            "a learned variance that keeps the marginals",
            () =>
                new SamplingPlan(
                    "sure",
                    Prediction.X0,
                    X0Rule.None,
                    Samplers.Ddpm(Grid, ReverseVariance.Learned).Steps,
                    true
                ),
            "steps",
            "no marginal consistency"
        ),
        Case(
            "raw outputs that don't exist",
            () =>
                new SamplingPlan(
                    "raw",
                    Prediction.X0,
                    X0Rule.None,
                    [new SamplingStep(Ten[2], Ten[1], null, [1], [], 0, [1])],
                    false
                ),
            "steps",
            "1 outputs, but there are only 1 and 0"
        ),
    ];

    private static readonly TestCaseData[] Null =
    [
        Case("curve's schedule", () => NoiseCurve.Of((Schedule)null!), "schedule"),
        Case("curve's continuous schedule", () => NoiseCurve.Of((ContinuousSchedule)null!), "schedule"),
        Case("grid's schedule", () => LevelGrid.Of(null!, TimeGrid.Full(3)), "schedule"),
        Case("grid's times", () => LevelGrid.Of(Ten, null!), "grid"),
        Case("times", () => LevelGrid.AtTimes(Curve, null!), "times"),
        Case("ratios", () => LevelGrid.Explicit(Curve, null!), "ratios"),
        Case("Karras curve", () => LevelGrid.Karras(null!, 5, 1, 2), "curve"),
        Case("log-SNR curve", () => LevelGrid.UniformLogSnr(null!, 5, 1, 2), "curve"),
        Case("AtTimes curve", () => LevelGrid.AtTimes(null!, 1), "curve"),
        Case("Explicit curve", () => LevelGrid.Explicit(null!, 1), "curve"),
        Case("DDPM", () => Samplers.Ddpm(null!), "grid"),
        Case("DDIM", () => Samplers.Ddim(null!), "grid"),
        Case("Euler", () => Samplers.Euler(null!), "grid"),
        Case("Euler ancestral", () => Samplers.EulerAncestral(null!), "grid"),
        Case("Heun", () => Samplers.Heun(null!), "grid"),
        Case("EDM", () => Samplers.EdmStochastic(null!, 0), "grid"),
        Case("flow Heun", () => Samplers.FlowHeun(null!), "grid"),
        Case("DPM", () => Samplers.DpmSolverMultistep(null!), "grid"),
        Case("single DPM", () => Samplers.DpmSolverSinglestep(null!, [1]), "grid"),
        Case("orders", () => Samplers.DpmSolverSinglestep(Grid, null!), "orders"),
        Case("DPM2", () => Samplers.Dpm2(null!), "grid"),
        Case("Adams", () => Samplers.AdamsBashforth(null!), "grid"),
        Case("PLMS", () => Samplers.Plms(null!), "grid"),
        Case("PNDM", () => Samplers.Pndm(null!), "grid"),
        Case("UniPC", () => Samplers.UniPc(null!), "grid"),
        Case("case for a threshold", () => X0Rule.DynamicThreshold().Match(() => 0, _ => 0, null!), "dynamicThreshold"),
    ];

    [TestCaseSource(nameof(OutOfRange))]
    public void Values_outside_their_range(Func<object?> call, string name, string[] words) =>
        ShouldThrow<ArgumentOutOfRangeException>(call, name, words);

    [TestCaseSource(nameof(Wrong))]
    public void Arguments_that_do_not_fit(Func<object?> call, string name, string[] words) =>
        ShouldThrow<ArgumentException>(call, name, words);

    [TestCaseSource(nameof(Null))]
    public void Missing_arguments(Func<object?> call, string name, string[] words) =>
        ShouldThrow<ArgumentNullException>(call, name, words);

    private static IEnumerable<int> Orders(int order) => Enumerable.Repeat(order, 10);
}
