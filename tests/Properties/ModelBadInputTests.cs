using Diffusion.Math;
using Diffusion.Properties.Support;
using NUnit.Framework;
using static Diffusion.Properties.Support.BadInput;

namespace Diffusion.Properties;

/// <summary>
/// Bad arguments of distributions, schedules, objectives and the bound: each gets an exception of its own kind that
/// names it, its value and what is allowed.
/// </summary>
public sealed class ModelBadInputTests
{
    private static readonly Schedule Ten = Schedule.Linear(1e-3, 0.2, 10);
    private static readonly NoiseLevel High = NoiseLevel.FromAlphaSigma(0.6, 0.8);
    private static readonly NoiseLevel Low = NoiseLevel.FromAlphaSigma(0.8, 0.6);
    private static readonly IsotropicGaussian Plane = IsotropicGaussian.Standard(2);
    private static readonly GaussianMixture One = GaussianMixture.Of((1.0, Gaussian.Standard));
    private static readonly ContinuousSchedule Vp = ContinuousSchedule.VariancePreserving();
    private const double NearOne = 0.9999999999999999;
    private static readonly LinearGaussian Huge = new(1e200, 0);
    private static readonly Schedule Two = Schedule.FromBetas([0.1, 0.2]);
    private static readonly ImportanceTimes Times = ImportanceTimes.Start(5);

