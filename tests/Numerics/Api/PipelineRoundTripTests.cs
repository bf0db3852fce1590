using System.Text.Json.Nodes;
using Diffusion.Api;
using Diffusion.Math;
using Diffusion.Nn;
using FluentAssertions;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Numerics.Api;

/// <summary>What is loaded and saved again means the same, and holds the same bytes.</summary>
public class PipelineRoundTripTests
{
    private const string Weights = "unet/diffusion_pytorch_model.safetensors";
    private static readonly string[] Configs =
    [
        "model_index.json",
        "scheduler/scheduler_config.json",
        "unet/config.json",
    ];

    private static string Golden => Path.Combine(TestContext.CurrentContext.TestDirectory, "Golden", "unet");

    private static IEnumerable<TestCaseData> Folders() =>
        Directory
            .GetDirectories(Path.Combine(AppContext.BaseDirectory, "Golden", "unet"))
            .Order(StringComparer.Ordinal)
            .Select(folder => new TestCaseData(folder).SetArgDisplayNames(Path.GetFileName(folder)));

    [TestCaseSource(nameof(Folders))]
    public void Golden_folder_is_saved_as_it_was_loaded(string folder)
    {
        using var saved = new TemporaryFolder();
        using (var pipeline = Pipeline.Load(folder))
        {
            pipeline.Notices.Should().BeEmpty();
            pipeline.Save(saved.Path);
        }
        foreach (var file in Configs.Take(2))
            Json(Path.Combine(saved.Path, file)).Should().Be(Json(Path.Combine(folder, file)), file);
        foreach (var (key, value) in JsonNode.Parse(File.ReadAllText(Path.Combine(folder, Configs[2])))!.AsObject())
        {
            var kept = JsonNode.Parse(File.ReadAllText(saved.File(Configs[2])))![key];
            // Swish is SiLU's other name.
            var expected = value?.ToJsonString() == "\"swish\"" ? "silu" : value;
            JsonNode.DeepEquals(kept, expected).Should().BeTrue(key);
        }
        using var before = Safetensors.Load(Path.Combine(folder, Weights));
        using var after = Safetensors.Load(saved.File(Weights));
        after.Tensors.Count.Should().Be(before.Tensors.Count);
        foreach (var (name, tensor) in before.Tensors)
        {
            // Half precision is computed with, and saved, in 32 bits.
            using var widened = tensor.to_type(ScalarType.Float32);
            after.Tensors[Modern(name)].bytes.ToArray().Should().Equal(widened.bytes.ToArray(), name);
        }
    }

    [Test]
    public void Unknown_keys_other_classes_and_infinities_stay_as_they_are()
    {
        using var folder = new TemporaryFolder();
        Copy("gray28-default", folder);
        Edit(folder, "model_index.json", json => json["_name_or_path"] = "somebody/something");
        Edit(
            folder,
            "model_index.json",
            json => json["scheduler"] = new JsonArray("diffusers", "DPMSolverMultistepScheduler")
        );
        var scheduler = folder.File("scheduler/scheduler_config.json");
        File.WriteAllText(
            scheduler,
            """
            {
              "_class_name": "DPMSolverMultistepScheduler",
              "_diffusers_version": "0.26.0",
              "lambda_min_clipped": -Infinity,
              "solver_order": 3,
              "algorithm_type": "deis",
              "of_a_later_release": {"why": [NaN, "-Infinity here", 1.50]},
              "clip_sample": true
            }
            """
        );
        using var pipeline = Pipeline.Load(folder.Path);
        pipeline
            .Notices.Should()
            .SatisfyRespectively(
                first =>
                    first
                        .Should()
                        .Be("scheduler: algorithm_type 'deis' is another solver's; it is taken for dpmsolver++."),
                second =>
                    second
                        .Should()
                        .Be("scheduler: clip_sample is no key of DPMSolverMultistepScheduler and has no effect."),
                third => third.Should().Be("scheduler: of_a_later_release is unknown and has no effect.")
            );
        pipeline.Save(folder.File("again"));
        File.ReadAllText(folder.File("again/scheduler/scheduler_config.json"))
            .Should()
            .Be(
                """
                {
                  "_class_name": "DPMSolverMultistepScheduler",
                  "_diffusers_version": "0.26.0",
                  "algorithm_type": "deis",
                  "clip_sample": true,
                  "lambda_min_clipped": -Infinity,
                  "of_a_later_release": {
                    "why": [
                      NaN,
                      "-Infinity here",
                      1.50
                    ]
                  },
                  "solver_order": 3
                }

                """.ReplaceLineEndings("\n")
            );
        Json(folder.File("again/model_index.json")).Should().Be(Json(folder.File("model_index.json")));
        using var again = Pipeline.Load(folder.File("again"));
        again.Scheduler.Should().Be(pipeline.Scheduler);
        again.Plan(20).Name.Should().Be("DPM-Solver++(3M, Midpoint)");
    }

