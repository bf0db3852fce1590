using System.Globalization;
using System.Xml.Linq;
using Diffusion.Cli;
using Diffusion.Math;
using FluentAssertions;
using MathNet.Numerics.Distributions;
using NUnit.Framework;

namespace Diffusion.Numerics.Cli;

/// <summary>The figures of the documentation, and that they are what the command draws.</summary>
public class PlotTests : FolderFixture
{
    private static readonly string Images = Path.Combine(Repository.Root, "docs", "images");

    [TestCase("schedule", "schedules.svg", "linear", "scaled linear", "cosine", "sigmoid", "log-SNR in nats")]
    [TestCase("sampler", "samplers.svg", "DDIM = Euler", "Heun", "DPM-Solver++ 2M", "UniPC-3", "network calls")]
    public void A_figure_is_that_of_the_documentation(string figure, string documented, params string[] words)
    {
        var file = _folder.File("figure.svg");
        var result = Cli.Run("plot", figure, "--out", file);
        result.Code.Should().Be(0, result.Error);
        result.Output.Should().Contain(file);

        var (drawn, kept) = (XElement.Load(file), XElement.Load(Path.Combine(Images, documented)));
        Texts(drawn).Should().Contain(words).And.Equal(Texts(kept));
        Numbers(drawn).Should().OnlyContain(number => double.IsFinite(number));
        Numbers(drawn).Should().HaveSameCount(Numbers(kept));
        Numbers(drawn).Zip(Numbers(kept), (a, b) => double.Abs(a - b)).Max().Should().BeLessThan(0.5);
    }

    [TestCase("Argument", "unknown", "magic")]
    [TestCase("Required", "none")]
    [TestCase("no folder", "nowhere", "schedule", "--out", "{nowhere/x.svg}")]
    [TestCase("doesn't end in .svg; name it", "picture", "schedule", "--out", "{x.png}")]
    [TestCase("is a folder", "folder", "sampler", "--out", "{}")]
    public void Bad_input_is_one_clear_line_and_exit_code_2(string says, string name, params string[] arguments)
    {
        var filled = arguments.Select(a => a.StartsWith('{') ? Path.Combine(_folder.Path, a[1..^1]) : a);
        var result = Cli.Run(["plot", .. filled]);
        result.Code.Should().Be(2, name + result.Error + result.Output);
        result.Error.TrimEnd().Split('\n').Should().ContainSingle();
        result.Error.Should().StartWith("diffusion: ").And.Contain(says);
        Directory.EnumerateFileSystemEntries(_folder.Path).Should().BeEmpty();
    }

    [Test]
    public void Help_has_examples()
    {
        var result = Cli.Run("plot", "--help");
        result.Code.Should().Be(0);
        result.Output.Should().Contain("Example").And.Contain("diffusion plot schedule");
    }

    [Test]
    public void The_answer_that_errors_are_measured_from_is_where_the_flow_goes()
    {
        // On a line the flow keeps the order of points: the share of the data below a state never changes.
        var grid = SamplerCurves.Grid(1);
        var before = SamplerCurves.Start(grid).Select(x => Below(x, grid.Start)).ToList();
        var after = SamplerCurves.Answer().Select(x => Below(x, grid.End)).ToList();
        after.Zip(before, (a, b) => double.Abs(a - b)).Max().Should().BeLessThan(2e-11);
    }

    [Test]
    public void Every_curve_spends_at_most_its_calls_and_ends_below_the_first_order()
    {
        var answer = SamplerCurves.Answer();
        var ends = SamplerCurves.Known.Select(s => SamplerCurves.Errors(s.Calls, s.Plan, answer)[^1]).ToList();
        ends.Should().OnlyContain(end => end.Calls > 500 && end.Calls <= 512);
        var first = ends[0].Error;
        ends.Skip(1).Should().OnlyContain(end => end.Error < first / 10);
    }

    [Test]
    public void Ticks_are_round_numbers_within_the_axis()
    {
        new ChartAxis("x", 0, 1000)
            .Ticks()
            .Select(tick => tick.Text)
            .Should()
            .Equal("0", "200", "400", "600", "800", "1000");
        new ChartAxis("x", 0, 0.13).Ticks().Select(tick => tick.Text).Should().Equal("0", "0.05", "0.1");
        new ChartAxis("x", -20, 10)
            .Ticks()
            .Select(tick => tick.Text)
            .Should()
            .Equal("-20", "-15", "-10", "-5", "0", "5", "10");
        new ChartAxis("x", 1e-3, 2000, true)
            .Ticks()
            .Select(tick => tick.Text)
            .Should()
            .Equal("10⁻³", "10⁻²", "10⁻¹", "1", "10", "100", "10³");
        new ChartAxis("x", 6, 120, true).Ticks().Select(tick => tick.Text).Should().Equal("10", "20", "50", "100");
        new ChartAxis("x", 1e-2, 100, true).Share(1).Should().BeApproximately(0.5, 1e-15);
    }

    private static double Below(double x, NoiseLevel level)
    {
        var noisy = SamplerCurves.Data.At(level);
        return noisy
            .Weights.Zip(noisy.Parts.Select(part => part.Components[0]))
            .Sum(part => part.First * Normal.CDF(part.Second.Mean, part.Second.StandardDeviation, x));
    }

    private static List<string> Texts(XElement picture) =>
        [.. picture.Descendants().Where(e => e.Name.LocalName == "text").Select(e => e.Value)];

    private static List<double> Numbers(XElement picture) =>
        [
            .. picture
                .Descendants()
                .Attributes("points")
                .SelectMany(points => points.Value.Split(' ', ','))
                .Select(number => double.Parse(number, CultureInfo.InvariantCulture)),
        ];
}
