using Diffusion.Math;
using FsCheck;
using FsCheck.Fluent;

namespace Diffusion.Properties.Support;

/// <summary>Everything random that the properties run on; a failing one prints the seed that replays it.</summary>
public static class Generators
{
    private static readonly Gen<double> Unit = Gen.Choose(0, 1_000_000_000).Select(i => i / 1e9);

    public static Arbitrary<Real> Reals() => Arb.From(Uniform(-4, 4).Select(value => new Real(value)));

    public static Arbitrary<Spread> Spreads() => Arb.From(LogUniform(1e-4, 100).Select(value => new Spread(value)));

    public static Arbitrary<Gaussian> Gaussians() =>
        Arb.From(
            from mean in Uniform(-4, 4)
            from variance in LogUniform(1e-4, 100)
            select new Gaussian(mean, variance)
        );

    public static Arbitrary<LinearGaussian> Kernels() =>
        Arb.From(
            from scale in Uniform(-3, 3)
            from variance in LogUniform(1e-4, 100)
            select new LinearGaussian(scale, variance)
        );

    /// <summary>Levels of every family with 0 &lt; α and 0 &lt; σ.</summary>
    public static Arbitrary<NoiseLevel> Levels() => Arb.From(Gen.OneOf(Preserving, Exploding, Flow, Free));

    public static Arbitrary<Schedule> Schedules() => Arb.From(AnySchedule);

    public static Arbitrary<ScheduleTime> Times() =>
        Arb.From(
            from schedule in AnySchedule
            from t in Gen.Choose(1, schedule.Steps)
            select new ScheduleTime(schedule, t)
        );

    public static Arbitrary<ScheduleSpan> Spans() =>
        Arb.From(
            from schedule in AnySchedule
            from t in Gen.Choose(1, schedule.Steps)
            from s in Gen.Choose(0, t - 1)
            select new ScheduleSpan(schedule, s, t)
        );

    public static Arbitrary<GridCase> Grids() =>
        Arb.From(
            from schedule in AnySchedule
            from steps in Gen.Choose(1, schedule.Steps)
            from grid in Gen.OneOf(
                Gen.Constant(TimeGrid.Trailing(schedule, steps)),
                Gen.Choose(1, schedule.Steps)
                    .ArrayOf(steps)
                    .Select(times => TimeGrid.Explicit([.. times.Distinct().OrderDescending(), 0]))
            )
            from eta in Uniform(0, 1)
            select new GridCase(schedule, grid, eta)
        );

    public static Arbitrary<LevelPair> Pairs() =>
        Arb.From(
            from family in Gen.Elements(Preserving, Exploding, Flow)
            from one in family
            from other in family.Where(level => level.Snr != one.Snr)
            select one.Snr < other.Snr ? new LevelPair(one, other) : new LevelPair(other, one)
        );

    public static Arbitrary<Prediction> Predictions() =>
        Arb.From(
            Gen.OneOf(
                Gen.Elements(
                    Prediction.Epsilon,
                    Prediction.X0,
                    Prediction.V,
                    Prediction.Score,
                    Prediction.FlowVelocity
                ),
                LogUniform(0.1, 10).Select(Prediction.Edm)
            )
        );

    public static Arbitrary<MixtureCase> Mixtures() =>
        Arb.From(
            from dimension in Gen.Choose(1, 3)
            from parts in (
                from weight in Uniform(0.1, 1)
                from components in (
                    from mean in Uniform(-2, 2)
                    from deviation in Uniform(0.3, 1.5)
                    select new Gaussian(mean, deviation * deviation)
                ).ArrayOf(dimension)
                select (weight, new DiagonalGaussian(components))
            ).NonEmptyListOf()
            from x in Uniform(-2, 2).ArrayOf(dimension)
            let few = parts.Take(4).ToArray()
            let sum = few.Sum(part => part.weight)
            select new MixtureCase(GaussianMixture.Of(few.Select(part => (part.weight / sum, part.Item2))), x)
        );

    public static Arbitrary<DiagonalPair> DiagonalPairs() =>
        Arb.From(
            from dimension in Gen.Choose(1, 4)
            from one in Gaussians().Generator.ArrayOf(dimension)
            from other in Gaussians().Generator.ArrayOf(dimension)
            from x in Uniform(-4, 4).ArrayOf(dimension)
            select new DiagonalPair(new DiagonalGaussian(one), new DiagonalGaussian(other), x)
        );

    public static Arbitrary<ContinuousSchedule> ContinuousSchedules() => Arb.From(AnyContinuous);

    public static Arbitrary<ContinuousTime> ContinuousTimes() =>
        Arb.From(
            from schedule in AnyContinuous
            from share in Uniform(0.02, 0.98)
            select new ContinuousTime(schedule, share * schedule.End)
        );

