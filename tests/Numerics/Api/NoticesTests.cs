using Diffusion.Api;
using Diffusion.Nn;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Numerics.Api;

/// <summary>What configs say without effect is reported, and nothing else is.</summary>
public class NoticesTests
{
    private const string Karras = "\"use_karras_sigmas\": true";

    [TestCase("DDPM", "\"beta_schedule\": \"squaredcos_cap_v2\", \"beta_start\": 0.001", "beta_start")]
    [TestCase("DDPM", "\"beta_schedule\": \"squaredcos_cap_v2\", \"beta_end\": 0.03", "beta_end")]
    [TestCase("HeunDiscrete", "\"beta_schedule\": \"exp\", \"beta_end\": 0.02", "beta_end")]
    [TestCase("DDIM", "\"num_train_timesteps\": 2, \"trained_betas\": [0.1, 0.2], \"beta_end\": 0.03", "beta_end")]
    [TestCase("DDPM", "\"clip_sample\": false, \"clip_sample_range\": 2", "clip_sample_range")]
    [TestCase("HeunDiscrete", "\"clip_sample_range\": 2", "clip_sample_range")]
    [TestCase("DDIM", "\"thresholding\": true, \"clip_sample_range\": 2", "clip_sample_range")]
    [TestCase("DDIM", "\"sample_max_value\": 1.5", "sample_max_value")]
    [TestCase("UniPCMultistep", "\"dynamic_thresholding_ratio\": 0.9", "dynamic_thresholding_ratio")]
    [TestCase("DPMSolverMultistep", Karras + ", \"timestep_spacing\": \"trailing\"", "timestep_spacing")]
    [TestCase("DPMSolverMultistep", Karras + ", \"lambda_min_clipped\": -5", "lambda_min_clipped")]
    [TestCase("DPMSolverMultistep", "\"use_lu_lambdas\": true, \"timestep_spacing\": \"leading\"", "timestep_spacing")]
    [TestCase("UniPCMultistep", Karras + ", \"timestep_spacing\": \"leading\"", "timestep_spacing")]
    [TestCase("DPMSolverMultistep", Karras + ", \"steps_offset\": 1", "steps_offset")]
    [TestCase("DPMSolverMultistep", "\"solver_order\": 1, \"solver_type\": \"heun\"", "solver_type")]
    [TestCase("DPMSolverMultistep", "\"solver_order\": 1, \"euler_at_final\": true", "euler_at_final")]
    [TestCase("DPMSolverMultistep", "\"variance_type\": \"fixed_large\"", "variance_type")]
    [TestCase("EulerDiscrete", "\"sigma_min\": 0.1", "sigma_min")]
    [TestCase("UniPCMultistep", "\"sigma_min\": 0.1", "sigma_min")]
    [TestCase("UniPCMultistep", "\"flow_shift\": 3.0", "flow_shift")]
    public void A_scheduler_key_without_effect_is_reported(string @class, string keys, string reported)
    {
        var notices = Read(@class, keys);
        notices
            .Should()
            .ContainSingle(string.Join(" ", notices))
            .Which.Should()
            .Match($"scheduler: {reported}*no effect*");
    }

    [TestCase("DDPM", "\"beta_schedule\": \"sigmoid\", \"beta_start\": 0.001")]
    [TestCase("DDPM", "\"variance_type\": \"fixed_large\", \"clip_sample_range\": 2")]
    [TestCase("DDIM", "\"thresholding\": true, \"sample_max_value\": 2, \"dynamic_thresholding_ratio\": 0.9")]
    [TestCase("DPMSolverMultistep", "\"variance_type\": null, \"lambda_min_clipped\": -Infinity, " + Karras)]
    [TestCase(
        "DPMSolverMultistep",
        "\"solver_type\": \"heun\", \"timestep_spacing\": \"leading\", \"steps_offset\": 1"
    )]
    [TestCase("HeunDiscrete", Karras + ", \"timestep_spacing\": \"trailing\"")]
    [TestCase("EulerDiscrete", Karras + ", \"timestep_spacing\": \"trailing\", \"sigma_min\": 0.1")]
    public void A_scheduler_key_with_an_effect_is_not(string @class, string keys) =>
        Read(@class, keys).Should().BeEmpty();

