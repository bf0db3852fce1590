using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Diffusion.Api;
using Diffusion.Math;
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

    private const double TrajectoryError = 1e-4;
    private const string Sample = "ddim.x_0";

    private static readonly string[] Synonyms =
    [
        "act_fn",
        "sample_size",
        "down_block_types",
        "up_block_types",
        "downsample_type",
        "upsample_type",
    ];

    private static string Root =>
        Environment.GetEnvironmentVariable("DIFFUSION_GOLDEN_UNET_DIR")
        ?? Path.Combine(AppContext.BaseDirectory, "Golden", "unet");

    private static IEnumerable<string> Folders =>
        Directory
            .EnumerateFiles(Root, "expected.safetensors", SearchOption.AllDirectories)
            .Select(file => Path.GetDirectoryName(file)!)
            .Order();

    private static IEnumerable<string> FoldersWithTrajectory =>
        Folders.Where(folder =>
            Safetensors
                .ReadHeader(Path.Combine(folder, "expected.safetensors"))
                .Entries.Any(entry => entry.Name == Sample)
        );

    [Test]
    public void Golden_folders_are_found() => Folders.Should().NotBeEmpty();

    [TestCaseSource(nameof(Folders))]
    public void Golden_stages_and_output_in_float32(string folder)
    {
        using var net = Load(folder);
        using var expected = Recorded(folder);
        var errors = new Dictionary<string, double>();
        using (no_grad())
        using (
            net.Trace(
                expected.Tensors["x"],
                expected.Tensors["timesteps"],
                Classes(expected),
                (stage, value) =>
                {
                    var name = stage == "output" ? stage : $"stage.{stage}";
                    if (expected.Tensors.TryGetValue(name, out var recorded))
                        errors[name] = Difference(value, recorded);
                }
            )
        ) { }
        errors
            .Keys.Should()
            .BeEquivalentTo(
                expected.Tensors.Keys.Where(n => n.StartsWith("stage.", StringComparison.Ordinal)).Append("output")
            );
        Report(errors);
        errors.Values.Should().OnlyContain(error => error <= Float32Error);
    }

    [TestCaseSource(nameof(Folders))]
    public void Golden_output_in_float64(string folder)
    {
        using var expected = Recorded(folder);
        if (!expected.Tensors.TryGetValue("output_f64", out var recorded))
            Assert.Ignore("Nothing recorded in float64.");
        using var net = Load(folder);
        net.to(ScalarType.Float64);
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var output = net.forward(
            expected.Tensors["x"].to(ScalarType.Float64),
            expected.Tensors["timesteps"],
            Classes(expected)
        );
        var error = Difference(output, recorded!);
        Report(new Dictionary<string, double> { ["output_f64"] = error });
        error.Should().BeLessThan(Float64Error);
    }

    [TestCaseSource(nameof(FoldersWithTrajectory))]
    public void Golden_trajectory_of_ten_DDIM_steps(string folder)
    {
        using var expected = Recorded(folder);
        var recorded = expected.Tensors[Sample];
        var exact = expected.Tensors.GetValueOrDefault(Sample + "_f64", recorded);
        using var scope = NewDisposeScope();
        var in32 = Sampled(folder, expected, ScalarType.Float32);
        var in64 = Sampled(folder, expected, ScalarType.Float64);
        var errors = new Dictionary<string, double>
        {
            ["float64 network"] = Difference(in64, exact),
            ["float32 network"] = Difference(in32, exact),
            // The samples have values of up to 200: the record in float32 is itself that far from the one in float64.
            ["recorded in float32"] = Difference(in32, recorded) - Difference(exact, recorded),
        };
        Report(errors);
        errors.Values.Should().OnlyContain(error => error <= TrajectoryError);
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
        using var scratch = new ScratchFolder();
        var copy = scratch.File("copy.safetensors");
        Safetensors.Save(copy, file.Tensors.Select(t => (t.Key, t.Value)), file.Metadata);
        File.ReadAllBytes(copy).Should().Equal(File.ReadAllBytes(path));
    }

    private static Tensor Sampled(string folder, SafetensorsFile expected, ScalarType type)
    {
        var config = SchedulerConfig.FromJson(
            File.ReadAllText(Path.Combine(folder, "scheduler", "scheduler_config.json")),
            out _
        );
        using var net = Load(folder);
        net.to(type);
        return PlanSampler.Run(
            Samplers.Ddim(config.ToSchedule(), RecordedGrid(folder)),
            (x, t) => net.forward(x.to(type), t, Classes(expected)).to(ScalarType.Float64),
            config.Prediction,
            expected.Tensors["ddim.x_T"].to(ScalarType.Float64),
            () => throw new InvalidOperationException("DDIM at η = 0 takes no noise.")
        );
    }

    private static SafetensorsFile Recorded(string folder) =>
        Safetensors.Load(Path.Combine(folder, "expected.safetensors"));

    private static Tensor? Classes(SafetensorsFile expected) => expected.Tensors.GetValueOrDefault("class_labels");

    // The description of a trajectory names the network's times, "t = [900, 800, …]".
    private static TimeGrid RecordedGrid(string folder)
    {
        using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "expected.json")));
        var told = json.RootElement.GetProperty("tensors").GetProperty("ddim.x_0").GetString()!;
        var list = Regex.Match(told, @"t = \[([0-9, ]+)\]").Groups[1].Value;
        var times = list.Split(',').Select(t => int.Parse(t, CultureInfo.InvariantCulture) + 1);
        return TimeGrid.Explicit([.. times, 0]);
    }

    private static double Difference(Tensor value, Tensor recorded)
    {
        value.shape.Should().Equal(recorded.shape);
        return Nets.MaxDifference(value, recorded);
    }

    private static void Report(Dictionary<string, double> errors) =>
        TestContext.Out.WriteLine(
            string.Join(", ", errors.Select(e => string.Create(CultureInfo.InvariantCulture, $"{e.Key} {e.Value:E1}")))
        );

    private static UNet2D Load(string folder)
    {
        var net = new UNet2D(UNet2DConfig.Load(Path.Combine(folder, "unet", "config.json")));
        Weights.Load(net, Path.Combine(folder, "unet", "diffusion_pytorch_model.safetensors"));
        net.eval();
        return net;
    }
}
