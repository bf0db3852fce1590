using Diffusion.Math;
using Diffusion.Properties.Support;
using NUnit.Framework;
using static Diffusion.Properties.Support.BadInput;

namespace Diffusion.Properties;

/// <summary>Each bad argument gets an exception of its own kind that names it, its value and what is allowed.</summary>
public sealed class BadInputTests
{
    private static readonly Schedule Ten = Schedule.Linear(1e-3, 0.2, 10);
    private static readonly NoiseLevel High = NoiseLevel.FromAlphaSigma(0.6, 0.8);
    private static readonly NoiseLevel Low = NoiseLevel.FromAlphaSigma(0.8, 0.6);

    private static readonly TestCaseData[] OutOfRange =
    [
        Case("zero beta", () => Schedule.Linear(0, 0.02, 10), "betaStart", "(0, 1)", "0"),
        Case("beta of one", () => Schedule.Linear(1, 0.02, 10), "betaStart", "(0, 1)", "1"),
        Case("negative beta", () => Schedule.Linear(1e-4, -0.02, 10), "betaEnd", "(0, 1]", "-0.02"),
        Case("beta of two", () => Schedule.Linear(1e-4, 2, 10), "betaEnd", "(0, 1]", "2"),
        Case("NaN beta", () => Schedule.Linear(double.NaN, 0.02, 10), "betaStart", "(0, 1)", "NaN"),
        Case("no steps", () => Schedule.Linear(1e-4, 0.02, 0), "steps", "at least 1", "0"),
        Case("scaled NaN beta", () => Schedule.ScaledLinear(1e-4, double.NaN, 10), "betaEnd", "(0, 1]", "NaN"),
        Case("scaled no steps", () => Schedule.ScaledLinear(1e-4, 0.02, -1), "steps", "at least 1", "-1"),
        Case("cosine no steps", () => Schedule.Cosine(0), "steps", "at least 1", "0"),
        Case("cosine offset", () => Schedule.Cosine(10, -1), "offset", "at least 0", "-1"),
        Case("cosine NaN offset", () => Schedule.Cosine(10, double.NaN), "offset", "finite", "NaN"),
        Case("cosine cap", () => Schedule.Cosine(10, maxBeta: 1.5), "maxBeta", "(0, 1]", "1.5"),
        Case("beta in a list", () => Schedule.FromBetas([0.1, 1, 0.1]), "betas[1]", "(0, 1)", "1"),
        Case("NaN in a list", () => Schedule.FromBetas([0.1, double.NaN]), "betas[1]", "(0, 1]", "NaN"),
        Case("zero in a list", () => Schedule.FromBetas([0.0]), "betas[0]", "(0, 1]", "0"),
        Case("beta of time 0", () => Ten.Beta(0), "t", "1..10", "0"),
        Case("beta beyond T", () => Ten.Beta(11), "t", "1..10", "11"),
        Case("alpha of time 0", () => Ten.Alpha(0), "t", "1..10", "0"),
        Case("level of time -1", () => Ten[-1], "t", "0..10", "-1"),
        Case("level beyond T", () => Ten[11], "t", "0..10", "11"),
        Case("alpha bar beyond T", () => Ten.AlphaBar(11), "t", "0..10", "11"),
        Case("snr beyond T", () => Ten.Snr(11), "t", "0..10", "11"),
        Case("log snr of -1", () => Ten.LogSnr(-1), "t", "0..10", "-1"),
        Case("marginal beyond T", () => Ten.Marginal(11), "t", "0..10", "11"),
        Case("kernel of time 0", () => Ten.Kernel(0), "t", "1..10", "0"),
        Case("kernel backwards", () => Ten.Kernel(5, 4), "s", "0..3", "5"),
        Case("kernel beyond T", () => Ten.Kernel(5, 11), "t", "1..10", "11"),
        Case("posterior of time 0", () => Ten.Posterior(0), "t", "1..10", "0"),
        Case("posterior beyond T", () => Ten.Posterior(11), "t", "1..10", "11"),
        Case("posterior to itself", () => Ten.Posterior(5, 5), "s", "0..4", "5"),
        Case("posterior to -1", () => Ten.Posterior(5, -1), "s", "0..4", "-1"),
        Case("posterior of no number", () => Ten.Posterior(5).At(double.NaN, 0), "x0", "finite", "NaN"),
        Case("negative alpha", () => NoiseLevel.FromAlphaSigma(-1, 1), "alpha", "at least 0", "-1"),
        Case("infinite sigma", () => NoiseLevel.FromAlphaSigma(1, double.PositiveInfinity), "sigma", "finite", "∞"),
        Case("alpha bar of two", () => NoiseLevel.FromAlphaBar(2), "alphaBar", "[0, 1]", "2"),
        Case("NaN log snr", () => NoiseLevel.FromLogSnr(double.NaN), "logSnr", "NaN"),
        Case("negative variance", () => new Gaussian(0, -1), "variance", "at least 0", "-1"),
        Case("NaN mean", () => new Gaussian(double.NaN, 1), "mean", "finite", "NaN"),
        Case("density of no number", () => Gaussian.Standard.LogDensity(double.NaN), "x", "finite", "NaN"),
        Case("negative kernel variance", () => new LinearGaussian(1, -1), "variance", "at least 0", "-1"),
        Case("NaN scale", () => new LinearGaussian(double.NaN, 1), "scale", "finite", "NaN"),
        Case("kernel at no number", () => LinearGaussian.Identity.At(double.NaN), "x", "finite", "NaN"),
        Case(
            "observation of no number",
            () => LinearGaussian.Identity.Given(Gaussian.Standard, double.NaN),
            "observed",
            "finite",
            "NaN"
        ),
        Case("log of a negative variance", () => LogVariance.Of(-1), "variance", "at least 0", "-1"),
        Case("zero gamma", () => LossWeight.MinSnr(0), "gamma", "greater than 0", "0"),
        Case("zero clip", () => X0Rule.Clip(0), "range", "greater than 0", "0"),
        Case("u of one", () => TimeSampler.Uniform(1, 10), "u", "[0, 1)", "1"),
        Case("uniform no steps", () => TimeSampler.Uniform(0.5, 0), "trainingSteps", "at least 1", "0"),
        Case("NaN u", () => TimeSampler.Stratified(double.NaN, 4, 10), "u", "[0, 1)", "NaN"),
        Case("no strata", () => TimeSampler.Stratified(0.5, 0, 10), "count", "at least 1", "0"),
        Case("strata of no steps", () => TimeSampler.Stratified(0.5, 4, 0), "trainingSteps", "at least 1", "0"),
        Case("more steps than times", () => TimeGrid.Trailing(10, 11), "steps", "1..10", "11"),
        Case("no sampling steps", () => TimeGrid.Trailing(10, 0), "steps", "1..10", "0"),
        Case("grid of no times", () => TimeGrid.Trailing(0, 1), "trainingSteps", "at least 1", "0"),
        Case("step of a grid", () => TimeGrid.Full(3)[3], "index", "0..2", "3"),
        Case("negative time", () => new Evaluation(High, -1), "time", "at least 0", "-1"),
        Case("NaN factor", () => new SamplingStep(High, Low, null, [double.NaN], [], 0), "states[0]", "finite", "NaN"),
        Case("NaN output factor", () => new SamplingStep(High, Low, null, [1], [0, double.NaN], 0), "outputs[1]"),
        Case("negative noise", () => new SamplingStep(High, Low, null, [1], [], -1), "noise", "at least 0", "-1"),
        Case("eta of two", () => Samplers.Ddim(Ten, TimeGrid.Full(10), 2), "eta", "[0, 1]", "2"),
        Case("NaN eta", () => Samplers.Ddim(Ten, TimeGrid.Full(10), double.NaN), "eta", "[0, 1]", "NaN"),
        Case("step backwards", () => Samplers.DdpmStep(Ten, 3, 4), "s", "0..2", "4"),
        Case("negative step", () => LearningRateSchedule.WarmupCosine(-1, 10, 1, 0), "step", "-1"),
        Case("no learning steps", () => LearningRateSchedule.WarmupCosine(0, 0, 1, 0), "steps", "0"),
        Case("negative warm-up", () => LearningRateSchedule.WarmupCosine(0, 10, 1, -1), "warmup", "-1"),
        Case("NaN peak", () => LearningRateSchedule.WarmupCosine(0, 10, double.NaN, 0), "peak", "finite", "NaN"),
    ];

