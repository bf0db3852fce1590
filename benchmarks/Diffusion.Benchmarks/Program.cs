using BenchmarkDotNet.Running;
using Diffusion.Benchmarks;

switch (args)
{
    // Whole training and sampling steps, alone or beside a peer.
    case ["steps", .. var rest]:
        return StepsCommand.Create().Parse(rest).Invoke();
    case [BusyCore.Command]:
        BusyCore.Spin();
        return 0;
    default:
        BenchmarkSwitcher.FromAssembly(typeof(StepsCommand).Assembly).Run(args);
        return 0;
}