    private static readonly TestCaseData[] OutOfRange =
    [
        Case("sigmoid no steps", () => Schedule.Sigmoid(0), "steps", "at least 1", "0"),
        Case("sigmoid backwards", () => Schedule.Sigmoid(10, 1, 1), "end", "(1, 350]", "1"),
        Case("sigmoid too far", () => Schedule.Sigmoid(10, -3, 3, 0.001), "start", "[-0.35", "-3"),
        Case("sigmoid too far the other way", () => Schedule.Sigmoid(10, 351, 400, 0.5), "start", "175]", "351"),
        Case("sigmoid no temperature", () => Schedule.Sigmoid(10, tau: 0), "tau", "greater than 0", "0"),
        Case("sigmoid NaN", () => Schedule.Sigmoid(10, double.NaN), "start", "NaN"),
        Case("sigmoid cap", () => Schedule.Sigmoid(10, maxBeta: 0), "maxBeta", "(0, 1]", "0"),
        Case("sigmoid beta", () => Schedule.SigmoidBeta(0, 0.1, 10), "betaStart", "(0, 1)", "0"),
        Case("linear to 1", () => Schedule.Linear(NearOne, 1, 5), "betaEnd", "betaStart", "β_", "to 1"),
        Case("scaled to 1", () => Schedule.ScaledLinear(NearOne, 1, 5), "betaEnd", "betaStart", "β_", "to 1"),
        Case("sigmoid to 1", () => Schedule.SigmoidBeta(NearOne, 1, 5), "betaEnd", "betaStart", "β_", "to 1"),
        Case(
            "steps of a process that leave nothing",
            () => ContinuousSchedule.VariancePreserving(0.1, 1e5).ToSchedule(2),
            "steps",
            "2",
            "more"
        ),
        Case("steps that leave nothing", () => ContinuousSchedule.Cosine(-60).ToSchedule(100), "steps", "100", "more"),
        Case("alpha bar of one", () => Schedule.FromAlphaBars([1, 0.5]), "alphaBars[0]", "(0, 1)", "1"),
        Case("alpha bar of 0 inside", () => Schedule.FromAlphaBars([0.5, 0.0, 0.0]), "alphaBars[1]", "(0, 1)", "0"),
        Case("last alpha bar", () => Schedule.FromAlphaBars([0.5, -0.1]), "alphaBars[1]", "[0, 1)", "-0.1"),
        Case("NaN alpha bar", () => Schedule.FromAlphaBars([double.NaN, 0.1]), "alphaBars[0]", "NaN"),
        Case("vp beta", () => ContinuousSchedule.VariancePreserving(0), "betaMin", "greater than 0", "0"),
        Case("vp order", () => ContinuousSchedule.VariancePreserving(2, 1), "betaMax", "[2,", "1"),
        Case("ve sigma", () => ContinuousSchedule.VarianceExploding(-1), "sigmaMin", "greater than 0", "-1"),
        Case("ve order", () => ContinuousSchedule.VarianceExploding(2, 2), "sigmaMax", "(2,", "2"),
        Case("edm sigma", () => ContinuousSchedule.Edm(double.NaN), "sigmaMax", "NaN"),
        Case("cosine shift", () => ContinuousSchedule.Cosine(1000), "shift", "[-100, 100]", "1000"),
        Case("flow shift", () => ContinuousSchedule.RectifiedFlow(0), "shift", "greater than 0", "0"),
        Case("time beyond the end", () => Vp[1.5], "t", "[0, 1]", "1.5"),
        Case("NaN time", () => Vp[double.NaN], "t", "[0, 1]", "NaN"),
        Case("drift before the start", () => Vp.Drift(-0.1), "t", "[0, 1]", "-0.1"),
        Case("diffusion beyond the end", () => Vp.DiffusionSquared(2), "t", "[0, 1]", "2"),
        Case("log snr beyond the end", () => Vp.TimeOf(-1000), "logSnr", "-1000"),
        Case("NaN log snr", () => Vp.TimeOf(double.NaN), "logSnr", "NaN"),
        Case("no whole times", () => Vp.ToSchedule(0), "steps", "at least 1", "0"),
        Case("NaN in a mean", () => DiagonalGaussian.Of([0, double.NaN], [1, 1]), "mean[1]", "finite", "NaN"),
        Case("negative variance", () => DiagonalGaussian.Of([0, 0], [1, -1]), "variance[1]", "at least 0", "-1"),
        Case("isotropic mean", () => new IsotropicGaussian([double.PositiveInfinity], 1), "mean[0]", "finite"),
        Case("isotropic variance", () => new IsotropicGaussian([0], -2), "variance", "at least 0", "-2"),
        Case("no dimension", () => IsotropicGaussian.Standard(0), "dimension", "at least 1", "0"),
        Case("NaN point", () => Plane.LogDensity([0, double.NaN]), "x", "finite", "NaN"),
        Case("weight of 0", () => GaussianMixture.Of((0.0, Gaussian.Standard)), "parts[0].Weight", "(0, 1]", "0"),
        Case("weight of NaN", () => GaussianMixture.Of((double.NaN, Gaussian.Standard)), "parts[0].Weight", "NaN"),
        Case("mixture at no number", () => One.LogDensity([double.NaN]), "x[0]", "finite", "NaN"),
        Case("denoiser at no number", () => One.PosteriorMean([double.NaN], High), "xt[0]", "finite", "NaN"),
        Case("score at no number", () => One.Score([double.PositiveInfinity], High), "xt[0]", "finite", "Infinity"),
        Case("u of one", () => One.Sample(1, [0]), "u", "[0, 1)", "1"),
        Case("NaN normal", () => One.Sample(0, [double.NaN]), "normals[0]", "finite", "NaN"),
        Case("zero sigma data", () => Prediction.Edm(0), "sigmaData", "greater than 0", "0"),
        Case("zero sigma data around", () => new EdmPreconditioning(High, 0), "sigmaData", "greater than 0", "0"),
        Case("P2 gamma", () => LossWeight.P2(-1), "gamma", "at least 0", "-1"),
        Case("P2 k", () => LossWeight.P2(1, 0), "k", "greater than 0", "0"),
        Case("EDM weight", () => LossWeight.Edm(double.NaN), "sigmaData", "NaN"),
        Case("sigmoid bias", () => LossWeight.Sigmoid(1000), "bias", "[-600, 600]", "1000"),
        Case("NaN learned", () => ReverseVariance.LearnedRange.Of(High, Low, double.NaN), "output", "finite", "NaN"),
        Case("NaN for a fixed one", () => ReverseVariance.FixedLarge.Of(High, Low, double.NaN), "output", "NaN"),
        Case("infinite learned", () => ReverseVariance.Learned.Of(High, Low, 1 / 0.0), "output", "finite"),
        Case("huge learned", () => ReverseVariance.LearnedRange.Of(High, Low, 1e6), "output", "1000000"),
        Case("NaN ε", () => ReverseVariance.Optimal(_ => double.NaN).Of(High, Low), "meanSquareNoise", "NaN"),
        Case("antithetic u", () => TimeSampler.Antithetic(1, 10), "u", "[0, 1)", "1"),
        Case("NaN log normal", () => TimeSampler.LogNormalSigma(double.NaN), "normal", "finite", "NaN"),
        Case("huge log normal", () => TimeSampler.LogNormalSigma(1e6), "normal", "[-700, 700]"),
        Case("log normal deviation", () => TimeSampler.LogNormalSigma(0, 0, 0), "deviation", "greater than 0", "0"),
        Case("importance of no steps", () => ImportanceTimes.Start(0), "trainingSteps", "at least 1", "0"),
        Case("no history", () => ImportanceTimes.Start(5, 0), "history", "at least 1", "0"),
        Case("no uniform share", () => ImportanceTimes.Start(5, 10, 0), "uniformShare", "(0, 1]", "0"),
        Case("loss of time 6", () => Times.With([1, 6], [1, 1]), "times[1]", "1..5", "6"),
        Case("NaN loss", () => Times.With([1], [double.NaN]), "batchLosses[0]", "NaN"),
        Case("probability of time 0", () => Times.Probability(0), "t", "1..5", "0"),
        Case("importance u", () => Times.Time(1), "u", "[0, 1)", "1"),
        Case("decoder variance", () => DiscreteDecoder.Reconstruction([1], [0], 0), "variance", "greater than 0", "0"),
        Case("decoder mean", () => DiscreteDecoder.Reconstruction([1], [double.NaN], 1), "means[0]", "NaN"),
        Case("bound of no dimension", () => new VariationalBound(0, 0, [], 0), "dimension", "at least 1", "0"),
        Case("negative prior", () => new VariationalBound(1, -1, [], 0), "prior", "at least 0", "-1"),
        Case("NaN transition", () => new VariationalBound(1, 0, [double.NaN], 0), "transitions[0]", "NaN"),
        Case("infinite L0", () => new VariationalBound(1, 0, [], double.PositiveInfinity), "reconstruction", "∞"),
        Case("bits of no number", () => VariationalBound.BitsPerDimension(double.NaN, 1), "nats", "NaN"),
        Case("negative x0 error", () => Errors(-1), "x0Errors[1]", "at least 0", "-1"),
        Case("prior of no dimension", () => VariationalBound.PriorTerm(Ten, 0, 1), "dimension", "at least 1", "0"),
        Case("no dimension", () => VariationalBound.TransitionTerm(Ten.Posterior(5), 0, 1, 1), "dimension", "0"),
        Case("NaN error", () => VariationalBound.TransitionTerm(Ten.Posterior(5), 1, double.NaN, 1), "x0Error", "NaN"),
        Case("NaN ε error", () => VariationalBound.EpsilonTerm(Ten, 5, double.NaN, 1), "epsilonError", "NaN"),
        Case("ε variance", () => VariationalBound.EpsilonTerm(Ten, 5, 1, -1), "variance", "-1"),
        Case("decoder of none", () => VariationalBound.GaussianReconstruction(0, 1, 1), "dimension", "0"),
        Case("decoder error", () => VariationalBound.GaussianReconstruction(1, -1, 1), "x0Error", "-1"),
        Case("integral from ∞", () => VariationalBound.ContinuousTime(_ => 1, double.NaN, 1), "lowLogSnr", "NaN"),
        Case("integral too far", () => VariationalBound.ContinuousTime(_ => 1, 0, 701), "highLogSnr", "700", "701"),
        Case("no panels", () => VariationalBound.ContinuousTime(_ => 1, 0, 1, 0), "panels", "at least 1", "0"),
        Case("zero variance", () => VariationalBound.TransitionTerm(Ten.Posterior(5), 1, 1, 0), "variance", "0"),
        Case("ε term at 0", () => VariationalBound.EpsilonTerm(Ten, 0, 1, 1), "t", "1..10", "0"),
        Case("decoder term", () => VariationalBound.GaussianReconstruction(1, 1, 0), "variance", "greater", "0"),
        Case("mean square", () => VariationalBound.PriorTerm(Ten, 1, double.NaN), "meanSquare", "NaN"),
        Case("integral backwards", () => VariationalBound.ContinuousTime(_ => 1, 2, 1), "highLogSnr", "(2,", "1"),
        Case("no panels", () => VariationalBound.ContinuousTime(_ => 1, 0, 1, 0), "panels", "at least 1", "0"),
        Case("NaN error", () => VariationalBound.ContinuousTime(_ => double.NaN, 0, 1), "x0Error", "NaN"),
        Case("flow steps", () => ProbabilityFlow.LogLikelihood(One, [0], 0), "steps", "at least 1", "0"),
        Case("flow from no number", () => ProbabilityFlow.LogLikelihood(One, [double.NaN]), "x0[0]", "NaN"),
    ];

