using Diffusion.Math;
using FsCheck;
using FsCheck.Fluent;

namespace Diffusion.Properties.Support;

/// <summary>Random ratios σ/α, from noise to data, to make a grid of on any family of levels.</summary>
public sealed record LevelGridCase(double[] Ratios, bool ToClean)
{
    private static readonly Schedule Linear = Schedule.Linear(1e-4, 0.02, 1000);

    /// <summary>One curve of each family.</summary>
    public static IReadOnlyList<NoiseCurve> Curves { get; } =
    [
        NoiseCurve.Of(Linear),
        NoiseCurve.VarianceExploding,
        NoiseCurve.RectifiedFlow,
        NoiseCurve.Of(ContinuousSchedule.VariancePreserving()),
        NoiseCurve.Of(ContinuousSchedule.VarianceExploding(1e-5, 1e3)),
        NoiseCurve.Of(ContinuousSchedule.Edm(1e3)),
        NoiseCurve.Of(ContinuousSchedule.Cosine(-1)),
        NoiseCurve.Of(ContinuousSchedule.RectifiedFlow(3)),
    ];

    public LevelGrid On(NoiseCurve curve)
    {
        LevelGrid grid = LevelGrid.Explicit(curve, Ratios);
        return ToClean ? grid : grid.EndingAt(grid.Points[^2].Level);
    }

    public override string ToString() => $"[{string.Join(", ", Ratios)}]{(ToClean ? " to clean data" : "")}";
}

/// <summary>Makes <see cref="LevelGridCase"/>s.</summary>
public static class LevelGridGenerators
{
    public static Arbitrary<LevelGridCase> LevelGrids() =>
        Arb.From(
            from count in Gen.Choose(5, 10)
            from first in Gen.Choose(500, 5000)
            from factors in Gen.Choose(1100, 2500).ArrayOf(count)
            from clean in Gen.Elements(true, false)
            select new LevelGridCase(
                [
                    .. Enumerable
                        .Range(0, count)
                        .Select(i => first / 100.0 / factors.Take(i).Aggregate(1.0, (a, b) => a * b / 1000)),
                ],
                clean
            )
        );
}

/// <summary>A property over <see cref="LevelGridGenerators"/> and the other generators.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ForAllGridsAttribute : FsCheck.NUnit.PropertyAttribute
{
    public ForAllGridsAttribute()
    {
        Arbitrary = [typeof(Generators), typeof(LevelGridGenerators)];
        MaxTest = 50;
        QuietOnSuccess = true;
    }
}
