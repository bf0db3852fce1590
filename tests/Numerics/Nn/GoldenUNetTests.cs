using System.Text.Json;
using Diffusion.Api;
using Diffusion.Nn;
using FluentAssertions;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Numerics.Nn;

/// <summary>Values recorded from Python's diffusers 0.27.2 on PyTorch 1.13, weights included.</summary>
[TestFixture]
internal sealed class GoldenUNetTests
{
    private const string WideEnd = "ddim.x_0_f64";

    private static readonly string[] Synonyms =
    [
        "act_fn",
        "sample_size",
        "down_block_types",
        "up_block_types",
        "downsample_type",
        "upsample_type",
    ];

    private static IEnumerable<string> Folders => GoldenFolders.All;

    [Test]
    public void Golden_folders_are_found() => Folders.Should().NotBeEmpty();

    /// <summary>In float32, and in float64 where that was recorded; the run is of ten DDIM steps.</summary>
    [TestCaseSource(nameof(Folders))]
    public void Golden_stages_output_and_run(string folder)
    {
        var checks = ModelVerification.Run(folder, tolerances: EngineUnderTest.Tolerances).Checks;
        TestContext.Out.WriteLine(
            string.Join(", ", checks.Select(c => FormattableString.Invariant($"{c.Name} {c.MaxDifference:E1}")))
        );
        var recorded = Safetensors.ReadHeader(Path.Combine(folder, "expected.safetensors")).Entries.Select(e => e.Name);
        var results = recorded.Where(name => Allowed(name) is not null).ToList();
        // The wide end is met by the network in either precision.
        checks.Select(c => c.Name).Should().BeEquivalentTo([.. results, .. results.Where(name => name == WideEnd)]);
        using var file = Safetensors.Load(Path.Combine(folder, "expected.safetensors"));
        checks.Should().OnlyContain(c => c.MaxDifference <= Allowed(c.Name) * Scale(file, c.Name) && c.Passed);
        checks
            .Where(c => c.Name != WideEnd)
            .Should()
            .OnlyContain(c => (c.Precision == ScalarType.Float64) == c.Name.EndsWith("_f64"));
    }

    [TestCaseSource(nameof(Folders))]
    public void Golden_parameter_counts(string folder)
    {
        using var net = Load(folder);
        using var expected = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "expected.json")));
        Nets.Parameters(net).Should().Be(expected.RootElement.GetProperty("parameters").GetInt64());
    }

    [TestCaseSource(nameof(Folders))]
    public void Golden_configs_are_written_back_as_they_were(string folder)
    {
        var path = Path.Combine(folder, "unet", "config.json");
        using var read = JsonDocument.Parse(File.ReadAllText(path));
        using var written = JsonDocument.Parse(UNet2DConfig.Load(path).ToJson());
        var kept = written.RootElement.EnumerateObject().ToDictionary(p => p.Name, p => p.Value);
        foreach (var property in read.RootElement.EnumerateObject())
        {
            kept.Should().ContainKey(property.Name);
            // A few values have two spellings, of which one is written.
            if (!Synonyms.Contains(property.Name))
                JsonElement.DeepEquals(kept[property.Name], property.Value).Should().BeTrue(property.Name);
        }
        UNet2DConfig.FromJson(written.RootElement.GetRawText()).Should().Be(UNet2DConfig.Load(path));
    }

    [TestCaseSource(nameof(Folders))]
    public void Golden_weights_are_written_back_byte_for_byte(string folder)
    {
        var path = Path.Combine(folder, "unet", "diffusion_pytorch_model.safetensors");
        using var file = Safetensors.Load(path);
        using var scratch = new TemporaryFolder();
        var copy = scratch.File("copy.safetensors");
        Safetensors.Save(copy, file.Tensors.Select(t => (t.Key, t.Value)), file.Metadata);
        File.ReadAllBytes(copy).Should().Equal(File.ReadAllBytes(path));
    }

    // The largest difference of a recorded result; null for what is no result.
    private static double? Allowed(string name) =>
        name switch
        {
            "output_f64" => EngineUnderTest.RoundsAsRecorded ? 1e-9 : 5e-7,
            "ddim.x_0" or WideEnd => 1e-4,
            _ when name == "output" || name.StartsWith("stage.", StringComparison.Ordinal) => 2e-5,
            _ => null,
        };

    // A run in float32 ends with the roundings of its greatest number, which is up to 210 here: 2e-6 of it.
    private static double Scale(SafetensorsFile file, string name) =>
        name == "ddim.x_0" ? double.Max(1, file.Tensors[name].abs().max().ToDouble() / 50) : 1;

    private static UNet2D Load(string folder)
    {
        var net = new UNet2D(UNet2DConfig.Load(Path.Combine(folder, "unet", "config.json")));
        Weights.Load(net, Path.Combine(folder, "unet", "diffusion_pytorch_model.safetensors"));
        net.eval();
        return net;
    }
}