    private static readonly TestCaseData[] Wrong =
    [
        Case("no alpha bars", () => Schedule.FromAlphaBars([]), "alphaBars", "empty"),
        Case("alpha bars that stall", () => Schedule.FromAlphaBars([0.5, 0.5]), "alphaBars", "alphaBars[1] = 0.5"),
        Case("alpha bars that grow", () => Schedule.FromAlphaBars([0.5, 0.6]), "alphaBars", "0.6", "decrease"),
        Case("respaced beyond T", () => Ten.Respaced(TimeGrid.Full(11)), "grid", "11", "10"),
        Case("no components", () => new DiagonalGaussian(), "components", "empty"),
        Case("lengths", () => DiagonalGaussian.Of([0, 0], [1]), "variance", "has 1", "must have 2"),
        Case("no mean", () => new IsotropicGaussian([], 1), "mean", "empty"),
        Case("point of dimension 3", () => Plane.LogDensity([0, 0, 0]), "x", "has 3", "must have 2"),
        Case("divergence of dimensions", () => Plane.KullbackLeibler(IsotropicGaussian.Standard(3)), "other", "3", "2"),
        Case("product of dimensions", () => Plane.Product(IsotropicGaussian.Standard(1)), "other", "1", "2"),
        Case("observation", () => Plane.Given(LinearGaussian.Identity, [1]), "observed", "has 1", "must have 2"),
        Case("no parts", () => GaussianMixture.Of(Array.Empty<(double, Gaussian)>()), "parts", "empty"),
        Case("weights", () => GaussianMixture.Of((0.5, Gaussian.Standard)), "parts", "sum to 1", "0.5"),
        Case(
            "mixed",
            () => GaussianMixture.Of((0.5, Plane), (0.5, IsotropicGaussian.Standard(1))),
            "parts",
            "parts[1]"
        ),
        Case("mixture in another dimension", () => One.LogDensity([1, 2]), "x", "has 2", "must have 1"),
        Case("much too far", () => One.LogDensity([1e200]), "x", "too far"),
        Case("much too far in noise", () => One.PosteriorMean([1e200], High), "xt", "too far"),
        Case("a bound of fewer errors", () => BoundOf(Two, [1], ReverseVariance.FixedSmall), "x0Errors", "1", "2"),
        Case("a bound of more errors", () => BoundOf(Two, [1, 1, 1], ReverseVariance.FixedSmall), "x0Errors", "3", "2"),
        Case("scales too large", () => Huge.Then(Huge), "next", "1E+200", "beyond the range of double"),
        Case("a kernel's mean too large", () => Huge.At(1e200), "x", "1E+200", "beyond the range of double"),
        Case("variance too large", () => Huge.Apply(new Gaussian(0, 1)), "input", "beyond the range of double"),
        Case(
            "posterior too far",
            () => new LinearGaussian(1e-200, 1).Given(new Gaussian(0, 1e300), 1e308),
            "observed",
            "beyond the range of double"
        ),
        Case("normals", () => One.Sample(0, [1, 2]), "normals", "has 2", "must have 1"),
        Case("state of half points", () => Halves(), "state", "3 numbers", "points of 2"),
        Case("weight of no level", () => LossWeight.Vlb(Ten).For(Prediction.V, High), "level", "1..10"),
        Case("weight of clean data", () => LossWeight.Vlb(Ten).For(Prediction.V, NoiseLevel.Clean), "level", "1..10"),
        Case(
            "fixed as learned",
            () => LearnedVarianceTerm.At(Ten, 1, Prediction.V).VarianceOf(ReverseVariance.FixedSmall, 0),
            "variance",
            "fixed small"
        ),
        Case("weight of a learned one", () => LossWeight.Vlb(Ten, ReverseVariance.Learned), "variance", "learned"),
        Case("optimal backwards", () => ReverseVariance.Optimal(_ => 1).Of(Low, High), "to", "right order"),
        Case("learned backwards", () => ReverseVariance.Learned.Of(Low, High, 1), "to", "right order"),
        Case("losses", () => Times.With([1, 2], [1]), "batchLosses", "has 1", "must have 2"),
        Case("means", () => DiscreteDecoder.Reconstruction([1, 2], [0], 1), "means", "has 1", "must have 2"),
        Case("certain decoder", () => DiscreteDecoder.LogProbability(3, new Gaussian(0, 0)), "decoded", "0"),
        Case("term of t = 1", () => VariationalBound.TransitionTerm(Ten.Posterior(1), 1, 1, 1), "posterior", "t = 1"),
        Case("unnamed", () => Prediction.Parse("noise"), "name", "epsilon", "noise"),
        Case("edm of no number", () => Prediction.Parse("edm(x)"), "name", "edm(x)"),
        Case("flow of nothing", () => ProbabilityFlow.LogLikelihood([], (x, _) => x, (_, _) => 0), "x0", "empty"),
        Case(
            "flow of NaN",
            () => ProbabilityFlow.LogLikelihood([1, 2], (_, _) => [0, double.NaN], (_, _) => 0),
            "velocity",
            "must give finite numbers"
        ),
        Case(
            "flow of NaN divergence",
            () => ProbabilityFlow.LogLikelihood([1], (x, _) => x, (_, _) => double.NaN),
            "divergence"
        ),
        Case(
            "flow of lengths",
            () => ProbabilityFlow.LogLikelihood([1], (_, _) => [1, 2], (_, _) => 0),
            "velocity",
            "2"
        ),
    ];

