using System.Text.Json;
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
    private const double Float32Error = 2e-5;
    private const double Float64Error = 1e-9;

    private static string Root =>
        Environment.GetEnvironmentVariable("DIFFUSION_GOLDEN_UNET_DIR")
        ?? Path.Combine(AppContext.BaseDirectory, "Golden", "unet");

    private static IEnumerable<string> Folders => Directory.EnumerateDirectories(Root).Order();

    [Test]
    public void Golden_folders_are_found() => Folders.Should().NotBeEmpty();

    [TestCaseSource(nameof(Folders))]
    public void Golden_stages_and_output_in_float32(string folder)
    {
        using var net = Load(folder);
        using var expected = Safetensors.Load(Path.Combine(folder, "expected.safetensors"));
        var errors = new Dictionary<string, double>();
        using (no_grad())
        using (
            net.Trace(
                expected.Tensors["x"],
                expected.Tensors["timesteps"],
                expected.Tensors.GetValueOrDefault("class_labels"),
                (stage, value) =>
                {
                    var name = stage == "output" ? stage : $"stage.{stage}";
                    if (expected.Tensors.TryGetValue(name, out var recorded))
                        errors[name] = Nets.MaxDifference(value, recorded);
                }
            )
        ) { }
        errors
            .Keys.Should()
            .BeEquivalentTo("stage.temb", "stage.conv_in", "stage.down0", "stage.mid", "stage.up0", "output");
        errors.Values.Should().OnlyContain(error => error <= Float32Error);
    }

    [TestCaseSource(nameof(Folders))]
    public void Golden_output_in_float64(string folder)
    {
        using var net = Load(folder);
        net.to(ScalarType.Float64);
        using var expected = Safetensors.Load(Path.Combine(folder, "expected.safetensors"));
        using var x = expected.Tensors["x"].to(ScalarType.Float64);
        using (no_grad())
        using (
            var output = net.forward(
                x,
                expected.Tensors["timesteps"],
                expected.Tensors.GetValueOrDefault("class_labels")
            )
        )
            Nets.MaxDifference(output, expected.Tensors["output_f64"]).Should().BeLessThan(Float64Error);
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
        JsonElement.DeepEquals(written.RootElement, read.RootElement).Should().BeTrue();
    }

    [TestCaseSource(nameof(Folders))]
    public void Golden_weights_are_written_back_byte_for_byte(string folder)
    {
        var path = Path.Combine(folder, "unet", "diffusion_pytorch_model.safetensors");
        using var file = Safetensors.Load(path);
        using var scratch = new ScratchFolder();
        var copy = scratch.File("copy.safetensors");
        Safetensors.Save(copy, file.Tensors.Select(t => (t.Key, t.Value)), file.Metadata);
        File.ReadAllBytes(copy).Should().Equal(File.ReadAllBytes(path));
    }

    private static UNet2D Load(string folder)
    {
        var net = new UNet2D(UNet2DConfig.Load(Path.Combine(folder, "unet", "config.json")));
        Weights.Load(net, Path.Combine(folder, "unet", "diffusion_pytorch_model.safetensors"));
        net.eval();
        return net;
    }
}
