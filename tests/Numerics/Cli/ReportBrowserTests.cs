using System.Diagnostics;
using System.Globalization;
using Diffusion.Cli;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Numerics.Cli;

/// <summary>The report's page in headless Chromium, where there is one: sliders, the light, the dark, a phone.</summary>
public class ReportBrowserTests
{
    private const int Right = 39;
    private const int Home = 36;

    // Web Content Accessibility Guidelines 2.2, 1.4.3, for texts of usual size.
    private const double LeastContrast = 4.5;

    // Relative luminance and contrast as the guidelines define them.
    private const string Contrast = """
        luminance = colour => colour.match(/[0-9.]+/g).slice(0, 3).map(part => part / 255)
            .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
            .reduce((sum, part, i) => sum + part * [0.2126, 0.7152, 0.0722][i], 0);
        ground = element => getComputedStyle(element).backgroundColor === 'rgba(0, 0, 0, 0)'
            ? ground(element.parentElement) : getComputedStyle(element).backgroundColor;
        contrast = (query, property) => {
            const element = document.querySelector(query);
            const both = [getComputedStyle(element)[property], ground(element)].map(luminance);
            return (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05);
        };
        """;

    private TemporaryFolder _folder = null!;
    private Browser _browser = null!;

    private string Page => _folder.File("page.html");

    [OneTimeSetUp]
    public void SetUp()
    {
        if (Browser.Find() is not { } program)
        {
            Assert.Ignore("Chromium isn't installed (eng/setup.sh --tests installs it on Debian).");
            return;
        }
        _folder = new TemporaryFolder();
        var data = TinyImages.Write(_folder);
        ReportedRun.Train(_folder.File("run"), data);
        ReportedRun.Evaluate(_folder, "run", data);
        CommandLine.Run(["report", _folder.File("run"), "--out", Page]).Should().Be(0);
        _browser = new Browser(program);
    }

    [OneTimeTearDown]
    public void TearDown()
    {
        _browser?.Dispose();
        _folder?.Dispose();
    }

    [TestCase("light", 1200, 900)]
    [TestCase("dark", 1200, 900)]
    [TestCase("light", 390, 844)]
    [TestCase("dark", 390, 844)]
    [TestCase("light", 320, 640)]
    public void Sliders_show_other_pictures_by_mouse_and_keyboard(string scheme, int width, int height)
    {
        _browser.Open(Page, width, height, scheme);
        _browser.Ask($"(() => {{ {Contrast} }})()");
        Number("document.documentElement.scrollWidth").Should().BeLessThanOrEqualTo(width, "nothing sticks out");
        foreach (var (id, frames) in new[] { ("training", 3), ("trajectory", 13) })
        {
            Shown(id).Should().Equal([frames - 1], "the last picture comes first");
            _browser.Click(id, 0.5);
            var middle = Shown(id).Should().ContainSingle().Subject;
            middle.Should().BeInRange(1, frames - 2);
            _browser.Press("Home", Home);
            Shown(id).Should().Equal(0);
            _browser.Press("ArrowRight", Right);
            Shown(id).Should().Equal(1);
            var label = _browser.Ask($"document.querySelector('output[for={id}]').textContent");
            label.Should().Be(id == "training" ? "Samples after 4 steps" : "After 2 of 25 steps");
            _browser.Ask($"document.getElementById('{id}').getAttribute('aria-valuetext')").Should().Be(label);
        }

        (Number("luminance(getComputedStyle(document.body).backgroundColor)") < 0.2).Should().Be(scheme == "dark");
        foreach (var text in new[] { "h1", "nav a", "dt", "dd", "td", "thead th", "figcaption", "output", "button" })
            Number($"contrast('{text}', 'color')").Should().BeGreaterThan(LeastContrast, text);
        Number("contrast('svg text', 'fill')").Should().BeGreaterThan(LeastContrast);
        Number("contrast('svg polyline[stroke=\"#0072b2\"]', 'stroke')").Should().BeGreaterThan(3);
        // By the matrix's column, since the words beside an axis are turned.
        var smallest = Number(
            "Math.min(...[...document.querySelectorAll('svg text')].map(text => text.getBBox().height"
                + " * Math.hypot(text.getScreenCTM().b, text.getScreenCTM().d)))"
        );
        smallest.Should().BeGreaterThan(9, "a chart's words can be read");
        Complaints().Should().BeEmpty();
        Requests().Should().OnlyContain(url => url.StartsWith("file:") || url.StartsWith("data:"));
    }

    [Test]
    public void A_slider_plays_from_its_first_picture_to_its_last_and_pauses()
    {
        _browser.Open(Page, 390, 844, "light");
        const string button = "[aria-controls=training]";
        Words(button).Should().Be("Play");
        _browser.ClickOn(button, 0.5);
        (Words(button), Shown("training").Single()).Should().Be(("Pause", 0));
        var seen = new HashSet<int>();
        var clock = Stopwatch.StartNew();
        while (Words(button) == "Pause" && clock.Elapsed < TimeSpan.FromSeconds(30))
        {
            seen.Add(Shown("training").Single());
            Thread.Sleep(TimeSpan.FromMilliseconds(50));
        }
        Shown("training").Should().Equal(2);
        seen.Should().Contain([0, 1]);

        _browser.ClickOn(button, 0.5);
        _browser.ClickOn(button, 0.5);
        Words(button).Should().Be("Play");
        Thread.Sleep(TimeSpan.FromMilliseconds(700));
        Shown("training").Should().Equal([0], "it was paused at once");
    }

    [Test]
    public void Without_scripts_the_last_pictures_stand_and_no_slider_that_does_nothing()
    {
        _browser.Open(Page, 800, 900, "light", scripts: false);
        foreach (var id in new[] { "training", "trajectory" })
        {
            Shown(id).Should().ContainSingle().Which.Should().BeGreaterThan(1);
            _browser.Ask($"document.getElementById('{id}').checkVisibility()").Should().Be("false");
        }
        _browser.Ask("document.querySelectorAll('noscript p').length").Should().Be("2");
    }

    // The numbers of the pictures that can be seen.
    private int[] Shown(string id)
    {
        var list = _browser.Ask(
            $"[...document.getElementById('{id}').closest('.frames').querySelectorAll('img')]"
                + ".map((image, i) => image.checkVisibility() ? i : -1).filter(i => i >= 0)"
        );
        return [.. list.Split(',').Select(number => int.Parse(number, CultureInfo.InvariantCulture))];
    }

    private string Words(string query) => _browser.Ask($"document.querySelector('{query}').textContent");

    private double Number(string expression) => double.Parse(_browser.Ask(expression), CultureInfo.InvariantCulture);

    private List<string> Complaints() =>
        [
            .. _browser
                .Events.Where(e => Browser.Is(e, "Log.entryAdded") || Browser.Is(e, "Runtime.exceptionThrown"))
                .Select(e => e.ToJsonString()),
        ];

    private List<string> Requests() =>
        [
            .. _browser
                .Events.Where(e => Browser.Is(e, "Network.requestWillBeSent"))
                .Select(e => e["params"]!["request"]!["url"]!.GetValue<string>()),
        ];
}