    [Test]
    public void What_is_changed_is_written_and_nothing_else()
    {
        var read = SchedulerConfig.FromJson(
            """{"_class_name": "DDIMScheduler", "beta_end": 0.020, "own": 1, "clip_sample": false}""",
            out _
        );
        var changed = read with { BetaEnd = 0.03, TimestepSpacing = TimestepSpacing.Trailing };
        var json = JsonNode.Parse(changed.ToJson())!.AsObject();
        json.Select(pair => pair.Key)
            .Should()
            .BeEquivalentTo("_class_name", "_diffusers_version", "beta_end", "own", "clip_sample", "timestep_spacing");
        json["beta_end"]!.GetValue<double>().Should().Be(0.03);
        SchedulerConfig.FromJson(changed.ToJson(), out _).Should().Be(changed).And.NotBe(read);
    }

    [Test]
    public void Another_class_keeps_what_both_have_and_takes_its_own_defaults_for_the_rest()
    {
        var ddpm = SchedulerConfig.FromJson(
            """{"_class_name": "DDPMScheduler", "beta_start": 0.001, "prediction_type": "v_prediction"}""",
            out _
        );
        var heun = ddpm.As(SchedulerClass.HeunDiscrete);
        (heun.Class, heun.BetaStart, heun.BetaEnd, heun.Prediction, heun.TimestepSpacing, heun.ClipRange)
            .Should()
            .Be((SchedulerClass.HeunDiscrete, 0.001, 0.012, ddpm.Prediction, TimestepSpacing.Linspace, (double?)null));
        ddpm.As(SchedulerClass.Ddpm).Should().BeSameAs(ddpm);
        // A config made here says everything, so that everything is kept.
        var made = new SchedulerConfig().As(SchedulerClass.UniPcMultistep);
        made.TimestepSpacing.Should().Be(TimestepSpacing.Trailing);
        SchedulerConfig.FromJson(made.ToJson(), out _).Should().Be(made);
        var written = new SchedulerConfig { Class = SchedulerClass.DpmSolverMultistep };
        SchedulerConfig.FromJson(written.ToJson(), out _).Should().Be(written);
    }

    [Test]
    public void A_changed_class_keeps_what_the_old_one_meant_by_default()
    {
        var read = SchedulerConfig.FromJson("""{"_class_name": "DDPMScheduler"}""", out _);
        var changed = read with { Class = SchedulerClass.DpmSolverMultistep };
        var again = SchedulerConfig.FromJson(changed.ToJson(), out _);
        again.TimestepSpacing.Should().Be(TimestepSpacing.Leading);
        again.Should().Be(changed);
    }

    [TestCase("gray28-default", ScalarType.Float32, 1e-5)]
    [TestCase("gray28-default", ScalarType.Float64, 1e-8)]
    [TestCase("rgb16-asympad-oldkeys", ScalarType.Float32, 1e-5)]
    [TestCase("rgb16-asympad-oldkeys", ScalarType.Float64, 1e-8)]
    public void Golden_ddim_trajectory_ends_where_the_recorded_one_does(string name, ScalarType dtype, double tolerance)
    {
        using var pipeline = Pipeline.Load(Path.Combine(Golden, name), dtype: dtype);
        using var recorded = Safetensors.Load(Path.Combine(Golden, name, "expected.safetensors"));
        // As recorded: without clipping, so that values reach some hundreds.
        var plan = (pipeline.Scheduler.As(SchedulerClass.Ddim) with { ClipRange = null }).Plan(10);
        using var scope = NewDisposeScope();
        var images = pipeline.Sample(plan, recorded.Tensors["ddim.x_T"]);
        var expected = recorded.Tensors[dtype == ScalarType.Float64 ? "ddim.x_0_f64" : "ddim.x_0"];
        var allowed = dtype == ScalarType.Float64 && !EngineUnderTest.RoundsAsRecorded ? 1e-7 : tolerance;
        ((images - expected).abs().max() / expected.abs().max()).ToDouble().Should().BeLessThan(allowed);
    }

