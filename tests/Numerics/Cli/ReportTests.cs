using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;
using Diffusion.Api;
using Diffusion.Cli;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Numerics.Cli;

/// <summary><c>diffusion report</c>: the page, what is in it, and what isn't.</summary>
public class ReportTests : ImagesFixture
{
    private const string PngStart = "data:image/png;base64,iVBORw0KGgo";

    private TemporaryFolder _shared = null!;

    [OneTimeSetUp]
    public void TrainOnce()
    {
        _shared = new TemporaryFolder();
        ReportedRun.Train(_shared.File("run"), TinyImages.Write(_shared));
    }

    [OneTimeTearDown]
    public void DeleteShared() => _shared.Dispose();

    [Test]
    public void The_page_of_an_evaluated_run_holds_everything_and_loads_nothing()
    {
        Trained("run");
        ReportedRun.Evaluate(_folder, "run", _data);
        var (code, _, error) = Cli.RunHere("report", _folder.File("run"));
        code.Should().Be(0, error);
        var text = File.ReadAllText(_folder.File("run/report.html"));
        var page = Parsed(text);

        page.Descendants("h2")
            .Select(title => title.Value)
            .Should()
            .Equal(
                "Training",
                "Samples over training",
                "From noise to images",
                "Loss by time",
                "Evaluation",
                "Quality against network calls",
                "Nearest training images",
                "Settings",
                "Versions"
            );
        var links = page.Descendants("nav").Descendants("a").Attributes("href").Select(link => link.Value);
        links.Should().Equal(page.Descendants("section").Select(section => $"#{(string)section.Attribute("id")!}"));
        page.Descendants().Attributes("id").Select(id => id.Value).Should().OnlyHaveUniqueItems();
        page.Descendants("p").Should().NotContain(p => (string?)p.Attribute("class") == "note");
        var charts = page.Descendants("svg").Where(svg => (string?)svg.Attribute("class") == "chart").ToList();
        charts.Should().HaveCount(7).And.OnlyContain(chart => chart.Attribute("aria-label") != null);
        text.Should().NotContain("NaN").And.NotContain("∞");

        Frames(page, "training").Should().Equal(After(2), After(4), After(5));
        var way = Frames(page, "trajectory");
        way.Should().HaveCount(13).And.StartWith("Noise").And.EndWith("The samples, after 25 steps");
        var pictures = page.Descendants("img").Select(image => (string)image.Attribute("src")!).ToList();
        pictures.Should().HaveCount(17).And.OnlyContain(source => source.StartsWith(PngStart));
        pictures.Take(16).Should().OnlyHaveUniqueItems();

        var cells = page.Descendants("td").Concat(page.Descendants("th")).Select(cell => cell.Value).ToList();
        cells.Should().Contain(["5.000, 95 % in 4.500 … 5.500", "12.50", "6.25", "9.75", "11.50", "?", "77", "0.875"]);
        page.Descendants("figcaption").Should().Contain(text => text.Value.Contains("through the means of the seeds"));
        cells.Should().Contain(["options.SampleEvery", "beta_schedule", "block_out_channels", "8, 8", "tensor engine"]);

        text.Should().NotContainAny("http://", "https://", "//cdn", "@import", "url(");
        string[] loading = ["src", "href", "srcset", "poster", "action", "style", "background"];
        page.Descendants()
            .Attributes()
            .Where(attribute => loading.Contains(attribute.Name.LocalName))
            .Should()
            .OnlyContain(attribute => attribute.Value.StartsWith("data:") || attribute.Value.StartsWith('#'));
        var meta = page.Descendants("meta").Single(m => m.Attribute("http-equiv") != null);
        var policy = (string)meta.Attribute("content")!;
        policy.Should().StartWith("default-src 'none'; img-src data:;").And.NotContain("unsafe");
        foreach (var name in new[] { "style", "script" })
            policy.Should().Contain($"{name}-src {Digest(page.Descendants(name).Single().Value)};");
    }

    [Test]
    public void What_is_missing_is_said_with_the_command_that_makes_it()
    {
        using (TrainingRun.Create(_folder.File("begun"), TinySetup.For(_data, 5))) { }
        Notes("begun").Should().Contain(note => note.Contains("no step yet") && note.Contains("train --resume"));
        Notes("begun").Should().Contain(note => note.Contains("--sample-every"));
        Notes("begun").Should().Contain(note => note.Contains("as soon as the run has a whole checkpoint"));

        ReportedRun.Train(_folder.File("run"), _data, sampleEvery: 0);
        Notes("run").Should().HaveCount(2).And.Contain(note => note.Contains("hasn't been evaluated yet"));

        ReportedRun.Train(_folder.File("other"), _data, steps: 3);
        ReportedRun.Evaluate(_folder, "other", _data);
        File.Copy(_folder.File("other/evaluation.json"), _folder.File("run/evaluation.json"));
        Notes("run").Should().Contain(note => note.Contains("about other weights") && note.Contains("evaluate"));

        File.Delete(_data);
        File.Delete(_folder.File("run/training.json"));
        Notes("run").Should().Contain(note => note.Contains("aren't known") && note.Contains("--data IMAGES"));
    }

