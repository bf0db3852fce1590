namespace Diffusion.Benchmarks;

/// <summary>What is made of many measurements.</summary>
internal static class Statistics
{
    internal static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }

    /// <summary>The exponent p of y ≈ c·x^p by least squares of the logarithms.</summary>
    internal static double Exponent(IReadOnlyList<(double X, double Y)> points)
    {
        var logs = points.Select(p => (X: double.Log(p.X), Y: double.Log(p.Y))).ToList();
        var (x, y) = (logs.Average(p => p.X), logs.Average(p => p.Y));
        return logs.Sum(p => (p.X - x) * (p.Y - y)) / logs.Sum(p => (p.X - x) * (p.X - x));
    }
}
