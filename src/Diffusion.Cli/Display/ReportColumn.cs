namespace Diffusion.Cli;

/// <summary>A column of a report's table.</summary>
/// <param name="Heading">Its heading; empty for none.</param>
/// <param name="Right">Whether it is of numbers, which stand below each other.</param>
/// <param name="Wraps">Whether it may go on in the next line where the terminal is narrow.</param>
internal readonly record struct ReportColumn(string Heading, bool Right = false, bool Wraps = false)
{
    public static implicit operator ReportColumn(string heading) => new(heading);

    internal static ReportColumn Number(string heading) => new(heading, Right: true);

    internal static ReportColumn Text(string heading) => new(heading, Wraps: true);
}