    // What later releases write for every folder.
    [TestCase("EulerDiscrete", "\"use_beta_sigmas\": false, \"final_sigmas_type\": \"zero\"")]
    [TestCase(
        "UniPCMultistep",
        "\"use_flow_sigmas\": false, \"flow_shift\": 1.0, \"rescale_betas_zero_snr\": false, \"sigma_max\": null,"
            + "\"final_sigmas_type\": \"zero\", \"shift_terminal\": null"
    )]
    public void Keys_of_later_releases_at_their_defaults_are_no_news(string @class, string keys) =>
        Read(@class, keys).Should().BeEmpty();

    [Test]
    public void A_folder_that_says_all_the_defaults_is_silent([Values] SchedulerClass @class)
    {
        var name = SchedulerConfigJson.NameOf(@class);
        var config = SchedulerConfig.FromJson($"{{\"_class_name\": \"{name}\"}}", out _);
        // Without its source, every key is written.
        var all = (config with { Source = null }).ToJson();
        SchedulerConfig.FromJson(all, out var notices).Should().Be(config);
        notices.Should().BeEmpty();
    }

    [Test]
    public void A_range_of_another_kind_is_refused_also_where_it_has_no_effect() =>
        FluentActions
            .Invoking(() => Read("DDPM", "\"clip_sample\": false, \"clip_sample_range\": \"foo\""))
            .Should()
            .Throw<InvalidDataException>()
            .WithMessage("clip_sample_range must be a finite number*foo*");

    [TestCase("\"num_train_timesteps\": 1000", "num_train_timesteps has no effect*")]
    [TestCase("\"time_embedding_type\": \"fourier\", \"freq_shift\": 1", "freq_shift has no effect*")]
    [TestCase("\"time_embedding_type\": \"fourier\", \"flip_sin_to_cos\": false", "flip_sin_to_cos has no effect*")]
    [TestCase("\"class_embed_type\": \"timestep\", \"num_class_embeds\": 5", "num_class_embeds has no effect*")]
    [TestCase("\"mid_block_type\": null, \"mid_block_scale_factor\": 2", "mid_block_scale_factor has no effect*")]
    [TestCase("\"add_attention\": false, \"attn_norm_num_groups\": 8", "attn_norm_num_groups has no effect*")]
    [TestCase("\"mid_block_type\": \"UNetMidBlock2D\"", "mid_block_type has no effect*only one*")]
    [TestCase("\"mystery\": 1", "mystery is unknown and has no effect.")]
    public void A_network_key_without_effect_is_reported(string keys, string notice) =>
        UNet2DNotices.Of(UNet2DConfig.FromJson($"{{{keys}}}")).Should().ContainSingle().Which.Should().Match(notice);

    [TestCase("\"time_embedding_type\": \"learned\", \"num_train_timesteps\": 1000")]
    [TestCase("\"freq_shift\": 1, \"flip_sin_to_cos\": false, \"num_class_embeds\": 5")]
    [TestCase("\"_name_or_path\": \"x\", \"downsample_type\": \"resnet\", \"upsample_type\": \"resnet\"")]
    public void A_network_key_with_an_effect_is_not(string keys) =>
        UNet2DNotices.Of(UNet2DConfig.FromJson($"{{{keys}}}")).Should().BeEmpty();

    [Test]
    public void Loading_and_inspecting_say_the_same()
    {
        using var folder = new TemporaryFolder();
        var model = GoldenFolders.CopyTo(GoldenFolders.Named("gray28-default"), folder.File("model"));
        Tampering.Json(Path.Combine(model, Tampering.NetworkConfig), json => json["num_train_timesteps"] = 7);
        Tampering.Json(Path.Combine(model, Tampering.SchedulerConfig), json => json["sample_max_value"] = 2);
        var report = Inspector.Inspect(model);
        using var pipeline = Pipeline.Load(model);
        pipeline.Notices.Should().HaveCount(2).And.BeEquivalentTo(report.Notices);
        Origins(report.NetworkConfig!).Should().Equal("num_train_timesteps");
        // What the notice gives as the reason has its effect.
        Origins(report.SchedulerConfig!).Should().Equal("sample_max_value");
    }

    private static IEnumerable<string> Origins(ConfigReport report) =>
        report.Entries.Where(e => e.Origin == ConfigOrigin.NoEffect).Select(e => e.Key);

    private static IEnumerable<string> Read(string @class, string keys)
    {
        _ = SchedulerConfig.FromJson($"{{\"_class_name\": \"{@class}Scheduler\", {keys}}}", out var notices);
        return notices;
    }
}
