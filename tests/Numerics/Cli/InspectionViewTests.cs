using System.Text.RegularExpressions;
using Diffusion.Api;
using Diffusion.Cli;
using Diffusion.Nn;
using FluentAssertions;
using NUnit.Framework;
using Spectre.Console;
using TorchSharp;

namespace Diffusion.Numerics.Cli;

public partial class InspectionViewTests
{
    private const string Model = "rgb16-asympad-oldkeys";

    private static readonly InspectionReport Whole = Inspector.Inspect(GoldenFolders.Named(Model)) with
    {
        Path = "model",
    };

    [TestCase(80)]
    [TestCase(120)]
    public void A_terminal_gets_colours_and_a_tree_that_fits_its_width(int width)
    {
        var shown = Rich(Whole, width);
        shown.Should().Contain("\u001b[", "a terminal has colours");
        var lines = Escapes().Replace(shown, "").Split('\n');
        lines.Should().OnlyContain(line => line.TrimEnd().Length <= width);
        lines
            .Should()
            .Contain(line => Regex.IsMatch(line, @"^├─ down_blocks\.1 +DownBlock +\[16, 16, 3, 3\] +14,000$"));
        lines
            .Should()
            .Contain(line => Regex.IsMatch(line, @"^│  ├─ attentions\.0…1 +AttentionBlock ×2 +\[16, 16\] +2,240$"));
        lines.Should().Contain(line => Regex.IsMatch(line, @"^└─ conv_out +Conv2d +\[3, 8, 3, 3\] +219$"));
    }

    [Test]
    public void A_file_gets_plain_columns_with_whole_paths()
    {
        var lines = Plain(Whole).Split('\n');
        string.Concat(lines).Should().NotContainAny("\u001b", "│", "├");
        lines[0].Should().Be("model: a diffusers pipeline, DDPMPipeline");
        lines
            .Should()
            .Contain(line =>
                Regex.IsMatch(line, @"^  down_blocks\.1\.attentions\.0…1 +AttentionBlock ×2 +\[16, 16\] +2,240$")
            );
        lines.Should().Contain("  network   103,875 parameters, all trainable");
        lines.Should().Contain("  schedule  T = 1000, ᾱ_T = 4.04e-05, SNR 1e+04 … 4.04e-05");
        lines.Should().OnlyContain(line => line == line.TrimEnd());
    }

    [Test]
    public void Every_tensor_is_listed_when_asked_for()
    {
        var plain = Plain(Whole, everyTensor: true);
        foreach (var tensor in Whole.Weights[0].Tensors)
            plain
                .Should()
                .MatchRegex(
                    $@"(?m)^  {Regex.Escape(tensor.Name)} +F32 +\[{string.Join(", ", tensor.Shape)}\] +[\d,]+$"
                );
    }

    [Test]
    public void A_name_that_would_command_the_terminal_is_made_harmless()
    {
        var report = Whole with { Problems = [new InspectionProblem("a\u001b[2J", "b\nc")] };
        Plain(report).Should().Contain("WRONG  a�[2J: b�c");
        Rich(report, 80).Should().NotContain("\u001b[2J");
    }

    [Test]
    public void Names_with_empty_parts_are_shown()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("odd.safetensors");
        using (var one = torch.zeros(1))
            Safetensors.Save(path, [("a..b", one), ("..", one), ("con/../x", one), (".a", one), ("0..1", one)]);
        var report = Inspector.Inspect(path);
        foreach (var everyTensor in new[] { false, true })
            Plain(report, everyTensor).Should().Contain("It loads");
        Rich(report, 80).Should().Contain("a");
    }

    [Test]
    public void Many_problems_are_counted_and_the_first_are_shown()
    {
        var problems = Enumerable.Range(0, 100).Select(i => new InspectionProblem("f", $"number {i}."));
        var plain = Plain(Whole with { Problems = [.. problems] });
        plain.Should().Contain("It doesn't load: 100 problems").And.Contain("number 39.").And.Contain("and 60 more");
        plain.Should().NotContain("number 40.");
    }

    [TestCase(0, "0 B")]
    [TestCase(999, "999 B")]
    [TestCase(1000, "1.00 kB")]
    [TestCase(9_999, "10.0 kB")]
    [TestCase(415_500, "416 kB")]
    [TestCase(999_600, "1.00 MB")]
    [TestCase(123_456_789_012, "123 GB")]
    public void Sizes_have_three_digits(long bytes, string text) => Figures.Bytes(bytes).Should().Be(text);

    [TestCase("500MB", 500_000_000)]
    [TestCase("1.5 gb", 1_500_000_000)]
    [TestCase("7B", 7)]
    [TestCase("", 0)]
    [TestCase("500", 0)]
    [TestCase("-1MB", 0)]
    [TestCase("0.1B", 0)]
    [TestCase("1e9GB", 0)]
    [TestCase("999999999999TB", 0)]
    [TestCase("NaNMB", 0)]
    public void Sizes_are_read_with_their_unit_or_refused(string text, long bytes)
    {
        var parse = FluentActions.Invoking(() => Figures.ParseBytes("--shard-size", text));
        if (bytes > 0)
            parse().Should().Be(bytes);
        else
            parse.Should().Throw<ArgumentException>().WithMessage($"--shard-size must be a size*not '{text}'.");
    }

    private static string Plain(InspectionReport report, bool everyTensor = false)
    {
        var writer = new StringWriter { NewLine = "\n" };
        new InspectionView(report, new PlainReport(writer), everyTensor).Show();
        return writer.ToString();
    }

    private static string Rich(InspectionReport report, int width)
    {
        var writer = new StringWriter { NewLine = "\n" };
        var console = AnsiConsole.Create(
            new AnsiConsoleSettings
            {
                Ansi = AnsiSupport.Yes,
                ColorSystem = ColorSystemSupport.Standard,
                Out = new AnsiConsoleOutput(writer),
            }
        );
        console.Profile.Width = width;
        new InspectionView(report, new RichReport(console), everyTensor: false).Show();
        return writer.ToString();
    }

    [GeneratedRegex("\u001b\\[[0-9;]*m")]
    private static partial Regex Escapes();
}
