using BenchmarkDotNet.Running;
using Diffusion.Benchmarks;

// `steps` times whole training and sampling steps; anything else goes to BenchmarkDotNet.
if (args is ["steps", .. var rest])
{
    StepBenchmark.Run(rest);
    return;
}
BenchmarkSwitcher.FromAssembly(typeof(StepBenchmark).Assembly).Run(args);