    private static readonly TestCaseData[] Wrong =
    [
        Case("no betas", () => Schedule.FromBetas([]), "betas", "empty"),
        Case("neither data nor noise", () => NoiseLevel.FromAlphaSigma(0, 0), "alpha", "both 0"),
        Case("posterior to the noisier", () => Posterior.Between(Low, High), "to", "0.8", "0.6", "greater"),
        Case("posterior to the same", () => Posterior.Between(High, High), "to", "right order"),
        Case("variance to the noisier", () => ReverseVariance.FixedSmall.Of(Low, High), "to", "right order"),
        Case("large variance to the noisier", () => ReverseVariance.FixedLarge.Of(Low, High), "to", "right order"),
        Case("two pure noises", () => Posterior.Between(NoiseLevel.PureNoise, NoiseLevel.PureNoise), "to"),
        Case("two point masses", () => new Gaussian(1, 0).Product(new Gaussian(2, 0)), "other", "point masses"),
        Case("certain observation", () => LinearGaussian.Identity.Given(new Gaussian(1, 0), 2), "prior", "certain"),
        Case("empty grid", () => TimeGrid.Explicit(), "times", "at least", "0"),
        Case("grid of one", () => TimeGrid.Explicit(0), "times", "at least", "1"),
        Case("grid that stalls", () => TimeGrid.Explicit(5, 5, 0), "times", "decrease", "times[1] = 5"),
        Case("grid that grows", () => TimeGrid.Explicit(5, 7, 0), "times", "decrease", "times[1] = 7", "5"),
        Case("grid without 0", () => TimeGrid.Explicit(5, 2), "times", "end at 0", "2"),
        Case("grid below 0", () => TimeGrid.Explicit(5, 0, -1), "times", "end at 0", "-1"),
        Case("grid beyond T", () => Samplers.Ddpm(Ten, TimeGrid.Full(11)), "grid", "11", "10"),
        Case("grid beyond T for DDIM", () => Samplers.Ddim(Ten, TimeGrid.Full(11)), "grid", "11", "10"),
        Case("step without states", () => new SamplingStep(High, Low, null, [], [1], 0), "states", "empty"),
        Case("plan without steps", () => Plan(), "steps", "empty"),
        Case("steps that don't join", () => Plan(Step(High, Low), Step(High, Low)), "steps", "Step 2", "0.8", "0.6"),
        Case("too old a state", () => Plan(new SamplingStep(High, Low, null, [1, 0], [], 0)), "steps", "2 states"),
        Case("too old an output", () => Plan(new SamplingStep(High, Low, null, [1], [1], 0)), "steps", "1 outputs"),
        Case(
            "noise on clean data",
            () => Plan(new SamplingStep(High, NoiseLevel.Clean, null, [1], [], 0.5)),
            "steps",
            "clean data",
            "0.5"
        ),
        Case("answer of another length", () => Run((_, _) => [1, 2], _ => [0]), "model", "2 numbers", "must give 1"),
        Case("answer that isn't finite", () => Run((_, _) => [double.NaN], _ => [0]), "model", "NaN", "finite"),
        Case("noise of another length", () => Run((x, _) => x, _ => []), "noise", "0 numbers", "must give 1"),
        Case("noise that isn't finite", () => Run((x, _) => x, _ => [double.NaN]), "noise", "NaN", "step 1"),
    ];