    [Test]
    public void A_training_run_keeps_a_config_with_an_infinity()
    {
        using var folder = new TemporaryFolder();
        var scheduler = new SchedulerConfig { Class = SchedulerClass.DpmSolverMultistep, Prediction = Prediction.V };
        (TinySetup.For("images", 1) with { Scheduler = scheduler }).Save(folder.Path);
        var read = TrainingSetup.Load(folder.Path).Scheduler;
        read.Should().Be(scheduler);
        read.ToJson().Should().Be(scheduler.ToJson()).And.Contain("\"lambda_min_clipped\": -Infinity,");
    }

    [TestCase("scheduler/scheduler_config.json")]
    [TestCase("model_index.json")]
    public void The_index_says_which_class_reads_the_config(string file)
    {
        using var folder = new TemporaryFolder();
        Copy("gray28-default", folder);
        if (file == "model_index.json")
            Edit(folder, file, json => json["_class_name"] = "PNDMPipeline");
        else
            Edit(folder, "model_index.json", json => json["scheduler"]![1] = "PNDMScheduler");
        using var pipeline = Pipeline.Load(folder.Path);
        var plan = pipeline.Plan(10);
        plan.Name.Should().Be("PNDM");
        plan.Steps[^1].To.Should().Be(pipeline.Schedule[1], "PNDM's set_alpha_to_one is false by default");
        pipeline.Scheduler.Class.Should().Be(file == "model_index.json" ? SchedulerClass.Ddpm : SchedulerClass.Pndm);
    }

    [TestCase(ScalarType.Float16)]
    [TestCase(ScalarType.BFloat16)]
    public void Weights_of_half_the_precision_load(ScalarType dtype)
    {
        using var folder = new TemporaryFolder();
        Copy("gray28-default", folder);
        using (var file = Safetensors.Load(Path.Combine(Golden, "gray28-default", Weights)))
        {
            using var scope = NewDisposeScope();
            Safetensors.Save(folder.File(Weights), file.Tensors.Select(pair => (pair.Key, pair.Value.to(dtype))));
        }
        using var whole = Pipeline.Load(Path.Combine(Golden, "gray28-default"));
        using var half = Pipeline.Load(folder.Path);
        half.Network.state_dict().Values.Should().OnlyContain(tensor => tensor.dtype == ScalarType.Float32);
        using var a = whole.Sample(1, 2);
        using var b = half.Sample(1, 2);
        (a - b).abs().max().ToDouble().Should().BeInRange(1e-7, 0.05);
    }

    [Test]
    public void Double_precision_agrees_with_single()
    {
        using var single = Pipeline.Load(Path.Combine(Golden, "gray28-default"));
        using var twice = Pipeline.Load(Path.Combine(Golden, "gray28-default"), dtype: ScalarType.Float64);
        using var a = single.Sample(1, 3, seed: 2);
        using var b = twice.Sample(1, 3, seed: 2);
        b.dtype.Should().Be(ScalarType.Float64);
        (a - b).abs().max().ToDouble().Should().BeInRange(1e-12, 1e-4);
        FluentActions
            .Invoking(() => new Pipeline(new UNet2D(TinySetup.Network), TinySetup.Scheduler, dtype: ScalarType.Int32))
            .Should()
            .Throw<ArgumentException>()
            .WithMessage("*Int32*");
    }

    private static void Copy(string name, TemporaryFolder to)
    {
        foreach (var file in Configs.Append(Weights))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(to.File(file))!);
            File.Copy(Path.Combine(Golden, name, file), to.File(file));
        }
    }

    private static void Edit(TemporaryFolder folder, string file, Action<JsonObject> edit)
    {
        var json = JsonNode.Parse(File.ReadAllText(folder.File(file)))!.AsObject();
        edit(json);
        File.WriteAllText(folder.File(file), json.ToJsonString());
    }

    // Key by key, in order of the keys.
    private static string Json(string path) =>
        string.Join(
            '\n',
            JsonNode
                .Parse(File.ReadAllText(path))!
                .AsObject()
                .OrderBy(pair => pair.Key, StringComparer.Ordinal)
                .Select(pair => $"{pair.Key}: {pair.Value?.ToJsonString()}")
        );

    // Attention's tensors had other names once; they are saved under today's.
    private static string Modern(string name) =>
        name.Replace(".query.", ".to_q.")
            .Replace(".key.", ".to_k.")
            .Replace(".value.", ".to_v.")
            .Replace(".proj_attn.", ".to_out.0.");
}
