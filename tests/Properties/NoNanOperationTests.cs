using System.Globalization;
using Diffusion.Math;
using Diffusion.Properties.Support;
using FluentAssertions;
using NUnit.Framework;
using static Diffusion.Properties.Support.NoNan;

namespace Diffusion.Properties;

/// <summary>
/// As <see cref="NoNanTests"/>, for what is made and run: distributions and kernels of any size, schedules of extreme
/// parameters, grids, rules and whole plans.
/// </summary>
public sealed class NoNanOperationTests
{
    private static readonly double[] Sizes = [0, double.Epsilon, 1e-300, 1e-160, 1e-9, 1, 1e9, 1e160, 1e300, 1.7e308];

    private static readonly double[] Numbers =
    [
        .. Sizes.SelectMany(x => new[] { x, -x }),
        double.NaN,
        double.PositiveInfinity,
        double.NegativeInfinity,
    ];

    private static readonly double[] Shares =
    [
        double.Epsilon,
        1e-300,
        1e-40,
        1e-17,
        1e-9,
        0.5,
        1 - 1e-9,
        1 - (1.0 / (1L << 53)),
        1,
    ];

    private static readonly Schedule Hundred = Schedule.Linear(1e-4, 0.02, 100);

    private static readonly X0Rule[] Rules =
    [
        X0Rule.None,
        X0Rule.Clip(),
        X0Rule.Clip(1e300),
        X0Rule.DynamicThreshold(1, 2),
        X0Rule.DynamicThreshold(0.3, double.MaxValue),
    ];

    private static IEnumerable<Gaussian> Gaussians =>
        from mean in Sizes.SelectMany(x => new[] { x, -x })
        from variance in Sizes
        select new Gaussian(mean, variance);

    private static IEnumerable<NoiseLevel> Levels =>
        from alpha in Sizes
        from sigma in Sizes
        where alpha > 0 || sigma > 0
        select NoiseLevel.FromAlphaSigma(alpha, sigma);

    [Test]
    public void Not_from_gaussians()
    {
        foreach (Gaussian one in Gaussians)
        {
            Try(() => [one.Entropy, one.StandardDeviation, one.LogVariance.Value], one);
            foreach (double x in Numbers)
            {
                Try(() => [one.LogDensity(x)], (one, x));
            }

            foreach (Gaussian other in Gaussians)
            {
                Try(() => [one.KullbackLeibler(other)], (one, other));
                Try(() => [one.Product(other).Mean, one.Product(other).Variance], (one, other));
            }
        }
    }

    [Test]
    public void Not_from_kernels()
    {
        Gaussian[] priors = [.. Gaussians.Where((_, i) => i % 7 == 0)];
        foreach (double scale in Numbers.Where(double.IsFinite))
        {
            foreach (double variance in Sizes)
            {
                LinearGaussian kernel = new(scale, variance);
                foreach (double x in Numbers)
                {
                    Try(() => [kernel.At(x).Mean], (kernel, x));
                    foreach (Gaussian prior in priors)
                    {
                        Try(() => [kernel.Given(prior, x).Mean, kernel.Given(prior, x).Variance], (kernel, prior, x));
                    }
                }

                foreach (Gaussian prior in priors)
                {
                    LinearGaussian next = new(prior.Mean, prior.Variance);
                    Try(() => [kernel.Apply(prior).Mean, kernel.Apply(prior).Variance], (kernel, prior));
                    Try(() => [kernel.Then(next).Scale, kernel.Then(next).Variance], (kernel, next));
                }
            }
        }
    }

    [Test]
    public void Not_from_mixtures_whose_parts_are_far_apart()
    {
        foreach (double distance in Sizes)
        {
            foreach (double variance in Sizes)
            {
                GaussianMixture mixture = GaussianMixture.Of(
                    (0.5, new Gaussian(-distance, variance)),
                    (0.5, new Gaussian(distance, 1))
                );
                Try(() => [mixture.Mean[0], mixture.Variance[0]], (distance, variance));
                foreach (NoiseLevel level in Levels)
                {
                    foreach (double x in new[] { distance, -distance, level.Alpha * distance, 0, double.NaN })
                    {
                        object at = (distance, variance, level, x);
                        Try(() => [mixture.LogDensity([x], level)], at);
                        Try(() => mixture.Responsibilities([x], level), at);
                        Try(() => mixture.Score([x], level), at);
                        Try(() => [mixture.ScoreDivergence([x], level)], at);
                        Try(() => [mixture.VelocityDivergence([x], level)], at);
                        Try(() => mixture.PosteriorMean([x], level), at);
                        Try(() => mixture.PosteriorVariance([x], level), at);
                        Try(() => [mixture.Posterior([x], level).Mean[0]], at);
                    }
                }
            }
        }
    }