    public static Arbitrary<DerivedSchedule> DerivedSchedules() =>
        Arb.From(
            Gen.OneOf(
                    AnySchedule
                        .Where(schedule => schedule.Steps > 1)
                        .Select(schedule => schedule.WithZeroTerminalSnr()),
                    Grids().Generator.Select(@case => @case.Schedule.Respaced(@case.Grid)),
                    LogUniform(1e-3, 5)
                        .NonEmptyListOf()
                        .Select(steps =>
                        {
                            double sum = 0;
                            return Schedule.FromAlphaBars(steps.Select(step => double.Exp(-(sum += step))));
                        })
                )
                .Select(schedule => new DerivedSchedule(schedule))
        );

    private static Gen<NoiseLevel> Preserving => Uniform(-20, 20).Select(NoiseLevel.FromLogSnr);

    private static Gen<NoiseLevel> Exploding =>
        LogUniform(1e-3, 1e3).Select(sigma => NoiseLevel.FromAlphaSigma(1, sigma));

    private static Gen<NoiseLevel> Flow => Uniform(0.001, 0.999).Select(t => NoiseLevel.FromAlphaSigma(1 - t, t));

    private static Gen<NoiseLevel> Free =>
        from alpha in LogUniform(1e-3, 1e3)
        from sigma in LogUniform(1e-3, 1e3)
        select NoiseLevel.FromAlphaSigma(alpha, sigma);

    private static Gen<Schedule> AnySchedule =>
        Gen.OneOf(
            from start in LogUniform(1e-6, 0.1)
            from end in LogUniform(1e-6, 0.5)
            from steps in Gen.Choose(1, 200)
            select Schedule.Linear(start, end, steps),
            from start in LogUniform(1e-6, 0.1)
            from end in LogUniform(1e-6, 0.5)
            from steps in Gen.Choose(1, 200)
            select Schedule.ScaledLinear(start, end, steps),
            from steps in Gen.Choose(1, 200)
            from offset in Uniform(0, 0.1)
            from cap in Uniform(0.9, 0.9999)
            select Schedule.Cosine(steps, offset, cap),
            from start in LogUniform(1e-6, 0.1)
            from end in LogUniform(1e-6, 0.5)
            from steps in Gen.Choose(1, 200)
            select Schedule.SigmoidBeta(start, end, steps),
            from steps in Gen.Choose(1, 200)
            from start in Uniform(-6, 1)
            from end in Uniform(1.1, 6)
            from tau in Uniform(0.1, 2)
            from cap in Uniform(0.9, 0.9999)
            select Schedule.Sigmoid(steps, start, end, tau, cap),
            from betas in LogUniform(1e-12, 0.999).NonEmptyListOf()
            from last in Gen.Elements(1, 0.5, 1e-9)
            select Schedule.FromBetas([.. betas, last])
        );

    private static Gen<ContinuousSchedule> AnyContinuous =>
        Gen.OneOf(
            from low in LogUniform(0.01, 1)
            from ratio in Uniform(1, 100)
            select ContinuousSchedule.VariancePreserving(low, low * ratio),
            from low in LogUniform(1e-3, 1)
            from ratio in Uniform(1.5, 1000)
            select ContinuousSchedule.VarianceExploding(low, low * ratio),
            LogUniform(0.1, 100).Select(ContinuousSchedule.Edm),
            Uniform(-5, 5).Select(ContinuousSchedule.Cosine),
            LogUniform(0.2, 5).Select(ContinuousSchedule.RectifiedFlow)
        );

    private static Gen<double> Uniform(double low, double high) => Unit.Select(u => low + (u * (high - low)));

    private static Gen<double> LogUniform(double low, double high) =>
        Uniform(double.Log(low), double.Log(high)).Select(double.Exp);
}

/// <summary>A number of the size of data.</summary>
public sealed record Real(double Value);

/// <summary>A positive variance.</summary>
public sealed record Spread(double Value);

/// <summary>A schedule and one of its noisy times.</summary>
public sealed record ScheduleTime(Schedule Schedule, int T);

/// <summary>A schedule and two of its times, S before T.</summary>
public sealed record ScheduleSpan(Schedule Schedule, int S, int T);

/// <summary>A schedule, a grid on it and an η.</summary>
public sealed record GridCase(Schedule Schedule, TimeGrid Grid, double Eta);

/// <summary>Two levels of one family, the noisier one first.</summary>
public sealed record LevelPair(NoiseLevel From, NoiseLevel To);

/// <summary>A mixture and a point near it.</summary>
public sealed record MixtureCase(GaussianMixture Mixture, double[] X);

/// <summary>Two distributions and a point of one dimension.</summary>
public sealed record DiagonalPair(DiagonalGaussian One, DiagonalGaussian Other, double[] X);

/// <summary>A schedule in continuous time and a time inside of it.</summary>
public sealed record ContinuousTime(ContinuousSchedule Schedule, double T);

/// <summary>A schedule made from ᾱ or from another schedule, not from β.</summary>
public sealed record DerivedSchedule(Schedule Schedule);