    private static readonly TestCaseData[] Null =
    [
        Case("betas", () => Schedule.FromBetas((IEnumerable<double>)null!), "betas"),
        Case("target", () => Prediction.X0.To(null!, High), "target"),
        Case("weighted prediction", () => LossWeight.MinSnr().For(null!, High), "prediction"),
        Case("simply weighted prediction", () => LossWeight.Simple.For(null!, High), "prediction"),
        Case("grid's schedule", () => TimeGrid.Full(null!), "schedule"),
        Case("times", () => TimeGrid.Explicit(null!), "times"),
        Case("schedule", () => Samplers.Ddpm(null!, TimeGrid.Full(10)), "schedule"),
        Case("grid", () => Samplers.Ddim(Ten, null!), "grid"),
        Case("states", () => new SamplingStep(High, Low, null, null!, [], 0), "states"),
        Case("plan's steps", () => Plan(null!), "steps"),
        Case("model", () => Run(null!, _ => [0]), "model"),
        Case("answer", () => Run((_, _) => null!, _ => [0]), "model"),
        Case("case for none", () => X0Rule.None.Match(null!, _ => 0, (_, _) => 0), "none"),
        Case("case for clip", () => X0Rule.Clip().Match(() => 0, null!, (_, _) => 0), "clip"),
    ];

    private static readonly TestCaseData[] Undetermined =
    [
        Case("ε at pure noise", () => Prediction.Epsilon.To(Prediction.X0, NoiseLevel.PureNoise), "epsilon", "x0"),
        Case("ε to v at pure noise", () => Prediction.Epsilon.To(Prediction.V, NoiseLevel.PureNoise), "epsilon", "v"),
        Case("x0 at clean data", () => Prediction.X0.To(Prediction.Epsilon, NoiseLevel.Clean), "x0", "epsilon"),
        Case("x0 to v at clean data", () => Prediction.X0.To(Prediction.V, NoiseLevel.Clean), "x0", "v"),
        Case(
            "mean from ε at pure noise",
            () => Schedule.FromBetas([0.5, 1]).Posterior(2).MeanFromEpsilon(1, 1),
            "epsilon",
            "x0"
        ),
        Case("density of a point mass", () => new Gaussian(3, 0).LogDensity(3), "point mass", "3", "variance"),
    ];

    [TestCaseSource(nameof(OutOfRange))]
    public void Out_of_range(Func<object?> call, string name, string[] words) =>
        ShouldThrow<ArgumentOutOfRangeException>(call, name, words);

    [TestCaseSource(nameof(Wrong))]
    public void Wrong_together(Func<object?> call, string name, string[] words) =>
        ShouldThrow<ArgumentException>(call, name, words);

    [TestCaseSource(nameof(Null))]
    public void Missing(Func<object?> call, string name, string[] words) =>
        ShouldThrow<ArgumentNullException>(call, name, words);

    [TestCaseSource(nameof(Undetermined))]
    public void Impossible(Func<object?> call, string first, string[] rest) => ShouldBeImpossible(call, first, rest);

    private static SamplingStep Step(NoiseLevel from, NoiseLevel to) => new(from, to, null, [1], [], 0);

    private static SamplingPlan Plan(params SamplingStep[] steps) =>
        new("bad", Prediction.X0, X0Rule.None, steps, keepsMarginals: false);

    private static double[] Run(Func<double[], Evaluation, double[]> model, Func<int, double[]> noise) =>
        Samplers.Ddpm(Ten, TimeGrid.Full(10)).Run([0.5], Prediction.X0, model, noise);
}
