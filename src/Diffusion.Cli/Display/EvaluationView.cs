using System.Globalization;
using Diffusion.Api;
using Spectre.Console;

namespace Diffusion.Cli;

/// <summary>Shows an evaluation: a table on a terminal, else plain lines.</summary>
internal static class EvaluationView
{
    internal static void Show(EvaluationReport report)
    {
        var rows = Rows(report).ToList();
        if (Console.IsOutputRedirected)
        {
            foreach (var (what, value, how) in rows)
                Console.WriteLine($"{what}: {value}{(how.Length > 0 ? $"  ({how})" : "")}");
            return;
        }
        var table = new Table().Border(TableBorder.Rounded).AddColumns("what", "value", "how");
        foreach (var (what, value, how) in rows)
            table.AddRow(Markup.Escape(what), Markup.Escape(value), Markup.Escape(how));
        AnsiConsole.Write(table);
    }

    /// <summary>What was found, how much, and how.</summary>
    internal static IEnumerable<(string What, string Value, string How)> Rows(EvaluationReport report)
    {
        yield return ("held-out images", Text($"{report.HeldOut.Count}"), report.HeldOut.Name);
        if (report.Bound is { } bound)
        {
            yield return (
                "variational bound, bits/dim",
                Text($"{bound.TotalBitsPerDim:F3}, 95 % in {bound.Ci95[0]:F3} … {bound.Ci95[1]:F3}"),
                Text(
                    $"{bound.Images} images, {bound.Estimator}, t = 1; {bound.TotalNats:F1} nats; {bound.Seconds:F0} s"
                )
            );
            yield return ("  L_T, prior", Text($"{bound.Prior:F5}"), "");
            yield return ("  sum of L_(t-1), t = 2 … T", Text($"{bound.SumKl:F3}"), "");
            yield return ("  L_0, decoder", Text($"{bound.Decoder:F3}"), "");
        }
        if (report.Flow is { } flow)
            yield return (
                "probability flow, bits/dim",
                Text($"{flow.BitsPerDim:F3}, 95 % in {flow.Ci95[0]:F3} … {flow.Ci95[1]:F3}"),
                Text(
                    $"{flow.Images} images, uniform dequantisation; trace: {flow.Trace}; {flow.Solver}; {flow.Calls} calls; {flow.Seconds:F0} s"
                )
            );
        var isMixed = report.Samplers.DistinctBy(sampler => sampler.Frechet.FeaturesVersion).Count() > 1;
        foreach (var sampler in report.Samplers)
            yield return (
                Text($"{sampler.Label}, {sampler.Calls} calls"),
                Text(
                    $"Fréchet {sampler.Frechet.Value:F2}, precision {sampler.Precision:F3}, recall {sampler.Recall:F3}"
                ),
                Text(
                    $"N = {sampler.Frechet.Samples}{Seed(sampler.Seed)}; {(isMixed ? $"features {sampler.Frechet.FeaturesVersion}; " : "")}{sampler.Seconds:F0} s"
                )
            );
        if (report.Frechet is { } frechet)
        {
            if (frechet.Real is { } real)
                yield return ("training images themselves", Text($"Fréchet {real:F2}"), Text($"N = {frechet.Samples}"));
            yield return (
                "features",
                frechet.FeaturesVersion,
                Text($"accuracy {100 * frechet.Accuracy:F1} %; distances compare only in these features and at this N")
            );
        }
        if (report.Neighbours is { } near)
        {
            yield return (
                "distance to the nearest training image, median",
                Text($"samples {near.SampleMedian:F2}, held-out images {near.HeldOutMedian:F2}"),
                Text($"pixels in [-1, 1]; {near.Samples} by {near.Sampler}{Seed(near.Seed)}, {near.HeldOut} held out")
            );
            yield return (
                "samples nearer than the nearest 5 % held out",
                Text($"{100 * near.NearShare:F1} %"),
                near.Picture
            );
        }
    }

    private static string Seed(ulong? seed) => seed is null ? "" : Text($", seed {seed}");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