    [Test]
    public void Not_from_rules_and_sums_of_two_numbers()
    {
        foreach (double x in Numbers)
        {
            foreach (double y in Numbers)
            {
                foreach (X0Rule rule in Rules)
                {
                    Try(
                        () =>
                        {
                            double[] sample = [x, y, 1];
                            rule.Apply(sample);
                            return sample;
                        },
                        (rule, x, y)
                    );
                }

                foreach (NoiseLevel level in Levels.Where((_, i) => i % 5 == 0))
                {
                    object at = (level, x, y);
                    Try(() => [level.Mix(x, y)], at);
                    Try(() => [Posterior.Between(level, NoiseLevel.Clean).Mean(x, y)], at);
                    Try(() => [Prediction.V.To(Prediction.X0, level).Apply(x, y)], at);
                    Try(() => [Prediction.FlowVelocity.Target(level).Apply(x, y)], at);
                }

                Posterior posterior = Hundred.Posterior(50);
                Try(() => [posterior.Mean(x, y)], (x, y));
                Try(() => [posterior.MeanFromEpsilon(x, y)], (x, y));
                Try(() => [posterior.At(x, y).Mean], (x, y));
            }
        }
    }

    [Test]
    public void Not_from_the_slope_of_the_decoder()
    {
        foreach (double mean in Numbers.Where(double.IsFinite))
        {
            foreach (double variance in Sizes)
            {
                for (int pixel = 0; pixel < 256; pixel += 17)
                {
                    Gaussian decoded = new(mean, variance);
                    Try(() => [DiscreteDecoder.LogProbabilitySlope((byte)pixel, decoded)], (pixel, decoded));
                    if (variance > 0)
                    {
                        DiscreteDecoder.LogProbability((byte)pixel, decoded).Should().BeLessThanOrEqualTo(0);
                    }
                }
            }
        }
    }

    [Test]
    public void Not_from_preconditioning()
    {
        foreach (NoiseLevel level in Levels)
        {
            foreach (double sigmaData in Sizes)
            {
                Try(
                    () =>
                    {
                        EdmPreconditioning around = new(level, sigmaData);
                        return [around.Skip, around.Out, around.In, around.Noise];
                    },
                    (level, sigmaData)
                );
                foreach (Prediction prediction in new[] { Prediction.V, Prediction.X0, Prediction.Epsilon })
                {
                    Try(() => [LossWeight.Edm(sigmaData).For(prediction, level)], (level, sigmaData));
                    Try(() => [LossWeight.Edm(sigmaData).For(Prediction.Edm(sigmaData), level)], (level, sigmaData));
                }
            }
        }
    }

    [Test]
    public void Not_from_schedules_of_extreme_parameters()
    {
        foreach (Func<Schedule> make in ExtremeSchedules())
        {
            Try(() => Figures(make()), make);
            Try(() => Figures(make().WithZeroTerminalSnr()), make);
            Try(() => Figures(make().Respaced(TimeGrid.Explicit(3, 1, 0))), make);
        }
    }

    [Test]
    public void Not_from_grids_and_curves_and_whole_runs()
    {
        List<NoiseCurve> curves =
        [
            NoiseCurve.VarianceExploding,
            NoiseCurve.RectifiedFlow,
            NoiseCurve.Of(Hundred),
            NoiseCurve.Of(Schedule.Cosine(10, maxBeta: 1)),
            .. NoNanTests.ExtremeSchedules().Select(NoiseCurve.Of),
        ];
        (string, Func<LevelGrid, SamplingPlan>)[] samplers =
        [
            .. SamplerCatalogue.On(NoiseCurve.RectifiedFlow).Where((_, i) => i % 6 == 0 || i < 20),
        ];
        foreach (NoiseCurve curve in curves)
        {
            foreach (double ratio in Numbers)
            {
                Try(() => [curve.At(ratio).Alpha, curve.At(ratio).Sigma, curve.TimeOf(ratio)], (curve, ratio));
                Try(() => [curve.AtTime(ratio).Level.Alpha, curve.AtTime(ratio).Level.Sigma], (curve, ratio));
            }

            foreach (double smallest in Sizes)
            {
                foreach (double largest in Sizes.Where(x => x >= smallest))
                {
                    foreach (Func<LevelGrid> make in Grids(curve, smallest, largest))
                    {
                        Try(() => [.. make().Points.SelectMany(Figures)], (curve, smallest, largest));
                        foreach ((string name, Func<LevelGrid, SamplingPlan> sampler) in samplers)
                        {
                            Try(() => Run(sampler(make()), 1), (name, curve, smallest, largest));
                        }
                    }
                }
            }
        }
    }

