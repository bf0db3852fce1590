using BenchmarkDotNet.Attributes;
using Diffusion.Math;

namespace Diffusion.Benchmarks;

/// <summary>Building schedules of a million steps in about 106 bits. Goal: under 100 ms.</summary>
[MemoryDiagnoser]
public class MillionStepBenchmarks
{
    private const int Steps = 1_000_000;

    private readonly Schedule linear = Schedule.Linear(1e-7, 2e-5, Steps);
    private double[] alphaBars = [];

    [GlobalSetup]
    public void SetUp() => alphaBars = [.. Enumerable.Range(1, Steps).Select(linear.AlphaBar)];

    [Benchmark]
    public Schedule Linear() => Schedule.Linear(1e-7, 2e-5, Steps);

    [Benchmark]
    public Schedule ScaledLinear() => Schedule.ScaledLinear(1e-7, 2e-5, Steps);

    [Benchmark]
    public Schedule Cosine() => Schedule.Cosine(Steps);

    [Benchmark]
    public Schedule Sigmoid() => Schedule.Sigmoid(Steps);

    [Benchmark]
    public Schedule SigmoidBeta() => Schedule.SigmoidBeta(1e-7, 2e-5, Steps);

    [Benchmark]
    public Schedule FromAlphaBars() => Schedule.FromAlphaBars(alphaBars);

    [Benchmark]
    public Schedule ZeroTerminalSnr() => linear.WithZeroTerminalSnr();

    [Benchmark]
    public Schedule VariancePreserving() => ContinuousSchedule.VariancePreserving().ToSchedule(Steps);

    [Benchmark]
    public Schedule ContinuousCosine() => ContinuousSchedule.Cosine(1.3).ToSchedule(Steps);
}
