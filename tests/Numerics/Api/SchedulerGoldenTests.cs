using System.Text.Json.Nodes;
using Diffusion.Api;
using Diffusion.Math;
using Diffusion.Properties.Support;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Numerics.Api;

/// <summary>
/// The recorded runs of diffusers 0.27.2 that tests/Properties reproduces with a mapping of its own, here through the
/// config that a folder holds.
/// </summary>
public class SchedulerGoldenTests
{
    // As recorded they are wrong (docs/differences.md), or their times were given by hand, which no config does.
    private static readonly string[] NotRecordedSo =
    [
        "ddpm-linear-largelog-10",
        "ddpm-linspace-10",
        "ddim-linspace-10",
    ];
    private const string GivenTimes = "ddpm-custom-timesteps";

    private static IEnumerable<TestCaseData> Cases() =>
        GoldenFiles
            .Runs.Where(run => run.Name != GivenTimes)
            .Select(run => new TestCaseData(run.Read).SetArgDisplayNames(run.Name));

    [TestCaseSource(nameof(Cases))]
    public void Golden_run_is_reproduced_from_its_config(object of)
    {
        var run = ((Func<GoldenRun>)of)();
        var config = SchedulerConfig.FromJson(Config(run).ToJsonString(), out var notices);
        notices.Where(notice => !notice.Contains("fixed_large_log")).Should().BeEmpty();
        config.Prediction.Should().Be(run.Prediction);
        var plan = Plan(config, run);
        var expected = run.Plan();
        (plan.Name, plan.Quantity, plan.X0Rule).Should().Be((expected.Name, expected.Quantity, expected.X0Rule));
        plan.Steps.Should().Equal(expected.Steps);
        double.Abs(StartOf(plan) - (double)run.Json["init_noise_sigma"]!).Should().BeLessThan(1e-9);
        if (NotRecordedSo.Contains(run.Name))
            return;
        double[] last = [.. run.Run(plan)[^1].Zip(run.LastNoise(), (x, noise) => x + noise)];
        last.ShouldEqual(run.Final, 1e-9);

        // In the recorder's scale.
        double StartOf(SamplingPlan p) => run.IsScaled ? p.StartDeviation / p.Start.Alpha : p.StartDeviation;
    }

    [TestCaseSource(nameof(Cases))]
    public void Golden_config_is_written_as_it_was_read(object of)
    {
        var run = ((Func<GoldenRun>)of)();
        var json = Config(run);
        json["of_a_later_release"] = new JsonArray(1, "two");
        var config = SchedulerConfig.FromJson(json.ToJsonString(), out _);
        var written = JsonNode.Parse(PythonJson.ToStrict(config.ToJson()))!.AsObject();
        written.Remove("_diffusers_version").Should().BeTrue();
        JsonNode.DeepEquals(written, json).Should().BeTrue(config.ToJson());
        SchedulerConfig.FromJson(config.ToJson(), out _).Should().Be(config);
    }

    private static JsonObject Config(GoldenRun run)
    {
        var json = run.Json["full_config"]!.DeepClone().AsObject();
        json["_class_name"] = run.Class;
        return json;
    }

    private static SamplingPlan Plan(SchedulerConfig config, GoldenRun run)
    {
        var arguments = run.Json["step_kwargs"]!;
        return config.Plan(
            (int)run.Json["num_inference_steps"]!,
            (double?)arguments["eta"] ?? 0,
            (bool?)arguments["use_clipped_model_output"] ?? false
        );
    }
}
