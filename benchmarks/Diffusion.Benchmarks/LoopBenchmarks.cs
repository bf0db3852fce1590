using BenchmarkDotNet.Attributes;
using Diffusion.Math;

namespace Diffusion.Benchmarks;

/// <summary>
/// Running a plan of 50 steps on <c>double</c>s with a network that costs next to nothing, so that the loop itself is
/// measured; and, to compare, the least that any loop must do, one number at a time: no conversions, no protective
/// copies, no history.
/// </summary>
[MemoryDiagnoser]
public class LoopBenchmarks
{
    private static readonly SamplingPlan Plan = Samplers.DpmSolverMultistep(
        LevelGrid.Of(Schedule.Cosine(1000), TimeGrid.Trailing(1000, 50))
    );

    private double[] start = [];
    private double[] answer = [];

    [Params(1_000, 100_000)]
    public int Numbers { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        start = [.. Enumerable.Range(0, Numbers).Select(i => double.Sin(i))];
        answer = [.. start.Select(x => x / 2)];
    }

    [Benchmark]
    public double[] Run() => Plan.Run(start, Prediction.X0, (_, _) => answer, _ => []);

    [Benchmark(Baseline = true)]
    public double[] OneByOne()
    {
        var state = (double[])start.Clone();
        foreach (var step in Plan.Steps)
        {
            var next = new double[state.Length];
            for (var i = 0; i < next.Length; i++)
            {
                next[i] = step.States[0] * state[i];
                foreach (var factor in step.Outputs)
                    next[i] += factor * answer[i];
            }
            state = next;
        }
        return state;
    }
}