    [Test]
    public void A_run_that_was_interrupted_shows_what_it_has()
    {
        using (var cancel = new CancellationTokenSource())
        {
            var setup = TinySetup.For(_data, 5);
            setup = setup with { Options = setup.Options with { SampleEvery = 2 } };
            using var run = TrainingRun.Create(_folder.File("run"), setup);
            run.Train(
                progress =>
                {
                    if (progress.Step == 3)
                        cancel.Cancel();
                },
                cancel.Token
            );
        }
        var (code, _, error) = Cli.RunHere("report", _folder.File("run"));
        code.Should().Be(0, error);
        var page = Parsed(File.ReadAllText(_folder.File("run/report.html")));
        page.Descendants("p").Should().Contain(p => p.Value.StartsWith("An unfinished training run, 3 of 5 steps"));
        var stage = page.Descendants("div").First(div => (string?)div.Attribute("class") == "stage");
        stage.Elements("img").Attributes("alt").Select(alt => alt.Value).Should().Equal(After(2));
        page.Descendants("input").Should().ContainSingle("a single picture needs no slider, the way to images has one");
        Frames(page, "trajectory").Should().HaveCount(13);
        page.Descendants("svg").Should().NotBeEmpty();

        // What its model was evaluated as is shown; without a checkpoint that can be read the rest still is.
        Notes("run").Should().ContainSingle().Which.Should().Contain("hasn't been evaluated yet");
        ReportedRun.Evaluate(_folder, "run", _data);
        Notes("run").Should().BeEmpty();
        File.WriteAllText(_folder.File("run/checkpoints/step-000000003/ema.safetensors"), "gone");
        Notes("run").Should().HaveCount(3).And.OnlyContain(note => note.Contains("checkpoint"));
    }

    [Test]
    public void Hostile_names_are_text()
    {
        const string name = "<img src=x onerror=alert(1)>&\"'";
        const string sampler = "</script><script>alert(2)</script>\u202e\u0001]]>";
        Trained(name);
        ReportedRun.Evaluate(_folder, name, _data, sampler);
        var (code, _, error) = Cli.RunHere("report", _folder.File(name), "--out", _folder.File("page.html"));
        code.Should().Be(0, error);
        var page = Parsed(File.ReadAllText(_folder.File("page.html")));
        page.Descendants("h1").Single().Value.Should().Be(name);
        page.Descendants("script").Should().ContainSingle();
        page.Descendants().Attributes("onerror").Should().BeEmpty();
        page.Descendants("th").Select(cell => cell.Value).Should().Contain("</script><script>alert(2)</script>��]]>");
    }

    [TestCase("nothing", "neither a training run nor a pipeline folder")]
    [TestCase("metrics", "metrics.jsonl', line 2")]
    [TestCase("evaluation", "evaluation.json' is damaged")]
    [TestCase("evaluation part", "evaluation.json' is damaged")]
    [TestCase("sample", "step-000000002.png")]
    [TestCase("out", "there is no folder")]
    [TestCase("data", "no-such-images")]
    public void Bad_input_is_refused_in_one_line_and_leaves_no_page(string what, string message)
    {
        Trained("run");
        var (run, page) = (_folder.File("run"), _folder.File("page.html"));
        string[] more = [];
        switch (what)
        {
            case "nothing":
                run = _folder.Path;
                break;
            case "metrics":
                var lines = File.ReadAllLines(_folder.File("run/metrics.jsonl"));
                lines[1] = lines[1][..10];
                File.WriteAllLines(_folder.File("run/metrics.jsonl"), lines);
                break;
            case "evaluation":
                File.WriteAllText(_folder.File("run/evaluation.json"), "{");
                break;
            case "evaluation part":
                ReportedRun.Evaluate(_folder, "run", _data);
                var text = File.ReadAllText(_folder.File("run/evaluation.json"));
                File.WriteAllText(_folder.File("run/evaluation.json"), text.Replace("12.5", "1e999"));
                break;
            case "sample":
                File.WriteAllText(_folder.File("run/samples/step-000000002.png"), "no picture");
                break;
            case "out":
                page = _folder.File("no/such/page.html");
                break;
            default:
                more = ["--data", _folder.File("no-such-images")];
                break;
        }
        var (code, _, error) = Cli.RunHere(["report", run, "--out", page, .. more]);
        code.Should().Be(2, error);
        error.Should().StartWith("diffusion: ").And.Contain(message).And.NotMatch("*\n*\n");
        File.Exists(page).Should().BeFalse();
    }

    [Test]
    public void Drawing_samples_on_the_way_leaves_the_training_as_it_is()
    {
        Trained("with");
        ReportedRun.Train(_folder.File("without"), _data, sampleEvery: 0);
        TrainingSamples.In(_folder.File("with")).Select(found => found.Step).Should().Equal(2, 4, 5);
        TrainingSamples.In(_folder.File("without")).Should().BeEmpty();
        const string weights = "unet/diffusion_pytorch_model.safetensors";
        File.ReadAllBytes(_folder.File($"with/{weights}"))
            .Should()
            .Equal(File.ReadAllBytes(_folder.File($"without/{weights}")));
    }

