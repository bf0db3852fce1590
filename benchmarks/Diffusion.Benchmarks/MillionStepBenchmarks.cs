using BenchmarkDotNet.Attributes;
using Diffusion.Math;

namespace Diffusion.Benchmarks;

/// <summary>Building schedules of a million steps in about 106 bits. Goal: under 100 ms.</summary>
[MemoryDiagnoser]
public class MillionStepBenchmarks
{
    private const int Steps = 1_000_000;

    [Benchmark]
    public Schedule Linear() => Schedule.Linear(1e-7, 2e-5, Steps);

    [Benchmark]
    public Schedule Cosine() => Schedule.Cosine(Steps);
}
