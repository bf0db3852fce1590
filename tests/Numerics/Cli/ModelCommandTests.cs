using System.Text.Json.Nodes;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Numerics.Cli;

/// <summary><c>inspect</c>, <c>convert</c> and <c>verify</c> as a user calls them.</summary>
public class ModelCommandTests : FolderFixture
{
    private string _model = null!;

    [SetUp]
    public void SetUp()
    {
        _model = GoldenFolders.CopyTo(GoldenFolders.Named("rgb16-asympad-oldkeys"), _folder.File("model"));
    }

    [Test]
    public void Inspect_says_by_its_exit_code_whether_a_model_loads()
    {
        var good = Cli.Run("inspect", _model);
        good.Code.Should().Be(0, good.Error);
        good.Output.Should().Contain("103,875 parameters").And.Contain("It loads").And.NotContain("\u001b");

        File.Delete(Path.Combine(_model, Tampering.SchedulerConfig));
        var bad = Cli.Run("inspect", _model, "--json");
        bad.Code.Should().Be(2);
        ((string)JsonNode.Parse(bad.Output)!["problems"]![0]!["file"]!).Should().Be(Tampering.SchedulerConfig);
        bad.Error.Should().BeEmpty();
    }

    [Test]
    public void A_converted_model_is_verified_by_the_recording_of_the_one_it_comes_from()
    {
        var half = _folder.File("half");
        var converted = Cli.Run("convert", _model, half, "--dtype", "fp16", "--keys", "current");
        converted.Code.Should().Be(0, converted.Error);
        converted.Output.Should().Contain("268 F32 → F16; 416 kB → 208 kB").And.Contain("48 tensors renamed");

        var strict = Cli.Run("verify", half, "--expected", _model);
        strict.Code.Should().Be(1, strict.Error);
        strict.Output.Should().MatchRegex(@"output +float32 +\[2, 3, 16, 16\] +\d\.\d\de-0\d +2\.00e-05  FAILED");
        string[] wide = ["--tolerance", "0.02", "--tolerance-f64", "0.02", "--tolerance-run", "1"];
        Cli.Run(["verify", half, "--expected", _model, .. wide]).Code.Should().Be(0);
    }

    [Test]
    public void A_recording_is_written_into_the_models_folder()
    {
        var recorded = Cli.Run("verify", _model, "--record", "--force");
        recorded.Code.Should().Be(0, recorded.Error);
        recorded.Output.Should().Contain("expected.safetensors: recorded");
    }

    [TestCase("there is no", "inspect", "{model}/nothing")]
    [TestCase("there already", "convert", "{model}", "{full}")]
    [TestCase("'fp8' not recognized", "convert", "{model}", "{new}", "--dtype", "fp8")]
    [TestCase("such as 500MB", "convert", "{model}", "{new}", "--shard-size", "500")]
    [TestCase("isn't a training run", "convert", "{model}", "{new}", "--ema")]
    [TestCase("Tolerance", "verify", "{model}", "--tolerance", "NaN")]
    [TestCase("needs --record", "verify", "{model}", "--seed", "1")]
    [TestCase("has no meaning with --record", "verify", "{model}", "--record", "--tolerance", "1")]
    [TestCase("there already", "verify", "{model}", "--record")]
    [TestCase("no whole network", "verify", "{full}")]
    [TestCase("There are weights without a variant; choose", "convert", "{model}", "{new}", "--variant", "fp16")]
    [TestCase("There are weights without a variant; choose", "verify", "{model}", "--variant", "fp16")]
    [TestCase("There are weights without a variant; choose", "sample", "{model}", "--variant", "fp16")]
    [TestCase("such as fp16", "inspect", "{model}", "--variant", "../x")]
    public void Bad_input_is_one_line_and_exit_code_2_and_nothing_is_written(string says, params string[] arguments)
    {
        Directory.CreateDirectory(_folder.File("full"));
        File.WriteAllText(_folder.File("full/precious"), "mine");
        var before = Files();
        var result = Cli.Run([.. arguments.Select(a => a.Replace("{", _folder.Path + "/").Replace("}", ""))]);
        result.Code.Should().Be(2, result.Error + result.Output);
        result.Error.TrimEnd().Split('\n').Should().ContainSingle().Which.Should().StartWith("diffusion: ");
        result.Error.Should().ContainEquivalentOf(says);
        Files().Should().Equal(before);
    }

    [TestCase("inspect")]
    [TestCase("convert")]
    [TestCase("verify")]
    public void Help_has_examples(string command) =>
        Cli.Run(command, "--help").Output.Should().Contain("Examples:").And.Contain($"diffusion {command} ");

    private List<(string, DateTime)> Files() =>
        [
            .. Directory
                .EnumerateFileSystemEntries(_folder.Path, "*", SearchOption.AllDirectories)
                .Order(StringComparer.Ordinal)
                .Select(path => (path, File.GetLastWriteTimeUtc(path))),
        ];
}
