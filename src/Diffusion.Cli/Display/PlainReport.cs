namespace Diffusion.Cli;

/// <summary>A report without colours, lines and line breaks, for files, pipes and programs.</summary>
internal sealed class PlainReport(TextWriter writer) : ReportOutput
{
    private const string Gap = "  ";

    internal override bool DrawsTrees => false;

    internal override void Heading(string text)
    {
        writer.WriteLine();
        writer.WriteLine(Clean(text));
    }

    internal override void Line(string text, Tone tone = Tone.Plain) =>
        writer.WriteLine(
            tone switch
            {
                Tone.Bad => $"WRONG  {Clean(text)}",
                Tone.Note => $"note   {Clean(text)}",
                _ => Clean(text),
            }
        );

    internal override void Table(ReportColumn[] columns, IEnumerable<string[]> rows)
    {
        List<string[]> lines = [.. rows.Select(row => row.Select(Clean).ToArray())];
        if (columns.Any(c => c.Heading.Length > 0))
            lines.Insert(0, [.. columns.Select(c => c.Heading)]);
        var widths = columns.Select((_, i) => lines.Max(line => line[i].Length)).ToList();
        foreach (var line in lines)
        {
            var cells = line.Select((cell, i) => columns[i].Right ? cell.PadLeft(widths[i]) : cell.PadRight(widths[i]));
            writer.WriteLine((Gap + string.Join(Gap, cells)).TrimEnd());
        }
    }
}
