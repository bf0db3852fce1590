using System.Globalization;

namespace Diffusion.Cli;

/// <summary>Draws losses over steps as an SVG picture: every step as a faint line, means of equal spans as a strong one.</summary>
internal static class LossCurve
{
    private const int Spans = 60;
    private const double Headroom = 1.1;

    internal static void Save(IReadOnlyList<(long Step, double Loss)> losses, string file) =>
        LineChart.Save(file, Chart(losses));

    private static LineChart Chart(IReadOnlyList<(long Step, double Loss)> losses)
    {
        var span = int.Max(1, losses.Count / Spans);
        var means = losses
            .Chunk(span)
            .Select(c => (c.Average(p => (double)p.Step), Loss: c.Average(p => p.Loss)))
            .ToList();
        // The first steps' losses would squeeze the rest flat; what is above runs out of the frame.
        var top = Headroom * losses.Select(p => p.Loss).Order().ElementAt((int)(0.98 * (losses.Count - 1)));
        var last = means[^1].Loss.ToString("G3", CultureInfo.InvariantCulture);
        return new LineChart(
            $"Training loss, {losses[^1].Step} steps; mean of the last {span}: {last}",
            new ChartAxis("step", 0, losses[^1].Step),
            new ChartAxis("loss", 0, top),
            [
                new ChartLine("each step", "#b8cfe8", [.. losses.Select(p => ((double)p.Step, p.Loss))], 1),
                new ChartLine($"mean of {span}", "#1f5fa8", means),
            ]
        );
    }
}
