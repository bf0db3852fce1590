using System.CommandLine;
using System.CommandLine.Help;

namespace Diffusion.Cli;

/// <summary>The whole command line: parses, runs, and turns what went wrong into one line and an exit code.</summary>
internal static class CommandLine
{
    /// <summary>Everything went well.</summary>
    internal const int Success = 0;

    /// <summary>Something was found wanting, such as a check of <c>doctor</c>; or a bug.</summary>
    internal const int Failure = 1;

    /// <summary>What was asked for can't be done: bad arguments, bad files, no room.</summary>
    internal const int BadInput = 2;

    /// <summary>The user stopped it (128 + SIGINT).</summary>
    internal const int Interrupted = 130;

    /// <summary>What the user typed to get here, as messages repeat it; the launcher passes its own name.</summary>
    internal static string Name =>
        Environment.GetEnvironmentVariable("DIFFUSION_COMMAND") is { Length: > 0 } name ? Quoted(name) : "diffusion";

    /// <summary>An argument as a shell takes it.</summary>
    internal static string Quoted(string argument) => argument.Contains(' ') ? $"'{argument}'" : argument;

    internal static int Run(string[] arguments)
    {
        try
        {
            var root = Root();
            var parsed = root.Parse(arguments);
            if (parsed.Errors.Count > 0 && parsed.Action is not HelpAction)
            {
                var command = parsed.CommandResult.Command;
                var name = command == root ? "diffusion" : $"diffusion {command.Name}";
                // A word that isn't known says more than what is missing because of it.
                var error =
                    parsed.Errors.FirstOrDefault(e => parsed.UnmatchedTokens.Any(e.Message.Contains))
                    ?? parsed.Errors[0];
                return Refuse($"{error.Message} (see '{name} --help')");
            }
            // Ctrl-C is ours (Interrupt): work in progress is saved, not torn down after a time limit.
            var configuration = new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            };
            return parsed.Invoke(configuration);
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine("diffusion: stopped.");
            return Interrupted;
        }
        catch (Exception refused) when (IsBadInput(refused))
        {
            return Refuse(refused.Message);
        }
        catch (Exception failed) when (EngineFailure.Describe(failed) is { } message)
        {
            return Refuse(message);
        }
        catch (Exception bug)
        {
            Console.Error.WriteLine($"diffusion: an error in the program itself: {OneLine(bug.Message)}");
            if (Environment.GetEnvironmentVariable("DIFFUSION_DEBUG") is { Length: > 0 })
                Console.Error.WriteLine(bug);
            return Failure;
        }
    }

    private static RootCommand Root() =>
        new(
            """
            Denoising diffusion for .NET: train, sample, and draw pictures.

            Examples:
              diffusion demo                                 train on Fashion-MNIST and draw pictures, in minutes
              diffusion train --data images.idx.gz --out runs/mine
              diffusion sample runs/mine --sampler ddim --steps 25 --out samples.png
              diffusion doctor                               what works on this machine, and how to mend what doesn't
            """
        )
        {
            DemoCommand.Create(),
            TrainCommand.Create(),
            SampleCommand.Create(),
            EvaluateCommand.Create(),
            ReportCommand.Create(),
            InspectCommand.Create(),
            ConvertCommand.Create(),
            VerifyCommand.Create(),
            PlotCommand.Create(),
            DoctorCommand.Create(),
        };

    private static int Refuse(string message)
    {
        Console.Error.WriteLine($"diffusion: {OneLine(message)}");
        return BadInput;
    }

    private static bool IsBadInput(Exception e) =>
        e
            is ArgumentException
                or InvalidDataException
                or IOException
                or UnauthorizedAccessException
                or NotFiniteNumberException
                or PlatformNotSupportedException;

    // Framework messages of argument exceptions end with the parameter's name, on lines of their own. Ours name it before.
    internal static string OneLine(string message)
    {
        const string mark = " (Parameter '";
        var end = message.IndexOf(mark, StringComparison.Ordinal);
        if (end > 0)
        {
            var name = message[(end + mark.Length)..].Split('\'')[0];
            message = message.StartsWith("The value", StringComparison.Ordinal)
                ? $"{name}: {message[..end]}"
                : message[..end];
        }
        return string.Join(
            ' ',
            message.Split(['\n', '\r'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        );
    }
}
