using System.CommandLine;
using Spectre.Console;

namespace Diffusion.Cli;

/// <summary><c>diffusion doctor</c>: says what works on this machine, and how to mend what doesn't.</summary>
internal static class DoctorCommand
{
    internal static Command Create()
    {
        var data = Options.Data();
        var command = new Command(
            "doctor",
            """
            Check the engine, its speed, the data and the disk; say what is wrong and how to mend it.

            Example:
              diffusion doctor
            """
        )
        {
            data,
        };
        command.SetAction(parsed =>
        {
            var checks = Doctor.Examine(parsed.GetValue(data)!).ToList();
            Show(checks);
            return checks.All(check => check.Remedy is null) ? CommandLine.Success : CommandLine.Failure;
        });
        return command;
    }

    private static void Show(IReadOnlyList<DoctorCheck> checks)
    {
        if (Console.IsOutputRedirected)
        {
            foreach (var check in checks)
                Console.WriteLine(
                    $"{(check.Remedy is null ? "ok   " : "WRONG")}  {check.Name}: {check.Finding}{Mend(check)}"
                );
            return;
        }
        var table = new Table().Border(TableBorder.Rounded).AddColumns("", "what", "found");
        foreach (var check in checks)
            table.AddRow(
                check.Remedy is null ? "[green]ok[/]" : "[red]wrong[/]",
                Markup.Escape(check.Name),
                Markup.Escape(check.Finding + Mend(check))
            );
        AnsiConsole.Write(table);
    }

    private static string Mend(DoctorCheck check) => check.Remedy is null ? "" : $" To mend: {check.Remedy}";
}
