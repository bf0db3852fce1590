using System.Text.Json;
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

    // Recorded with release 0.40.0, whose default is "zero"; its own run of bh1 to there is NaN.
    [TestCase("unipc-2-bh2-10", "zero", true)]
    [TestCase("unipc-3-bh1-20", "zero", true)]
    [TestCase("unipc-2-bh2-10", "sigma_min", false)]
    [TestCase("unipc-2-bh2-10", null, false)]
    public void Unipc_ends_where_its_config_says(string name, string? type, bool clean)
    {
        var run = GoldenFiles.Find(name);
        var json = Config(run);
        if (type is not null)
            json["final_sigmas_type"] = type;
        var config = SchedulerConfig.FromJson(json.ToJsonString(), out var notices);
        notices.Should().BeEmpty();
        var plan = Plan(config, run);
        plan.Steps[^1].To.Should().Be(clean ? NoiseLevel.Clean : config.ToSchedule()[1]);
        double[] last = run.Run(plan)[^1];
        last.Should().OnlyContain(value => double.IsFinite(value));
        var recorded = run.Json["newer"]!["final"]!;
        if (!clean)
            last.ShouldEqual(run.Final, 1e-9);
        else if (recorded[0]!.GetValueKind() == JsonValueKind.Number)
            last.ShouldEqual(GoldenRun.Numbers(recorded), 1e-9);

        var again = SchedulerConfig.FromJson(config.ToJson(), out _);
        again.Should().Be(config);
        JsonNode
            .Parse(PythonJson.ToStrict(config.ToJson()))!
            .AsObject()
            .ContainsKey("final_sigmas_type")
            .Should()
            .Be(type is not null);
        var made = config with { Source = null };
        SchedulerConfig.FromJson(made.ToJson(), out _).EndAtSigmaMin.Should().Be(!clean);
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