    [Test]
    public void Not_from_runs_that_start_or_answer_beyond_double()
    {
        LevelGrid grid = LevelGrid.Karras(NoiseCurve.Of(Hundred), 4, 0.1, 1);
        foreach ((string name, Func<LevelGrid, SamplingPlan> make) in SamplerCatalogue.All)
        {
            SamplingPlan plan = make(grid);
            foreach (X0Rule rule in Rules)
            {
                SamplingPlan ruled = new(plan.Name, plan.Quantity, rule, plan.Steps, plan.KeepsMarginals);
                foreach (double start in Numbers)
                {
                    Try(() => Run(ruled, start), (name, start));
                    foreach (double answer in new[] { 1.7e308, -1.7e308, double.NaN })
                    {
                        Try(
                            () =>

                                [
                                    .. ruled
                                        .Trajectory(
                                            [start],
                                            Prediction.Epsilon,
                                            (_, _) => ruled.LearnsVariance ? [answer, 1.7e308] : [answer],
                                            _ => [1]
                                        )
                                        .SelectMany(state => state),
                                ],
                            (name, start, answer)
                        );
                    }
                }
            }
        }
    }

    private static double[] Run(SamplingPlan plan, double start) =>
        plan.Run([start], Prediction.V, (x, _) => plan.LearnsVariance ? [x[0] / 2, 0.1] : [x[0] / 2], _ => [1]);

    private static IEnumerable<double> Figures(Evaluation at) =>
        [at.Level.Alpha, at.Level.Sigma, at.Time, at.Level.LogSnr, at.Level.AlphaBar];

    private static double[] Figures(Schedule schedule)
    {
        List<double> numbers = [];
        for (int t = 1; t <= schedule.Steps; t++)
        {
            Posterior posterior = schedule.Posterior(t);
            numbers.AddRange([schedule.Beta(t), schedule.Alpha(t), schedule.AlphaBar(t), schedule.Snr(t)]);
            numbers.AddRange([posterior.X0Coefficient, posterior.XtCoefficient, posterior.Variance]);
            numbers.AddRange(Figures(new Evaluation(schedule[t], t)));
            numbers.AddRange([schedule.Kernel(0, t).Scale, schedule.Kernel(0, t).Variance]);
            foreach (Prediction prediction in new[] { Prediction.Epsilon, Prediction.V, Prediction.X0 })
            {
                foreach (ReverseVariance variance in new[] { ReverseVariance.FixedSmall, ReverseVariance.FixedLarge })
                {
                    Try(() => [LossWeight.Vlb(schedule, variance).For(prediction, schedule[t])], (schedule, t));
                }
            }
        }

        return [.. numbers];
    }

    private static IEnumerable<Func<Schedule>> ExtremeSchedules() =>
        [
            .. from start in Shares
            from end in Shares
            from make in new Func<Schedule>[]
            {
                () => Schedule.Linear(start, end, 5),
                () => Schedule.ScaledLinear(start, end, 5),
                () => Schedule.SigmoidBeta(start, end, 5),
                () => Schedule.FromBetas([start, end]),
                () => Schedule.FromBetas([end, start, 0.5]),
                () => Schedule.FromAlphaBars([end, start]),
            }
            select make,
            .. from offset in Numbers
            from cap in Shares
            select (Func<Schedule>)(() => Schedule.Cosine(10, offset, cap)),
            .. from start in Numbers
            from tau in Sizes
            from width in Sizes
            select (Func<Schedule>)(() => Schedule.Sigmoid(10, start * tau, (start + width) * tau, tau, 1)),
            .. from start in new[] { -350.0, -20, 0, 300 }
            from end in new[] { -300.0, -1, 1, 350 }
            select (Func<Schedule>)(() => Schedule.Sigmoid(10, start, end)),
            .. from schedule in NoNanTests.ExtremeSchedules()
            from steps in new[] { 1, 3, 100 }
            select (Func<Schedule>)(() => schedule.ToSchedule(steps)),
        ];

    private static IEnumerable<Func<LevelGrid>> Grids(NoiseCurve curve, double smallest, double largest) =>
        [
            () => LevelGrid.UniformLogSnr(curve, 5, smallest, largest),
            () => LevelGrid.Explicit(curve, largest, smallest),
            () => LevelGrid.AtTimes(curve, largest, smallest),
            .. new[] { 1e-300, 1e-3, 7, 1e3, 1e300 }.Select(rho =>
                (Func<LevelGrid>)(() => LevelGrid.Karras(curve, 5, smallest, largest, rho))
            ),
        ];
}
