using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using Diffusion.Api;

namespace Diffusion.Cli;

/// <summary>Writes a report as HTML that is well-formed XML too.</summary>
internal static class ReportPage
{
    private const string TrainingCaption =
        "Time counts all that a run does, so that throughput dips where it saves a checkpoint or draws samples.";

    private const string SamplesCaption =
        "Drawn with the moving average of the weights by DDIM in few steps, from the same noise every time.";

    private const string TrajectoryCaption =
        "DDIM's state on the way; what is darker than black or brighter than white is cut off.";

    private const string NeighboursCaption =
        "Left a sample, then the training images that are nearest to it: where they differ, it isn't one of them.";

    /// <summary>The page.</summary>
    internal static string Of(ReportContent content)
    {
        var name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(content.Folder)));
        List<XElement> sections =
        [
            Training(content),
            Section("Samples over training", Frames(content.Samples, "training", "Training step", SamplesCaption)),
            Section(
                "From noise to images",
                Frames(content.Trajectory, "trajectory", "Sampler's step", TrajectoryCaption)
            ),
            Losses(content),
            Evaluation(content.Evaluation),
            .. Samplers(content),
            .. Neighbours(content),
            Settings(content),
            Section("Versions", Pairs(content.Versions)),
        ];
        var page = Html.Tag(
            "html",
            Html.Attribute("lang", "en"),
            Html.Tag(
                "head",
                Html.Tag("meta", Html.Attribute("charset", "utf-8")),
                Html.Tag(
                    "meta",
                    Html.Attribute("http-equiv", "Content-Security-Policy"),
                    Html.Attribute("content", ReportStyle.Policy)
                ),
                Html.Tag(
                    "meta",
                    Html.Attribute("name", "viewport"),
                    Html.Attribute("content", "width=device-width, initial-scale=1")
                ),
                Html.Tag("link", Html.Attribute("rel", "icon"), Html.Attribute("href", "data:,")),
                Html.Tag("title", $"{name}: report of a diffusion model"),
                // Not cut, and not text: the policy has their digests.
                new XElement("style", ReportStyle.Css)
            ),
            Html.Tag(
                "body",
                Html.Tag(
                    "header",
                    Html.Tag("p", Class("eyebrow"), "Report of a diffusion model"),
                    Html.Tag("h1", name),
                    Html.Tag("p", Class("soft"), State(content)),
                    Tiles(content),
                    Contents(sections)
                ),
                Html.Tag("main", sections),
                Html.Tag("footer", Html.Tag("p", "Written by diffusion report. All of this page is in this file.")),
                new XElement("script", ReportStyle.Script)
            )
        );
        return $"<!DOCTYPE html>\n{page.ToString(SaveOptions.DisableFormatting)}\n";
    }

    private static string State(ReportContent content)
    {
        if (content.Setup is not { } setup)
            return $"A pipeline folder, {content.Folder}; how it was trained isn't in it.";
        var done = content.Metrics.IsEmpty ? 0 : content.Metrics[^1].Step;
        var steps = $"{Figures.Count(done)} of {Figures.Of(setup.Options.Steps, "step")}";
        return done >= setup.Options.Steps
            ? $"A finished training run, {steps}, in {content.Folder}."
            : $"An unfinished training run, {steps}, in {content.Folder}.";
    }

    private static XElement Contents(IEnumerable<XElement> sections) =>
        Html.Tag(
            "nav",
            Html.Attribute("aria-label", "Contents"),
            Html.Tag(
                "ul",
                sections.Select(section =>
                    Html.Tag(
                        "li",
                        Html.Tag(
                            "a",
                            Html.Attribute("href", $"#{section.Attribute("id")!.Value}"),
                            section.Element("h2")!.Value
                        )
                    )
                )
            )
        );

    private static XElement Tiles(ReportContent content)
    {
        List<(string Name, string Value)> tiles = [];
        if (!content.Metrics.IsEmpty)
        {
            var last = content.Metrics[^1];
            var span = int.Max(1, content.Metrics.Length / 50);
            tiles.Add(("training time", ProgressDisplay.Clock(TimeSpan.FromSeconds(last.Seconds))));
            tiles.Add(("loss at the end", Figures.Short(content.Metrics.TakeLast(span).Average(m => m.Loss))));
            if (content.Setup is { } setup && last.Seconds > 0)
                tiles.Add(("images a second", $"{last.Step * setup.Options.BatchSize / last.Seconds:F0}"));
        }
        if (content.Parameters is { } parameters)
            tiles.Add(("parameters", Figures.Count(parameters)));
        if (content.Evaluation.Value is { } evaluation)
        {
            if (evaluation.Bound is { } bound)
                tiles.Add(("bound, bits a dimension", Number($"{bound.TotalBitsPerDim:F2}")));
            if (!evaluation.Samplers.IsEmpty)
                tiles.Add(
                    ("best Fréchet distance", Number($"{SeedMean.Of(evaluation.Comparable).Min(s => s.Frechet):F2}"))
                );
        }
        return Html.Tag(
            "dl",
            Class("tiles"),
            tiles.Select(tile => Html.Tag("div", Html.Tag("dt", tile.Name), Html.Tag("dd", tile.Value)))
        );
    }

    private static XElement Training(ReportContent content)
    {
        if (content.Metrics.IsEmpty)
            return Section(
                "Training",
                Note(
                    content.Setup is null ? "There is no log of a training here." : "The run has done no step yet.",
                    content.Setup is null
                        ? null
                        : $"{CommandLine.Name} train --resume {CommandLine.Quoted(content.Folder)}"
                )
            );
        var charts = new[]
        {
            ReportCharts.Loss(content.Metrics),
            content.Setup is { } setup ? ReportCharts.Throughput(content.Metrics, setup.Options.BatchSize) : null,
            ReportCharts.LearningRate(content.Metrics),
            ReportCharts.GradientNorm(content.Metrics),
        };
        return Section(
            "Training",
            Cards(charts.OfType<LineChart>().Select(chart => Chart(chart))),
            Html.Tag("p", Class("soft"), TrainingCaption)
        );
    }

    private static XElement Losses(ReportContent content)
    {
        List<XElement> cards = [];
        if (content.Losses.Value is { } measured)
            cards.Add(
                Chart(
                    ReportCharts.ByTime(measured.Losses),
                    $"What the network predicts against what it should have, unweighted; {measured.Images}."
                )
            );
        var terms = content.Evaluation.Value?.Bound?.ByTime;
        if (terms is { IsDefault: false } known && ReportCharts.Bound(known) is { } bound)
            cards.Add(Chart(bound, "From the evaluation; their sum is the middle term of the bound."));
        return Section("Loss by time", Note(content.Losses), cards.Count > 0 ? Cards(cards) : null);
    }

    private static XElement Evaluation(ReportPart<EvaluationReport> evaluation)
    {
        if (evaluation.Value is not { } report)
            return Section("Evaluation", Note(evaluation));
        var rows = EvaluationView
            .Rows(report with { Samplers = [] })
            .Select(row =>
                Html.Tag(
                    "tr",
                    Html.Tag(
                        "th",
                        Html.Attribute("scope", "row"),
                        row.What.StartsWith(' ') ? Class("part") : null,
                        row.What.Trim()
                    ),
                    Html.Tag("td", row.Value),
                    Html.Tag("td", Class("how"), row.How)
                )
            );
        return Section("Evaluation", Table("Evaluation", ["what", "value", "how"], rows));
    }

    // Of a model that hasn't been evaluated the part before has said so.
    private static IEnumerable<XElement> Samplers(ReportContent content)
    {
        const string title = "Quality against network calls";
        if (content.Evaluation.Value is not { } report)
            return [];
        var command = $"{CommandLine.Name} evaluate {CommandLine.Quoted(content.Folder)} --only samples";
        if (report.Samplers.IsEmpty)
            return [Section(title, Note("No sampler has been scored.", command))];
        var shown = report.Comparable;
        var rows = shown.Select(s =>
            Html.Tag(
                "tr",
                Html.Tag("th", Html.Attribute("scope", "row"), s.Label),
                Cell(Figures.Count(s.Calls)),
                Cell(s.Seed is { } seed ? Number($"{seed}") : "?"),
                Cell(Number($"{s.Frechet.Value:F2}")),
                Cell(Number($"{s.Precision:F3}")),
                Cell(Number($"{s.Recall:F3}"))
            )
        );
        var frechet = shown[0].Frechet;
        var others = report.Samplers.Length - shown.Length;
        var caption =
            $"Less is better. {Figures.Count(frechet.Samples)} samples in features {frechet.FeaturesVersion}; distances"
            + " compare only in these and at this number."
            + (SeedMean.Of(shown).Any(mean => mean.Seeds > 1) ? " Lines go through the means of the seeds." : "")
            + (shown.All(s => s.Frechet.Real is null) ? "" : " The dashed line is what as many training images get.")
            + (
                others == 0
                    ? ""
                    : $" {Figures.Of(others, "row")} of other numbers or features are in {EvaluationReport.FileName} alone."
            );
        return
        [
            Section(
                title,
                Cards(
                    [
                        Chart(ReportCharts.Samplers(shown), caption),
                        Html.Tag(
                            "div",
                            Table(
                                title,
                                ["sampler", "calls", "seed", "Fréchet", "precision", "recall"],
                                rows,
                                isNumeric: true
                            )
                        ),
                    ]
                )
            ),
        ];
    }

    private static IEnumerable<XElement> Neighbours(ReportContent content) =>
        content.Neighbours is not { } picture
            ? []
            :
            [
                Section(
                    "Nearest training images",
                    Html.Tag(
                        "figure",
                        Class("wide"),
                        FrameSlider.Image(picture),
                        Html.Tag("figcaption", NeighboursCaption)
                    )
                ),
            ];

    private static XElement Settings(ReportContent content) =>
        Section(
            "Settings",
            content.Settings.Select(
                (part, i) =>
                    Html.Tag(
                        "details",
                        i == 0 ? Html.Attribute("open", "open") : null,
                        Html.Tag("summary", part.Title),
                        SettingsOf(part.Json)
                    )
            )
        );

    // Python writes numbers into its configs that JSON doesn't have.
    private static XElement SettingsOf(string json)
    {
        try
        {
            return Pairs(Values("", JsonNode.Parse(json)).ToList());
        }
        catch (JsonException)
        {
            return Html.Tag("pre", json);
        }
    }

    // The values of a file by their paths; what has a table of its own is left out.
    private static IEnumerable<(string Name, string Value)> Values(string path, JsonNode? node)
    {
        if (node is not JsonObject values)
            return [(path, Text(node))];
        return values
            .Where(pair => !(path.Length == 0 && pair.Key is "scheduler" or "unet"))
            .SelectMany(pair => Values(path.Length == 0 ? pair.Key : $"{path}.{pair.Key}", pair.Value));
    }

    private static string Text(JsonNode? node) =>
        node switch
        {
            null => "null",
            JsonArray list => string.Join(", ", list.Select(Text)),
            JsonValue value when value.GetValueKind() == JsonValueKind.String => value.GetValue<string>(),
            _ => node.ToJsonString(),
        };

    private static object[] Frames(
        ReportPart<IReadOnlyList<FramePicture>> part,
        string id,
        string label,
        string caption
    ) =>
        part.Value is { } frames
            ? [Html.Tag("figure", FrameSlider.Of(id, label, frames), Html.Tag("figcaption", caption))]
            : [Note(part)!];

    private static XElement Chart(LineChart chart, string? caption = null) =>
        Html.Tag(
            "figure",
            Html.Svg(LineChart.Draw(chart), $"{chart.Title}: {chart.Y.Label} over {chart.X.Label}"),
            caption is null ? null : Html.Tag("figcaption", caption)
        );

    private static XElement Cards(IEnumerable<XElement> cards) => Html.Tag("div", Class("cards"), cards);

    private static XElement Section(string title, params object?[] content) =>
        Html.Tag(
            "section",
            Html.Attribute("id", "part-" + title.ToLowerInvariant().Replace(' ', '-')),
            Html.Tag("h2", title),
            content
        );

    private static XElement? Note<T>(ReportPart<T> part)
        where T : class => part.Why is null ? null : Note(part.Why, part.Command);

    private static XElement Note(string why, string? command)
    {
        var note = Html.Tag("p", Class("note"), why);
        if (command is not null)
            note.Add(" ", Html.Tag("code", command));
        return note;
    }

    // One of numbers can be wider than the page: by the keyboard, too, it scrolls inside itself.
    private static XElement Table(
        string name,
        IEnumerable<string> heads,
        IEnumerable<XElement> rows,
        bool isNumeric = false
    ) =>
        Html.Tag(
            "div",
            Class("scroll"),
            isNumeric ? Html.Attribute("tabindex", "0") : null,
            isNumeric ? Html.Attribute("role", "region") : null,
            isNumeric ? Html.Attribute("aria-label", name) : null,
            Html.Tag(
                "table",
                Class(isNumeric ? "figures" : "stack"),
                Html.Tag(
                    "thead",
                    Html.Tag(
                        "tr",
                        heads.Select(
                            (head, i) =>
                                Html.Tag(
                                    "th",
                                    Html.Attribute("scope", "col"),
                                    isNumeric && i > 0 ? Class("number") : null,
                                    head
                                )
                        )
                    )
                ),
                Html.Tag("tbody", rows)
            )
        );

    private static XElement Pairs(IEnumerable<(string Name, string Value)> pairs) =>
        Html.Tag(
            "div",
            Class("scroll"),
            Html.Tag(
                "table",
                Class("pairs"),
                Html.Tag(
                    "tbody",
                    pairs.Select(pair =>
                        Html.Tag(
                            "tr",
                            Html.Tag("th", [Html.Attribute("scope", "row"), .. Breakable(pair.Name)]),
                            Html.Tag("td", pair.Value)
                        )
                    )
                )
            )
        );

    // A path, which a narrow column breaks after its dots.
    private static IEnumerable<object> Breakable(string path) =>
        path.Split('.').SelectMany((part, i) => i == 0 ? [part] : new object[] { ".", Html.Tag("wbr"), part });

    private static XElement Cell(string number) => Html.Tag("td", Class("number"), number);

    private static XAttribute Class(string name) => Html.Attribute("class", name);

    private static string Number(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
