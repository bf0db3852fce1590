using System.Globalization;
using System.Xml.Linq;
using Diffusion.Api;

namespace Diffusion.Cli;

/// <summary>Draws losses over steps as an SVG picture: every step as a faint line, means of equal spans as a strong one.</summary>
internal static class LossCurve
{
    private const int Width = 640;
    private const int Height = 320;
    private const int Left = 56;
    private const int Right = 16;
    private const int Top = 32;
    private const int Bottom = 40;
    private const int Spans = 60;
    private const double Headroom = 1.1;

    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    internal static void Save(IReadOnlyList<(long Step, double Loss)> losses, string file) =>
        File.WriteAllText(file, Draw(losses).ToString() + "\n");

    internal static XElement Draw(IReadOnlyList<(long Step, double Loss)> losses)
    {
        var lastStep = losses[^1].Step;
        var spans = losses
            .Chunk(int.Max(1, losses.Count / Spans))
            .Select(c => (Step: c.Average(p => (double)p.Step), Loss: c.Average(p => p.Loss)))
            .ToList();
        // The first steps' losses would squeeze the rest flat; what is above runs out of the frame.
        var top = Headroom * losses.Select(p => p.Loss).Order().ElementAt((int)(0.98 * (losses.Count - 1)));
        double X(double step) => Left + (Width - Left - Right) * step / lastStep;
        double Y(double loss) => Height - Bottom - (Height - Top - Bottom) * double.Min(loss, top) / top;

        var svg = new XElement(
            Svg + "svg",
            new XAttribute("viewBox", $"0 0 {Width} {Height}"),
            new XAttribute("width", Width),
            new XAttribute("height", Height),
            new XAttribute("font-family", "sans-serif"),
            new XAttribute("font-size", 12),
            new XElement(
                Svg + "rect",
                new XAttribute("width", Width),
                new XAttribute("height", Height),
                Fill("#ffffff")
            ),
            Text(
                Left,
                20,
                "start",
                $"Training loss, {lastStep} steps; mean of the last {Span(losses)}: {Short(spans[^1].Loss)}"
            )
        );
        for (var i = 0; i <= 4; i++)
        {
            var (loss, step) = (top * i / 4, lastStep * i / 4);
            svg.Add(Line("#dddddd", 1, [(Left, Y(loss)), (Width - Right, Y(loss))]));
            svg.Add(Text(Left - 6, Y(loss) + 4, "end", Short(loss)));
            svg.Add(Text(X(step), Height - Bottom + 18, "middle", step.ToString(CultureInfo.InvariantCulture)));
        }
        svg.Add(Text((Left + Width - Right) / 2.0, Height - 6, "middle", "step"));
        svg.Add(Line("#b8cfe8", 1, losses.Select(p => (X(p.Step), Y(p.Loss)))));
        svg.Add(Line("#1f5fa8", 2, spans.Select(p => (X(p.Step), Y(p.Loss)))));
        return svg;
    }

    private static int Span(IReadOnlyCollection<(long, double)> losses) => int.Max(1, losses.Count / Spans);

    private static string Short(double value) => value.ToString("G3", CultureInfo.InvariantCulture);

    private static XAttribute Fill(string colour) => new("fill", colour);

    private static XElement Text(double x, double y, string anchor, string text) =>
        new(
            Svg + "text",
            new XAttribute("x", Number(x)),
            new XAttribute("y", Number(y)),
            new XAttribute("text-anchor", anchor),
            Fill("#333333"),
            text
        );

    private static XElement Line(string colour, int width, IEnumerable<(double X, double Y)> points) =>
        new(
            Svg + "polyline",
            new XAttribute("points", string.Join(' ', points.Select(p => $"{Number(p.X)},{Number(p.Y)}"))),
            Fill("none"),
            new XAttribute("stroke", colour),
            new XAttribute("stroke-width", width)
        );

    private static string Number(double value) => value.ToString("0.#", CultureInfo.InvariantCulture);
}
