using System.Text.Json.Nodes;
using Diffusion.Api;
using Diffusion.Math;
using Diffusion.Nn;
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
    private static readonly string[] Classes =
    [
        "DDPMScheduler",
        "DDIMScheduler",
        "DPMSolverMultistepScheduler",
        "EulerDiscreteScheduler",
        "EulerAncestralDiscreteScheduler",
        "HeunDiscreteScheduler",
        "UniPCMultistepScheduler",
        "PNDMScheduler",
        "LMSDiscreteScheduler",
    ];

    private static readonly string[] ExpectedNotices =
    [
        "fixed_large_log",
        "thresholding has no effect without predict_x0",
        "timestep_spacing has no effect with use_karras_sigmas",
    ];

    private static IEnumerable<TestCaseData> Cases() =>
        GoldenFiles
            .Runs.Where(run => HasConfig(run.Read))
            .Select(run => new TestCaseData(run.Read).SetArgDisplayNames(run.Name));

    [TestCaseSource(nameof(Cases))]
    public void Golden_run_is_reproduced_from_its_config(object of)
    {
        var run = ((Func<GoldenRun>)of)();
        var config = SchedulerConfig.FromJson(Config(run).ToJsonString(), out var notices);
        notices.Where(notice => !ExpectedNotices.Any(notice.Contains)).Should().BeEmpty();
        config.Prediction.Should().Be(run.Prediction);
        var plan = Plan(config, run);
        var differences = GoldenDifference.Of(run).Select(difference => difference.Name).ToArray();
        if (differences.Any(name => name != "noise-to-clean-data"))
            return;
        // In the recorder's scale.
        var start = run.IsScaled ? plan.StartDeviation / plan.Start.Alpha : plan.StartDeviation;
        double.Abs(start - run.InitialDeviation).Should().BeLessThan(1e-9);
        var states = run.Run(plan);
        double[] last = states[^1];
        if (differences.Length > 0)
            last =
            [
                .. last.Zip(
                    GoldenRecorder.LastNoise(run, states is [.., var before, _] ? before : run.Start),
                    (x, noise) => x + noise
                ),
            ];
        last.ShouldEqual(run.Final, 1e-9);
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

    // Of a class that folders have, and with times and orders that no caller gave; tests/Properties runs all.
    private static bool HasConfig(Func<GoldenRun> read)
    {
        try
        {
            var run = read();
            return run.Json["custom_timesteps"] is null
                && run.Argument("order") is null or 4
                && Classes.Contains(run.Class);
        }
        catch (NotSupportedException)
        {
            return false;
        }
    }

    private static JsonObject Config(GoldenRun run)
    {
        var json = run.Json["full_config"]!.DeepClone().AsObject();
        json["_class_name"] = run.Class;
        return json;
    }

    private static SamplingPlan Plan(SchedulerConfig config, GoldenRun run)
    {
        return config.Plan(run.Steps, run.Argument("eta") ?? 0, run.ArgumentFlag("use_clipped_model_output"));
    }
}
