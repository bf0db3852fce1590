using System.Collections.Immutable;
using System.Globalization;
using Diffusion.Api;

namespace Diffusion.Cli;

/// <summary>The curves of a report, small enough to be read on a phone.</summary>
internal static class ReportCharts
{
    private const int Width = 360;
    private const int PlotHeight = 200;
    private const int LegendHeight = 24;
    private const int WidestOfTwoNames = 15;
    private const int Spans = 60;
    private const int MostPoints = 800;
    private const double Headroom = 1.1;
    private const double LeastShown = 1e-12;

    // Around marks, so that none is cut in half at an axis's end.
    private const double Margin = 0.02;

    /// <summary>The loss of every line of the log, and means.</summary>
    internal static LineChart Loss(ImmutableArray<TrainingMetrics> metrics) =>
        Small(LossCurve.Chart([.. metrics.Select(m => (m.Step, m.Loss))], MostPoints)) with
        {
            Title = "Training loss",
        };

    /// <summary>The gradient's norm before clipping, as far as the log has it; null where it doesn't.</summary>
    internal static LineChart? GradientNorm(ImmutableArray<TrainingMetrics> metrics)
    {
        var norms = metrics
            .Where(m => m.GradientNorm is not null)
            .Select(m => (m.Step, m.GradientNorm!.Value))
            .ToList();
        if (norms.Count == 0)
            return null;
        var chart = Small(LossCurve.Chart(norms, MostPoints));
        return chart with { Title = "Gradient norm", Y = chart.Y with { Label = "norm before clipping" } };
    }

    /// <summary>The learning rate.</summary>
    internal static LineChart LearningRate(ImmutableArray<TrainingMetrics> metrics)
    {
        var stride = int.Max(1, metrics.Length / (MostPoints / 4));
        var shown = metrics.Where((_, i) => i % stride == 0 || i == metrics.Length - 1);
        var points = shown.Select(m => ((double)m.Step, m.LearningRate)).ToList();
        return Line("Learning rate", "step", "learning rate", points);
    }

    /// <summary>Images a second, means of equal spans; null where the log is too short for one.</summary>
    internal static LineChart? Throughput(ImmutableArray<TrainingMetrics> metrics, int batchSize)
    {
        var stride = int.Max(1, metrics.Length / Spans);
        var marks = metrics.Where((_, i) => i % stride == 0 || i == metrics.Length - 1).ToList();
        var points = marks
            .Zip(marks.Skip(1))
            .Where(pair => pair.Second.Seconds > pair.First.Seconds)
            .Select(pair =>
                (
                    (pair.First.Step + pair.Second.Step) / 2.0,
                    (pair.Second.Step - pair.First.Step) * batchSize / (pair.Second.Seconds - pair.First.Seconds)
                )
            )
            .ToList();
        return points.Count == 0 ? null : Line("Throughput", "step", "images a second", points);
    }

    /// <summary>The loss over the time.</summary>
    internal static LineChart ByTime(IReadOnlyList<(double Time, double Loss)> losses)
    {
        var last = losses[^1].Time;
        var chart = Line("Squared error of the prediction", TimeOf(last), "mean squared error", losses, isMarked: true);
        return chart with { X = chart.X with { Low = -Margin * last, High = (1 + Margin) * last } };
    }

    /// <summary>The bound's terms over the time.</summary>
    /// <param name="terms">Those of t = 2 … T, in bits a dimension.</param>
    internal static LineChart? Bound(ImmutableArray<double> terms)
    {
        var points = terms.Select((term, i) => ((double)(i + 2), term)).Where(p => p.term > LeastShown).ToList();
        if (points.Count < 2)
            return null;
        var (low, high) = (points.Min(p => p.term), points.Max(p => p.term));
        return Small(
            new LineChart(
                "The bound's terms",
                new ChartAxis(TimeOf(terms.Length + 1), 0, terms.Length + 1),
                new ChartAxis("bits a dimension", low / 2, high * 2, IsLogarithmic: true),
                [new ChartLine("L_(t-1)", ChartLine.Colours[0], points)]
            )
        );
    }

    /// <summary>Fréchet distance over network calls, a line a sampler.</summary>
    /// <param name="samplers">At least one.</param>
    internal static LineChart Samplers(ImmutableArray<SamplerReport> samplers)
    {
        var (least, most) = (samplers.Min(s => s.Calls), samplers.Max(s => s.Calls));
        var axis = new ChartAxis("network calls a sample", least / 1.5, most * 1.5, IsLogarithmic: true);
        var lines = SeedMean
            .Of(samplers)
            .GroupBy(mean => mean.Label)
            .Select(
                (group, i) =>
                    new ChartLine(
                        Html.Clean(group.Key),
                        ChartLine.Colours[i % ChartLine.Colours.Count],
                        [.. group.OrderBy(mean => mean.Calls).Select(mean => ((double)mean.Calls, mean.Frechet))],
                        IsDashed: i >= ChartLine.Colours.Count,
                        IsMarked: true
                    )
            )
            .ToList();
        if (samplers.DistinctBy(s => s.Seed).Average(s => s.Frechet.Real) is { } real)
            lines.Add(
                new ChartLine("training images", LineChart.Frame, [(axis.Low, real), (axis.High, real)], 1.5, true)
            );
        var top = lines.SelectMany(line => line.Points).Max(point => point.Y);
        var chart = new LineChart("Fréchet distance", axis, new ChartAxis("Fréchet distance", 0, Above(top)), lines);
        return Small(chart) with { LegendColumns = ColumnsFor(lines), PlotHeight = PlotHeight };
    }

    private static LineChart Line(
        string title,
        string x,
        string y,
        IReadOnlyList<(double X, double Y)> points,
        bool isMarked = false
    ) =>
        Small(
            new LineChart(
                title,
                new ChartAxis(x, 0, points[^1].X),
                new ChartAxis(y, 0, Above(points.Max(p => p.Y))),
                [new ChartLine(y, ChartLine.Colours[0], points, IsMarked: isMarked)]
            )
        );

    private static double Above(double most) => most > 0 ? Headroom * most : 1;

    private static LineChart Small(LineChart chart) =>
        chart with
        {
            Width = Width,
            // All of a height, so that they stand side by side.
            PlotHeight = PlotHeight + (chart.Lines.Count == 1 ? LegendHeight : 0),
            LegendColumns = chart.Lines.Count == 1 ? 0 : ColumnsFor(chart.Lines),
        };

    private static int ColumnsFor(IReadOnlyList<ChartLine> lines) =>
        lines.Any(line => line.Name.Length > WidestOfTwoNames) ? 1 : 2;

    private static string TimeOf(double last) =>
        string.Create(CultureInfo.InvariantCulture, $"time t, 0 clean … {last:F0} noise");
}
