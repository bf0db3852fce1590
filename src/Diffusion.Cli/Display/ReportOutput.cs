using Spectre.Console;

namespace Diffusion.Cli;

/// <summary>
/// Where a report of several parts goes: a terminal, which gets colours and lines, or a file or pipe, which gets plain
/// columns of fixed order.
/// </summary>
internal abstract class ReportOutput
{
    /// <summary>The one that standard output asks for.</summary>
    internal static ReportOutput Standard =>
        Console.IsOutputRedirected ? new PlainReport(Console.Out) : new RichReport(AnsiConsole.Console);

    /// <summary>Whether rows of a tree show branches, or each its whole path.</summary>
    internal abstract bool DrawsTrees { get; }

    /// <summary>Begins a part.</summary>
    internal abstract void Heading(string text);

    /// <summary>Writes a sentence.</summary>
    internal abstract void Line(string text, Tone tone = Tone.Plain);

    /// <summary>Writes rows under headings.</summary>
    internal abstract void Table(ReportColumn[] columns, IEnumerable<string[]> rows);

    /// <summary>Text of a file, made fit for a terminal: a control character could command it.</summary>
    protected static string Clean(string text) =>
        text.Any(char.IsControl) ? new string([.. text.Select(c => char.IsControl(c) ? '\uFFFD' : c)]) : text;
}
