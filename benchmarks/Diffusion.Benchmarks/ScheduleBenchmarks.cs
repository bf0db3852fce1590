using BenchmarkDotNet.Attributes;
using Diffusion.Math;

namespace Diffusion.Benchmarks;

/// <summary>
/// Building schedules and looking posteriors up. Goals: a 1000-step schedule under 50 µs, every look-up under
/// 10 ns without allocation.
/// </summary>
[MemoryDiagnoser]
public class ScheduleBenchmarks
{
    private const int Steps = 1000;
    private readonly Schedule schedule = Schedule.Linear(1e-4, 0.02, Steps);
    private int time;

    [Benchmark]
    public Schedule Linear() => Schedule.Linear(1e-4, 0.02, Steps);

    [Benchmark]
    public Schedule Cosine() => Schedule.Cosine(Steps);

    [Benchmark]
    public Schedule Sigmoid() => Schedule.Sigmoid(Steps);

    [Benchmark]
    public Posterior Posterior() => schedule.Posterior(NextTime());

    [Benchmark]
    public LinearGaussian Kernel() => schedule.Kernel(NextTime());

    [Benchmark]
    public LinearGaussian Marginal() => schedule.Marginal(NextTime());

    [Benchmark]
    public double Beta() => schedule.Beta(NextTime());

    [Benchmark]
    public double AlphaBar() => schedule.AlphaBar(NextTime());

    [Benchmark]
    public double Snr() => schedule.Snr(NextTime());

    [Benchmark]
    public double SnrOfLevel() => schedule[NextTime()].Snr;

    [Benchmark]
    public NoiseLevel Level() => schedule[NextTime()];

    [Benchmark]
    public SamplingPlan DdimPlanOf50Steps() => Samplers.Ddim(schedule, TimeGrid.Trailing(schedule, 50));

    // A different time each call, so that nothing is hoisted out of the measured loop.
    private int NextTime() => time = time == Steps ? 1 : time + 1;
}
