namespace Diffusion.Cli;

/// <summary>A line of a chart: its name in the legend, its colour, its width in pixels and its points, which can have marks.</summary>
internal sealed record ChartLine(
    string Name,
    string Colour,
    IReadOnlyList<(double X, double Y)> Points,
    double Width = 2,
    bool IsDashed = false,
    bool IsMarked = false
)
{
    /// <summary>Colours that colour-blind eyes tell apart too (Okabe and Ito 2008), without the pale yellow.</summary>
    internal static IReadOnlyList<string> Colours { get; } =
    ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#000000", "#56b4e9", "#e69f00"];
}
