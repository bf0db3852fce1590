using Spectre.Console;

namespace Diffusion.Cli;

/// <summary>A report with colours and lines, for a terminal of any width.</summary>
internal sealed class RichReport(IAnsiConsole console) : ReportOutput
{
    internal override bool DrawsTrees => true;

    internal override void Heading(string text)
    {
        console.WriteLine();
        console.Write(new Rule($"[bold]{Markup.Escape(Clean(text))}[/]").LeftJustified().RuleStyle("grey"));
    }

    internal override void Line(string text, Tone tone = Tone.Plain)
    {
        var (mark, style) = tone switch
        {
            Tone.Good => ("✓", "green"),
            Tone.Bad => ("✗", "red"),
            Tone.Note => ("•", "yellow"),
            _ => ("", ""),
        };
        if (mark.Length == 0)
        {
            console.Write(new Paragraph(Clean(text)));
            console.WriteLine();
            return;
        }
        // A grid, so that long sentences go on under their own beginning.
        var grid = new Grid().AddColumn(new GridColumn().PadLeft(0).PadRight(1)).AddColumn(new GridColumn().PadLeft(0));
        grid.AddRow(new Markup($"[{style}]{mark}[/]"), new Markup($"[{style}]{Markup.Escape(Clean(text))}[/]"));
        console.Write(grid);
    }

    internal override void Table(ReportColumn[] columns, IEnumerable<string[]> rows)
    {
        var table = new Table().Border(TableBorder.None);
        if (columns.All(c => c.Heading.Length == 0))
            table.HideHeaders();
        foreach (var (i, (heading, right, wraps)) in columns.Index())
        {
            var column = new TableColumn($"[grey]{Markup.Escape(heading)}[/]")
            {
                NoWrap = !wraps,
                Padding = new Padding(0, 0, i == columns.Length - 1 ? 0 : 2, 0),
                Alignment = right ? Justify.Right : Justify.Left,
            };
            table.AddColumn(column);
        }
        foreach (var row in rows)
            table.AddRow(row.Select((cell, i) => new Markup(Styled(Clean(cell), i))));
        console.Write(table);
    }

    private static string Styled(string cell, int column)
    {
        var text = Markup.Escape(cell);
        return cell switch
        {
            "default" => $"[grey]{text}[/]",
            "no effect" => $"[yellow]{text}[/]",
            "not supported" or "no" or "FAILED" => $"[red]{text}[/]",
            "yes" or "ok" => $"[green]{text}[/]",
            _ when column == 0 => $"[aqua]{text}[/]",
            _ => text,
        };
    }
}
