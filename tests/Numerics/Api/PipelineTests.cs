using System.Text.Json.Nodes;
using Diffusion.Api;
using Diffusion.Math;
using Diffusion.Nn;
using FluentAssertions;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Numerics.Api;

public class PipelineTests : FolderFixture
{
    [SetUp]
    public void SaveModel() => TinySetup.SaveModel(_folder.Path);

    [Test]
    public void A_saved_pipeline_loads_and_draws_the_same_images()
    {
        using var first = Pipeline.Load(_folder.Path);
        first.Save(_folder.File("again"));
        using var second = Pipeline.Load(_folder.File("again"));
        var plan = Samplers.Ddpm(first.Schedule, TimeGrid.Trailing(first.Schedule, 4), x0Rule: first.Scheduler.X0Rule);
        using var a = first.Sample(plan, 2, seed: 3);
        using var b = second.Sample(plan, 2, seed: 3);
        a.shape.Should().Equal(2, 1, 8, 8);
        a.Equals(b).Should().BeTrue();
        a.abs().max().ToSingle().Should().BeLessThanOrEqualTo(1, "x̂₀ is clipped");
    }

    [Test]
    public void The_folder_is_laid_out_as_diffusers_reads_it()
    {
        var index = JsonNode.Parse(File.ReadAllText(_folder.File("model_index.json")))!;
        index["_class_name"]!.GetValue<string>().Should().Be("DDPMPipeline");
        index["unet"]!.AsArray().Select(n => n!.GetValue<string>()).Should().Equal("diffusers", "UNet2DModel");
        var scheduler = JsonNode.Parse(File.ReadAllText(_folder.File("scheduler/scheduler_config.json")))!;
        scheduler["beta_schedule"]!.GetValue<string>().Should().Be("squaredcos_cap_v2");
        scheduler["prediction_type"]!.GetValue<string>().Should().Be("v_prediction");
        scheduler["num_train_timesteps"]!.GetValue<int>().Should().Be(100);
        File.Exists(_folder.File("unet/config.json")).Should().BeTrue();
        using var weights = Safetensors.Load(_folder.File("unet/diffusion_pytorch_model.safetensors"));
        weights.Metadata.Should().Contain("format", "pt");
    }

    [TestCase(
        "scheduler/scheduler_config.json",
        "beta_schedule",
        "\"exp\"",
        "*beta_schedule*'exp'*linear, scaled_linear, squaredcos_cap_v2*"
    )]
    [TestCase(
        "scheduler/scheduler_config.json",
        "prediction_type",
        "\"noise\"",
        "*prediction_type*'noise'*epsilon, sample, v_prediction*"
    )]
    [TestCase("scheduler/scheduler_config.json", "num_train_timesteps", "0", "*scheduler_config.json*0*")]
    [TestCase("unet/config.json", "block_out_channels", "[8, 16]", "*")]
    public void What_is_not_supported_is_an_error_that_says_what_is(
        string file,
        string key,
        string value,
        string message
    )
    {
        var path = _folder.File(file);
        var json = JsonNode.Parse(File.ReadAllText(path))!;
        json[key] = JsonNode.Parse(value);
        File.WriteAllText(path, json.ToJsonString());
        FluentActions
            .Invoking(() => Pipeline.Load(_folder.Path))
            .Should()
            .Throw<InvalidDataException>()
            .WithMessage(message);
    }

    [Test]
    public void An_unknown_key_is_reported()
    {
        var path = _folder.File("scheduler/scheduler_config.json");
        File.WriteAllText(path, File.ReadAllText(path).Replace("\"beta_end\"", "\"flux\": 3, \"beta_end\""));
        using var pipeline = Pipeline.Load(_folder.Path);
        pipeline.Notices.Should().ContainSingle().Which.Should().Contain("flux");
    }

    [TestCase("model_index.json")]
    [TestCase("scheduler/scheduler_config.json")]
    [TestCase("unet/config.json")]
    [TestCase("unet/diffusion_pytorch_model.safetensors")]
    public void A_missing_file_is_named(string file)
    {
        File.Delete(_folder.File(file));
        FluentActions
            .Invoking(() => Pipeline.Load(_folder.Path))
            .Should()
            .Throw<IOException>()
            .WithMessage($"*{Path.GetFileName(file)}*");
    }

    [Test]
    public void Loading_and_failing_to_load_leaves_no_tensor_behind()
    {
        LiveTensors.SkipWhereParametersStayCounted();
        Pipeline.Load(_folder.Path).Dispose();
        var before = LiveTensors.Count();
        Pipeline.Load(_folder.Path).Dispose();
        Tensor.TotalCount.Should().Be(before);
        var weights = _folder.File("unet/diffusion_pytorch_model.safetensors");
        File.WriteAllBytes(weights, File.ReadAllBytes(weights)[..^7]);
        FluentActions.Invoking(() => Pipeline.Load(_folder.Path)).Should().Throw<InvalidDataException>();
        Tensor.TotalCount.Should().Be(before);
    }
}
