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
    public void Sliders_show_other_pictures_by_mouse_and_keyboard(string scheme, int width, int height)
    {
        _browser.Open(Page, width, height, scheme);
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

        Number("document.documentElement.scrollWidth").Should().BeLessThanOrEqualTo(width, "nothing sticks out");
        // Of text and ground, 0 … 255: far apart, and the right way round.
        var (text, ground) = (Brightness("color"), Brightness("backgroundColor"));
        (scheme == "dark" ? text - ground : ground - text).Should().BeGreaterThan(150);
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

    private double Number(string expression) =>
        double.Parse(_browser.Ask(expression), CultureInfo.InvariantCulture);

    private double Brightness(string property) =>
        Number(
            $"getComputedStyle(document.body).{property}.match(/[0-9]+/g).slice(0, 3)"
                + ".reduce((sum, part) => sum + part / 3, 0)"
        );

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