    private static readonly TestCaseData[] Null =
    [
        Case("alpha bars", () => Schedule.FromAlphaBars((IEnumerable<double>)null!), "alphaBars"),
        Case("grid", () => Ten.Respaced(null!), "grid"),
        Case("components", () => new DiagonalGaussian((IEnumerable<Gaussian>)null!), "components"),
        Case("other", () => Plane.KullbackLeibler(null!), "other"),
        Case("factor", () => Plane.Product(null!), "other"),
        Case("part", () => GaussianMixture.Of((1.0, (DiagonalGaussian)null!)), "parts[0].Part"),
        Case("prediction", () => One.Predict(null!, [0], High), "prediction"),
        Case("denoiser", () => One.Denoiser(null!), "prediction"),
        Case("state", () => One.Denoiser(Prediction.V)(null!, new Evaluation(High, 1)), "state"),
        Case("name", () => Prediction.Parse(null!), "name"),
        Case("weight's schedule", () => LossWeight.Vlb(null!), "schedule"),
        Case("mean square noise", () => ReverseVariance.Optimal(null!), "meanSquareNoise"),
        Case("transitions", () => new VariationalBound(1, 0, null!, 0), "transitions"),
        Case("bound's schedule", () => VariationalBound.PriorTerm(null!, 1, 1), "schedule"),
        Case("term's schedule", () => VariationalBound.EpsilonTerm(null!, 1, 1, 1), "schedule"),
        Case("error", () => VariationalBound.ContinuousTime(null!, 0, 1), "x0Error"),
        Case("mixture", () => ProbabilityFlow.LogLikelihood(null!, [0]), "mixture"),
        Case("a bound's schedule", () => BoundOf(null!, [1, 1], ReverseVariance.FixedSmall), "schedule"),
        Case("a bound's variance", () => BoundOf(Two, [1, 1], null!), "variance"),
        Case("velocity", () => ProbabilityFlow.LogLikelihood([0], null!, (_, _) => 0), "velocity"),
        Case("divergence", () => ProbabilityFlow.LogLikelihood([0], (x, _) => x, null!), "divergence"),
    ];

