using System.Diagnostics;
using Diffusion.Cli;
using NUnit.Framework;

namespace Diffusion.Numerics.Cli;

/// <summary>Runs the built <c>diffusion</c> command, or a sample, as a process of its own, as a user does.</summary>
internal static class Cli
{
    /// <summary>No command of a test takes longer; a process is killed then.</summary>
    internal static readonly TimeSpan TimeLimit = TimeSpan.FromMinutes(5);

    internal sealed record Result(int Code, string Output, string Error);

    internal static Process Start(params string[] arguments) => Start(arguments, []);

    internal static Process Start(string[] arguments, params (string Name, string Value)[] environment) =>
        StartProgram("diffusion.dll", arguments, environment);

    /// <summary>The same where Ctrl-C and SIGHUP are sure to reach it: what a shell starts in the background ignores the one,
    /// what nohup starts the other, and so does all that is started from there.</summary>
    internal static Process StartInterruptible(params string[] arguments) =>
        Launch(["env", "--default-signal=INT,HUP", "dotnet", Assembly("diffusion.dll"), .. arguments]);

    internal static Result Run(params string[] arguments) => Run(arguments, []);

    internal static Result Run(string[] arguments, params (string Name, string Value)[] environment) =>
        End(Start(arguments, environment));

    /// <summary>Runs another program that is built beside the tests.</summary>
    internal static Result RunProgram(string assembly, params string[] arguments) =>
        End(StartProgram(assembly, arguments));

    /// <summary>Runs the command within this process, which is quicker than starting one.</summary>
    internal static Result RunHere(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var before = (Console.Out, Console.Error);
        Console.SetOut(output);
        Console.SetError(error);
        try
        {
            return new Result(CommandLine.Run(arguments), output.ToString(), error.ToString());
        }
        finally
        {
            Console.SetOut(before.Out);
            Console.SetError(before.Error);
        }
    }

    private static Result End(Process started)
    {
        using var process = started;
        using var limit = new Timer(_ => process.Kill(), null, TimeLimit, Timeout.InfiniteTimeSpan);
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new Result(process.ExitCode, output, error.Result);
    }

    private static Process StartProgram(
        string assembly,
        string[] arguments,
        params (string Name, string Value)[] environment
    ) => Launch(["dotnet", Assembly(assembly), .. arguments], environment);

    private static string Assembly(string name) => Path.Combine(TestContext.CurrentContext.TestDirectory, name);

    private static Process Launch(string[] command, params (string Name, string Value)[] environment)
    {
        var info = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
            info.Environment[name] = value;
        return Process.Start(info)!;
    }
}
