using System.CommandLine;
using BenchmarkDotNet.Running;
using Diffusion.Benchmarks;

switch (args)
{
    // Whole training and sampling steps, alone or beside a peer.
    case ["steps", .. var rest]:
        try
        {
            return StepsCommand
                .Create()
                .Parse(rest)
                .Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        }
        catch (Exception refused) when (refused is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"benchmark: {refused.Message}");
            return 2;
        }
    case [BusyCore.Command]:
        BusyCore.Spin();
        return 0;
    default:
        BenchmarkSwitcher.FromAssembly(typeof(StepsCommand).Assembly).Run(args);
        return 0;
}