    private static readonly TestCaseData[] Impossible =
    [
        Case("score at pure noise", () => Prediction.Score.To(Prediction.X0, NoiseLevel.PureNoise), "score", "x0"),
        Case("score at clean data", () => Prediction.Score.To(Prediction.X0, NoiseLevel.Clean), "score", "σ"),
        Case("to the score at clean data", () => Prediction.V.To(Prediction.Score, NoiseLevel.Clean), "score", "σ"),
        Case("target of the score", () => Prediction.Score.Target(NoiseLevel.Clean), "score", "σ"),
        Case("weight of the score", () => LossWeight.Simple.For(Prediction.Score, NoiseLevel.Clean), "score"),
        Case("SNR of clean data", () => LossWeight.Snr.For(Prediction.X0, NoiseLevel.Clean), "SNR", "infinite"),
        Case(
            "ε at pure noise",
            () => LossWeight.TruncatedSnr.For(Prediction.Epsilon, NoiseLevel.PureNoise),
            "infinite"
        ),
        Case("P2 of clean data", () => LossWeight.P2(0.5).For(Prediction.X0, NoiseLevel.Clean), "P2", "infinite"),
        Case("learned without output", () => ReverseVariance.LearnedRange.Of(High, Low), "learned range", "output"),
        Case("learned log without output", () => ReverseVariance.Learned.LogOf(High, Low), "learned", "output"),
        Case("rescaling one step", () => Schedule.FromBetas([0.5]).WithZeroTerminalSnr(), "2 steps"),
        Case("cosine's drift at the end", () => ContinuousSchedule.Cosine().Drift(1), "cosine", "α = 0", "t = 1"),
        Case("flow's diffusion", () => ContinuousSchedule.RectifiedFlow().DiffusionSquared(1), "rectified", "α = 0"),
        Case(
            "a learned variance in a bound",
            () => BoundOf(Two, [1, 1], ReverseVariance.LearnedRange),
            "network's output"
        ),
        Case("whole times of a flow", () => ContinuousSchedule.RectifiedFlow().ToSchedule(5), "preserve variance"),
        Case("rescaling nothing", () => Schedule.FromBetas([0.3, 1e-40, 0.3]).WithZeroTerminalSnr(), "106 bits"),
        Case("whole times of EDM", () => ContinuousSchedule.Edm(1e-9).ToSchedule(5), "preserve variance"),
        Case("ε term", () => VariationalBound.EpsilonTerm(Ten.WithZeroTerminalSnr(), 10, 1, 1), "t = 10", "ᾱ = 0"),
        Case("spread", () => Apart().Variance, "variance", "range of double", "1e150"),
        Case("density of points", () => GaussianMixture.Of((1.0, new Gaussian(3, 0))).LogDensity([3]), "point mass"),
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

    [TestCaseSource(nameof(Impossible))]
    public void Not_determined(Func<object?> call, string first, string[] rest) =>
        ShouldBeImpossible(call, first, rest);

    private static object Errors(double second) =>
        VariationalBound.FromErrors(Ten, 1, 1, [1, second, 1, 1, 1, 1, 1, 1, 1, 1], ReverseVariance.FixedSmall, 0);

    private static object BoundOf(Schedule schedule, double[] errors, ReverseVariance variance) =>
        VariationalBound.FromErrors(schedule, 1, 1, errors, variance, 0);

    private static double[] Halves() =>
        GaussianMixture.Of((1.0, Plane)).Denoiser(Prediction.V)([1, 2, 3], new Evaluation(High, 1));

    private static GaussianMixture Apart() =>
        GaussianMixture.Of((0.5, new Gaussian(-1e160, 1)), (0.5, new Gaussian(1e160, 1)));
}
