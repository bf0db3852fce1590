using System.Diagnostics;

namespace Diffusion.Benchmarks;

/// <summary>This program, to be started again.</summary>
internal static class OwnProgram
{
    internal static ProcessStartInfo Start(params string[] arguments)
    {
        var host = Environment.ProcessPath!;
        var info = new ProcessStartInfo(host);
        // `dotnet Diffusion.Benchmarks.dll`, or the program's own launcher.
        if (Path.GetFileNameWithoutExtension(host) == "dotnet")
            info.ArgumentList.Add(typeof(OwnProgram).Assembly.Location);
        foreach (var argument in arguments)
            info.ArgumentList.Add(argument);
        return info;
    }
}
