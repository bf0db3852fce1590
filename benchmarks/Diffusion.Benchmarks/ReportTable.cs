using System.Text;
using Spectre.Console;

namespace Diffusion.Benchmarks;

/// <summary>A table of a report, for the terminal and for Markdown.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="Columns">Heads of the columns.</param>
/// <param name="Rows">As many cells each as there are columns.</param>
/// <param name="Note">A sentence below; null for none.</param>
internal sealed record ReportTable(
    string Title,
    IReadOnlyList<string> Columns,
    IReadOnlyList<string[]> Rows,
    string? Note = null
)
{
    /// <summary>Refuses a file that can't be written, before long work.</summary>
    internal static void Check(string? markdown)
    {
        if (markdown is not null && !Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(markdown))))
            throw new IOException($"--markdown: there is no folder for '{markdown}'; make it first.");
    }

    internal static void Write(IReadOnlyCollection<ReportTable> tables, string? markdown)
    {
        foreach (var table in tables)
            table.Write(AnsiConsole.Console);
        if (markdown is null)
            return;
        File.WriteAllText(markdown, string.Join('\n', tables.Select(table => table.ToMarkdown())));
        Console.Error.WriteLine($"{markdown}: {tables.Count} tables.");
    }

    internal string ToMarkdown()
    {
        var text = new StringBuilder($"### {Title}\n\n");
        AppendRow(text, Columns);
        AppendRow(text, Columns.Select(_ => "---"));
        foreach (var row in Rows)
            AppendRow(text, row);
        if (Note is not null)
            text.Append('\n').Append(Note).Append('\n');
        return text.ToString();
    }

    private void Write(IAnsiConsole console)
    {
        var table = new Table { Title = new TableTitle(Markup.Escape(Title)), Border = TableBorder.Rounded };
        for (var i = 0; i < Columns.Count; i++)
            table.AddColumn(
                new TableColumn(Markup.Escape(Columns[i])) { Alignment = i == 0 ? Justify.Left : Justify.Right }
            );
        foreach (var row in Rows)
            table.AddRow([.. row.Select(Markup.Escape)]);
        if (Note is not null)
            table.Caption = new TableTitle(Markup.Escape(Note));
        console.Write(table);
        console.WriteLine();
    }

    private static void AppendRow(StringBuilder text, IEnumerable<string> cells) =>
        text.Append("| ").AppendJoin(" | ", cells.Select(cell => cell.Replace("|", "\\|"))).Append(" |\n");
}