    [Test]
    public void A_log_that_was_cut_short_is_read_to_its_last_whole_line()
    {
        Trained("run");
        var log = _folder.File("run/metrics.jsonl");
        File.WriteAllText(log, File.ReadAllText(log)[..^20]);
        TrainingMetrics.Load(_folder.File("run")).Select(m => m.Step).Should().Equal(1, 2, 3, 4);
    }

    [Test]
    public void Throughput_is_images_by_time_and_thinned_losses_keep_their_extremes()
    {
        // Two steps a second at first, then one.
        var metrics = Enumerable.Range(1, 1000).Select(i => new TrainingMetrics(i, 1 + i % 7, 0.1, Seconds(i)));
        var throughput = ReportCharts.Throughput([.. metrics], 4)!.Lines[0].Points;
        throughput.Where(p => p.X < 480).Should().OnlyContain(p => double.Abs(p.Y - 8) < 1e-9);
        throughput.Where(p => p.X > 520).Should().OnlyContain(p => double.Abs(p.Y - 4) < 1e-9);

        var losses = metrics.Select(m => (m.Step, m.Step == 503 ? 9.5 : m.Loss)).ToList();
        var thinned = LossCurve.Chart(losses, 100).Lines[0].Points;
        thinned.Count.Should().BeInRange(80, 100);
        thinned.Max(p => p.Y).Should().Be(9.5);
        thinned.Select(p => p.X).Should().BeInAscendingOrder();

        static double Seconds(int step) => step <= 500 ? step / 2.0 : 250 + (step - 500);
    }

    [Test]
    public void A_samplers_line_goes_through_the_means_of_its_seeds()
    {
        var chart = ReportCharts.Samplers(
            [
                Score("DDIM", 50, 4, 0),
                Score("DDIM", 10, 9, 0),
                Score("DDIM", 10, 6, 1),
                Score("DDIM", 10, 20, 0) with
                {
                    Grid = "karras",
                },
                Score("DDIM", 10, 30, 0) with
                {
                    Choice = "DDIMScheduler",
                },
            ]
        );
        chart.Lines.Should().HaveCount(4);
        chart.Lines[0].Points.Should().Equal((10, 7.5), (50, 4));
        chart.Lines[1].Points.Should().Equal((10, 20));
        (chart.Lines[2].Name, chart.Lines[2].Points[0].Y).Should().Be(("DDIM of DDIMScheduler", 30));
        chart.Lines[3].Points.Select(point => point.Y).Should().OnlyContain(y => y == 0.5, "training images: 0 and 1");

        static SamplerReport Score(string name, int calls, double frechet, ulong seed) =>
            new(name, calls, new FrechetReport(frechet, 24, "1-features", 0.9, seed), 0.5, 0.25, 1, seed);
    }

    [Test]
    public void An_axis_of_many_steps_has_short_marks()
    {
        Texts(60_000).Should().Equal("0", "10k", "20k", "30k", "40k", "50k", "60k");
        Texts(3e6).Should().Equal("0", "500k", "1M", "1.5M", "2M", "2.5M", "3M");
        Texts(4000).Should().Equal("0", "1000", "2000", "3000", "4000");
        Texts(5e-5).Should().Equal("0", "1e-5", "2e-5", "3e-5", "4e-5", "5e-5");

        static IEnumerable<string> Texts(double high) =>
            new ChartAxis("step", 0, high).Ticks().Select(tick => tick.Text);
    }

    // A run of its own, as it was trained once for all.
    private void Trained(string name)
    {
        var target = Directory.CreateDirectory(_folder.File(name)).FullName;
        foreach (var file in Directory.EnumerateFiles(_shared.File("run"), "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(target, Path.GetRelativePath(_shared.File("run"), file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }

    private static string After(int steps) => $"Samples after {steps} steps";

    private static XElement Parsed(string text)
    {
        text.Should().StartWith("<!DOCTYPE html>\n");
        return XElement.Parse(text[text.IndexOf('\n')..], LoadOptions.PreserveWhitespace);
    }

    private static List<string> Frames(XElement page, string slider)
    {
        var box = page.Descendants("input").Single(input => (string?)input.Attribute("id") == slider);
        var frames = box.Ancestors("div").Single(div => (string?)div.Attribute("class") == "frames");
        return [.. frames.Descendants("img").Select(image => (string)image.Attribute("alt")!)];
    }

    private static string Digest(string text) =>
        $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}'";

    private List<string> Notes(string run)
    {
        var (code, _, error) = Cli.RunHere("report", _folder.File(run), "--out", _folder.File("page.html"));
        code.Should().Be(0, error);
        return
        [
            .. Parsed(File.ReadAllText(_folder.File("page.html")))
                .Descendants("p")
                .Where(p => (string?)p.Attribute("class") == "note")
                .Select(p => p.Value),
        ];
    }
}
