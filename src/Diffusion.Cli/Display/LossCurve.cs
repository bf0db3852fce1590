using System.Globalization;

namespace Diffusion.Cli;

/// <summary>Draws losses over steps as an SVG picture: every step as a faint line, means of equal spans as a strong one.</summary>
internal static class LossCurve
{
    internal const string Faint = "#b8cfe8";
    internal const string Strong = "#1f5fa8";

    private const int Spans = 60;
    private const double Headroom = 1.1;

    internal static void Save(IReadOnlyList<(long Step, double Loss)> losses, string file) =>
        LineChart.Save(file, Chart(losses));

    /// <summary>Draws losses.</summary>
    /// <param name="losses">At least one.</param>
    /// <param name="mostPoints">
    /// Of the faint line: where there are more losses, it keeps the least and greatest of equal spans.
    /// </param>
    internal static LineChart Chart(IReadOnlyList<(long Step, double Loss)> losses, int mostPoints = int.MaxValue)
    {
        var span = int.Max(1, losses.Count / Spans);
        var means = losses
            .Chunk(span)
            .Select(c => (c.Average(p => (double)p.Step), Loss: c.Average(p => p.Loss)))
            .ToList();
        // The first steps' losses would squeeze the rest flat; what is above runs out of the frame.
        var most = losses.Select(p => p.Loss).Order().ElementAt((int)(0.98 * (losses.Count - 1)));
        var last = means[^1].Loss.ToString("G3", CultureInfo.InvariantCulture);
        return new LineChart(
            $"Training loss, {losses[^1].Step} steps; mean of the last {span}: {last}",
            new ChartAxis("step", 0, losses[^1].Step),
            new ChartAxis("loss", 0, most > 0 ? Headroom * most : 1),
            [
                new ChartLine("each step", Faint, [.. Thinned(losses, mostPoints)], 1),
                new ChartLine($"mean of {span}", Strong, means),
            ]
        );
    }

    private static IEnumerable<(double, double)> Thinned(IReadOnlyList<(long Step, double Loss)> losses, int most)
    {
        if (losses.Count <= most)
            return losses.Select(p => ((double)p.Step, p.Loss));
        return losses
            .Chunk((losses.Count / int.Max(1, most / 2)) + 1)
            .SelectMany(chunk => new[] { chunk.MinBy(p => p.Loss), chunk.MaxBy(p => p.Loss) }.OrderBy(p => p.Step))
            .Select(p => ((double)p.Step, p.Loss));
    }
}
