using System.Globalization;
using System.Xml.Linq;

namespace Diffusion.Cli;

/// <summary>Draws lines between two axes, with a grid and a legend below the title, as an SVG picture on white.</summary>
internal sealed record LineChart(string Title, ChartAxis X, ChartAxis Y, IReadOnlyList<ChartLine> Lines)
{
    /// <summary>What lies behind the lines.</summary>
    internal const string Paper = "#ffffff";

    /// <summary>Texts.</summary>
    internal const string Ink = "#333333";

    /// <summary>Lines at the axes' marks.</summary>
    internal const string GridColour = "#e4e4e4";

    /// <summary>The line around the plot.</summary>
    internal const string Frame = "#999999";

    private const double MarkRadius = 3.5;
    private const int Left = 64;
    private const int Right = 24;
    private const int Bottom = 44;
    private const int LegendTop = 34;
    private const int LegendRow = 18;

    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    /// <summary>Of the whole picture, in pixels.</summary>
    internal int Width { get; init; } = 640;

    /// <summary>Of the part between the axes, in pixels.</summary>
    internal int PlotHeight { get; init; } = 300;

    /// <summary>Names of lines side by side; 0 leaves the names out.</summary>
    internal int LegendColumns { get; init; } = 4;

    private int LegendRows => LegendColumns == 0 ? 0 : (Lines.Count + LegendColumns - 1) / LegendColumns;

    private int Top => LegendTop + (LegendRow * LegendRows) + (LegendRows == 0 ? 0 : 6);

    private int Height => Top + PlotHeight + Bottom;

    /// <summary>Draws charts, one below the other, and writes them to a file.</summary>
    internal static void Save(string file, params IReadOnlyList<LineChart> charts) =>
        File.WriteAllText(file, Draw(charts) + "\n");

    /// <summary>Draws charts, one below the other.</summary>
    internal static XElement Draw(params IReadOnlyList<LineChart> charts)
    {
        var (width, height) = (charts.Max(chart => chart.Width), charts.Sum(chart => chart.Height));
        var picture = new XElement(
            Svg + "svg",
            new XAttribute("viewBox", $"0 0 {width} {height}"),
            new XAttribute("width", width),
            new XAttribute("height", height),
            new XAttribute("font-family", "sans-serif"),
            new XAttribute("font-size", 12),
            Rectangle(0, 0, width, height, Paper)
        );
        var top = 0;
        foreach (var chart in charts)
        {
            picture.Add(new XElement(Svg + "g", new XAttribute("transform", $"translate(0,{top})"), chart.Parts()));
            top += chart.Height;
        }
        return picture;
    }

    private IEnumerable<XElement> Parts()
    {
        yield return Text(Left, 20, "start", Title, new XAttribute("font-size", 14));
        foreach (var part in Grid().Concat(Legend()))
            yield return part;
        // A picture of its own cuts off what runs out of the frame.
        yield return new XElement(
            Svg + "svg",
            new XAttribute("x", Left),
            new XAttribute("y", Top),
            new XAttribute("width", Width - Left - Right),
            new XAttribute("height", PlotHeight),
            Lines.Select(line => Line(line, line.Points.Select(p => (AcrossOf(p.X), DownOf(p.Y))))),
            Lines.Where(line => line.IsMarked).SelectMany(Marks)
        );
        yield return Text(Left + (AcrossOf(X.High) / 2), Height - 8, "middle", X.Label);
        var (x, y) = (Number(14), Number(Top + (PlotHeight / 2.0)));
        yield return Text(
            14,
            Top + (PlotHeight / 2.0),
            "middle",
            Y.Label,
            new XAttribute("transform", $"rotate(-90,{x},{y})")
        );
    }

    private IEnumerable<XElement> Grid()
    {
        yield return Rectangle(Left, Top, Width - Left - Right, PlotHeight, "none", new XAttribute("stroke", Frame));
        foreach (var (value, text) in X.Ticks())
        {
            var across = Left + AcrossOf(value);
            yield return Line(GridLine, [(across, Top), (across, Top + PlotHeight)]);
            yield return Text(across, Top + PlotHeight + 16, "middle", text);
        }
        foreach (var (value, text) in Y.Ticks())
        {
            var down = Top + DownOf(value);
            yield return Line(GridLine, [(Left, down), (Width - Right, down)]);
            yield return Text(Left - 6, down + 4, "end", text);
        }
    }

    private IEnumerable<XElement> Legend()
    {
        for (var i = 0; LegendColumns > 0 && i < Lines.Count; i++)
        {
            var x = Left + ((Width - Left - Right) * (i % LegendColumns) / LegendColumns);
            var y = LegendTop + (LegendRow * (i / LegendColumns)) + 4;
            yield return Line(Lines[i], [(x, y), (x + 16, y)]);
            yield return Text(x + 20, y + 4, "start", Lines[i].Name);
        }
    }

    private static ChartLine GridLine { get; } = new("", GridColour, [], 1);

    private double AcrossOf(double x) => (Width - Left - Right) * X.Share(x);

    private double DownOf(double y) => PlotHeight * (1 - Y.Share(y));

    private IEnumerable<XElement> Marks(ChartLine line) =>
        line.Points.Select(point => new XElement(
            Svg + "circle",
            new XAttribute("cx", Number(AcrossOf(point.X))),
            new XAttribute("cy", Number(DownOf(point.Y))),
            new XAttribute("r", Number(MarkRadius)),
            new XAttribute("fill", line.Colour)
        ));

    private static XElement Text(double x, double y, string anchor, string text, params XAttribute[] more) =>
        new(
            Svg + "text",
            new XAttribute("x", Number(x)),
            new XAttribute("y", Number(y)),
            new XAttribute("text-anchor", anchor),
            new XAttribute("fill", Ink),
            more,
            text
        );

    private static XElement Rectangle(int x, int y, int width, int height, string fill, params XAttribute[] more) =>
        new(
            Svg + "rect",
            new XAttribute("x", x),
            new XAttribute("y", y),
            new XAttribute("width", width),
            new XAttribute("height", height),
            new XAttribute("fill", fill),
            more
        );

    private static XElement Line(ChartLine line, IEnumerable<(double X, double Y)> points) =>
        new(
            Svg + "polyline",
            new XAttribute("points", string.Join(' ', points.Select(p => $"{Number(p.X)},{Number(p.Y)}"))),
            new XAttribute("fill", "none"),
            new XAttribute("stroke", line.Colour),
            new XAttribute("stroke-width", Number(line.Width)),
            line.IsDashed ? new XAttribute("stroke-dasharray", "6 4") : null
        );

    private static string Number(double value) => value.ToString("0.#", CultureInfo.InvariantCulture);
}
