using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Diffusion.Api;
using Diffusion.Nn;
using FluentAssertions;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Diffusion.Numerics.Api;

public class InspectorTests : FolderFixture
{
    private const string OldNames = "rgb16-asympad-oldkeys";

    private static IEnumerable<string> Golden => GoldenFolders.All;

    [TestCaseSource(nameof(Golden))]
    public void A_golden_folder_is_reported_as_it_is_and_loads_where_the_loader_says_so(string folder)
    {
        var report = Inspector.Inspect(folder);
        var expected = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "expected.json")))!;
        report.Kind.Should().Be(ModelKind.Pipeline);
        report.PipelineClass.Should().Be("DDPMPipeline");
        report.Network!.Parameters.Should().Be((long)expected["parameters"]!);
        report.Weights.Should().ContainSingle().Which.Fits.Should().BeTrue();
        report.Weights[0].Tree().Values.Should().Be(report.Weights[0].Values);
        report.Weights[0].Tree().Collapsed().Values.Should().Be(report.Weights[0].Values);
        report.Weights[0].Tree().Collapsed().Bytes.Should().Be(report.Weights[0].Bytes);
        report.NetworkConfig!.Entries.Should().NotContain(e => e.Origin != ConfigOrigin.Explicit);
        report.Loads.Should().Be(PipelineLoads(folder), string.Join("; ", report.Problems));
    }

    [Test]
    public void Everything_that_is_wrong_is_listed_not_only_the_first()
    {
        var folder = Copy();
        Tampering.Json(
            Path.Combine(folder, Tampering.NetworkConfig),
            json =>
            {
                json["act_fn"] = "tanh";
                json["down_block_types"]![0] = "FrobnicateBlock2D";
                json["norm_eps"] = "little";
                json["mystery"] = 3;
            }
        );
        Tampering.Json(
            Path.Combine(folder, Tampering.SchedulerConfig),
            json => (json["prediction_type"], json["beta_schedule"]) = ("frobnication", "wobbly")
        );
        var report = Inspector.Inspect(folder);
        report.Loads.Should().BeFalse();
        Messages(report, "config.json").Should().HaveCount(5);
        foreach (
            var (file, word) in new[]
            {
                (Tampering.NetworkConfig, "tanh"),
                (Tampering.NetworkConfig, "FrobnicateBlock2D"),
                (Tampering.NetworkConfig, "norm_eps"),
                (Tampering.SchedulerConfig, "frobnication"),
                (Tampering.SchedulerConfig, "wobbly"),
            }
        )
            report.Problems.Should().ContainSingle(p => p.File == file && p.Message.Contains(word));
        Origin(report, "act_fn").Should().Be(ConfigOrigin.Refused);
        Origin(report, "out_channels").Should().Be(ConfigOrigin.Explicit);
        report.Weights.Single().Tensors.Should().HaveCount(268, "they can be read without the config");
    }

    [Test]
    public void Every_tensor_that_does_not_fit_is_named_with_the_closest_known_name()
    {
        var folder = Copy();
        Tampering.Tensors(
            Path.Combine(folder, Tampering.Weights),
            tensors =>
            {
                tensors.Remove("conv_in.weight", out var moved);
                tensors["conv_inn.weight"] = moved!;
                tensors["conv_out.bias"] = zeros(5);
                tensors["time_embedding.linear_1.bias"] = zeros([32], ScalarType.Int64);
            }
        );
        var report = Inspector.Inspect(folder);
        report
            .Problems.Select(p => p.Message)
            .Should()
            .BeEquivalentTo(
                "'conv_in.weight' [8, 3, 3, 3] is missing (closest: the file has 'conv_inn.weight').",
                "'conv_inn.weight' [8, 3, 3, 3] isn't used (closest: the network has 'conv_in.weight').",
                "'conv_out.bias' has the shape [5]; the network's is [3].",
                "'time_embedding.linear_1.bias' is of I64; the network's is a floating point type."
            );
        report.Weights.Single().Fits.Should().BeFalse();
    }

    [Test]
    public void A_tensor_that_is_only_missing_and_weights_of_another_network_are_said_to_be_that()
    {
        const string query = "mid_block.attentions.0.query.weight";
        var folder = Copy();
        var weights = Path.Combine(folder, Tampering.Weights);
        Tampering.Tensors(weights, tensors => tensors.Remove(query));
        Inspector
            .Inspect(folder)
            .Problems.Should()
            .ContainSingle()
            .Which.Message.Should()
            .Match("'mid_block.attentions.0.to_q.weight' *16, 16* is missing (closest: the file has 'mid_block.*').");

        Tampering.Tensors(
            weights,
            tensors =>
            {
                tensors.Clear();
                for (var i = 0; i < 20; i++)
                    tensors[$"encoder.layers.{i}.weight"] = zeros(1);
            }
        );
        var problems = Inspector.Inspect(folder).Problems;
        problems
            .Should()
            .ContainSingle("one sentence stands for hundreds")
            .Which.Message.Should()
            .StartWith("These are another network's weights: of the 20 tensors none");
    }

    [TestCase("model_index.json")]
    [TestCase(Tampering.NetworkConfig)]
    public void A_config_alone_is_no_weights(string file)
    {
        var report = Inspector.Inspect(Path.Combine(Copy(), file));
        (report.Kind, report.Loads).Should().Be((ModelKind.Unknown, false));
        report.Problems.Should().ContainSingle().Which.Message.Should().Contain("inspect the folder that it is in");
    }

    [Test]
    public void A_folder_that_leads_out_is_named_once()
    {
        var folder = Copy();
        Directory.Move(Path.Combine(folder, "unet"), _folder.File("elsewhere"));
        Directory.CreateSymbolicLink(Path.Combine(folder, "unet"), _folder.File("elsewhere"));
        Inspector
            .Inspect(folder)
            .Problems.Should()
            .NotBeEmpty()
            .And.OnlyContain(problem => problem.Message.StartsWith("'unet"));
    }

    [Test]
    public void Keys_are_explicit_default_or_without_effect()
    {
        var folder = Copy();
        Tampering.Json(
            Path.Combine(folder, Tampering.NetworkConfig),
            json =>
            {
                json.Remove("dropout");
                json["mystery"] = new JsonArray(1, 2);
            }
        );
        var report = Inspector.Inspect(folder);
        report.Loads.Should().BeTrue(string.Join("; ", report.Problems));
        report.NetworkConfig!.Entries.Should().Contain(new ConfigEntry("dropout", "0", ConfigOrigin.Default));
        report.NetworkConfig.Entries.Should().Contain(new ConfigEntry("mystery", "[1,2]", ConfigOrigin.NoEffect));
        report.NetworkConfig.Entries.Should().Contain(new ConfigEntry("sample_size", "16", ConfigOrigin.Explicit));
        report.Notices.Should().ContainSingle(notice => notice.Contains("mystery"));
        report.Notices.Should().ContainSingle(notice => notice.Contains("48 tensors of attention"));
    }

    [TestCase(Tampering.NetworkConfig)]
    [TestCase(Tampering.SchedulerConfig)]
    [TestCase(Tampering.Weights)]
    [TestCase("model_index.json")]
    public void A_missing_file_is_one_problem_and_the_rest_is_still_looked_at(string file)
    {
        var folder = Copy();
        File.Delete(Path.Combine(folder, file));
        var report = Inspector.Inspect(folder);
        var problem = report.Problems.Should().ContainSingle().Which;
        if (file == Tampering.Weights)
            (problem.File, problem.Message[..20]).Should().Be(("unet", "there are no weights"));
        else
            problem.Should().Be(new InspectionProblem(file, "it is missing."));
        report.Weights.Length.Should().Be(file == Tampering.Weights ? 0 : 1);
    }

    [Test]
    public void Whatever_byte_is_wrong_it_says_what_the_loader_says()
    {
        var random = new Random(11);
        string[] files = [Tampering.NetworkConfig, Tampering.SchedulerConfig, Tampering.Weights];
        var folder = Copy();
        var (loads, fails) = (0, 0);
        for (var i = 0; i < 24; i++)
        {
            var file = Path.Combine(folder, files[i % files.Length]);
            var whole = File.ReadAllBytes(file);
            var broken = (byte[])whole.Clone();
            // Behind the first quotes, so that not every change makes the file unreadable.
            broken[random.Next(20, int.Min(broken.Length, 3000))] = (byte)random.Next(32, 127);
            File.WriteAllBytes(file, broken);
            var report = Inspector.Inspect(folder);
            report.Loads.Should().Be(PipelineLoads(folder), $"case {i}: {string.Join("; ", report.Problems)}");
            (loads, fails) = report.Loads ? (loads + 1, fails) : (loads, fails + 1);
            File.WriteAllBytes(file, whole);
        }
        loads.Should().BePositive();
        fails.Should().BeGreaterThan(8);
    }

    [Test]
    public void A_config_that_promises_more_than_any_memory_is_refused_at_once()
    {
        var folder = Copy();
        Tampering.Json(
            Path.Combine(folder, Tampering.NetworkConfig),
            json => json["block_out_channels"] = new JsonArray(800_000, 1_600_000, 1_600_000)
        );
        var clock = Stopwatch.StartNew();
        var report = Inspector.Inspect(folder);
        clock.Elapsed.Should().BeLessThan(TimeSpan.FromSeconds(20), "the network isn't made");
        report.Problems.Should().ContainSingle().Which.Message.Should().Contain("103875 numbers");
    }

    [Test]
    public void Pickles_are_named_and_not_read()
    {
        var folder = Copy();
        File.Delete(Path.Combine(folder, Tampering.Weights));
        File.WriteAllText(Path.Combine(folder, "unet/diffusion_pytorch_model.bin"), "a program");
        Inspector
            .Inspect(folder)
            .Problems.Should()
            .ContainSingle()
            .Which.Message.Should()
            .Contain("diffusion_pytorch_model.bin")
            .And.Contain("never read");
        Inspector.Inspect(Path.Combine(folder, "unet/diffusion_pytorch_model.bin")).Loads.Should().BeFalse();
    }

    [Test]
    public void A_training_run_is_its_setup_and_its_checkpoints()
    {
        var run = TrainedRun(steps: 6, stopAfter: 4);
        var report = Inspector.Inspect(run);
        report.Loads.Should().BeTrue(string.Join("; ", report.Problems));
        report.Kind.Should().Be(ModelKind.TrainingRun);
        report.PipelineClass.Should().BeNull();
        report.TrainingSteps.Should().Be(6);
        report.Checkpoints.Select(c => (c.Step, c.Whole)).Should().Equal((4, true), (2, true));
        report.Weights.Select(w => w.Role).Should().Equal("EMA", "weights", "optimizer", "EMA", "weights", "optimizer");
        report.Weights.Should().OnlyContain(w => w.Fits == true);
        report.Weights[2].Values.Should().Be(2 * report.Network!.Parameters);

        File.WriteAllText(Path.Combine(run, "checkpoints/step-000000002/position.json"), "{}");
        var older = Inspector.Inspect(run);
        older.Loads.Should().BeTrue("only the newest checkpoint is read");
        older.Checkpoints.Select(c => c.Whole).Should().Equal(true, false);
        older.Notices.Should().ContainSingle(n => n.Contains("step-000000002"));

        var ema = Path.Combine(run, "checkpoints/step-000000004/ema.safetensors");
        File.WriteAllBytes(ema, File.ReadAllBytes(ema)[..200]);
        Inspector
            .Inspect(run)
            .Problems.Should()
            .ContainSingle()
            .Which.File.Should()
            .Be("checkpoints/step-000000004/ema.safetensors");
    }

    [Test]
    public void A_file_alone_is_fitted_to_the_config_beside_it_if_there_is_one()
    {
        var folder = Copy();
        var beside = Inspector.Inspect(Path.Combine(folder, Tampering.Weights));
        (beside.Kind, beside.Loads, beside.Weights[0].Fits).Should().Be((ModelKind.Weights, true, true));
        File.Move(Path.Combine(folder, Tampering.Weights), _folder.File("bare.safetensors"));
        var bare = Inspector.Inspect(_folder.File("bare.safetensors"));
        (bare.Kind, bare.Loads, bare.Weights[0].Fits).Should().Be((ModelKind.Weights, true, null));
        bare.Weights[0].Values.Should().Be(103_875);
        bare.Weights[0].ByType.Should().Equal(("F32", 268, 103_875L, 415_500L));
    }

    [Test]
    public void Shards_are_read_by_their_index_and_compared_with_it()
    {
        using (var ab = zeros(2, 3))
        {
            Safetensors.Save(_folder.File("m-1.safetensors"), [("a", ab), ("b", ab)]);
            Safetensors.Save(_folder.File("m-2.safetensors"), [("c", ab)]);
        }
        var index = _folder.File("m.safetensors.index.json");
        void Write(params (string Tensor, string File)[] map) =>
            File.WriteAllText(
                index,
                JsonSerializer.Serialize(new { weight_map = map.ToDictionary(t => t.Tensor, t => t.File) })
            );

        Write(("a", "m-1.safetensors"), ("b", "m-1.safetensors"), ("c", "m-2.safetensors"));
        var whole = Inspector.Inspect(index);
        whole.Loads.Should().BeTrue(string.Join("; ", whole.Problems));
        whole.Weights.Single().Shards.Should().Equal("m-1.safetensors", "m-2.safetensors");
        whole.Weights.Single().Values.Should().Be(18);
        Inspector.Inspect(_folder.Path).Weights.Should().ContainSingle("the shards are the index's");

        Write(("a", "m-1.safetensors"), ("d", "m-2.safetensors"), ("e", "m-3.safetensors"));
        var wrong = Inspector.Inspect(index);
        wrong.Problems.Should().ContainSingle(p => p.File == "m-3.safetensors");
        foreach (var name in new[] { "'b'", "'c'", "'d'" })
            wrong.Problems.Should().ContainSingle(p => p.Message.StartsWith(name));

        Write(("a", "../m-1.safetensors"));
        Inspector.Inspect(index).Problems.Should().ContainSingle().Which.Message.Should().Contain("leaves the folder");
    }

    [Test]
    public void What_is_no_model_is_said_to_be_none()
    {
        var report = Inspector.Inspect(_folder.Path);
        (report.Kind, report.Loads).Should().Be((ModelKind.Unknown, false));
        FluentActions
            .Invoking(() => Inspector.Inspect(_folder.File("nothing")))
            .Should()
            .Throw<FileNotFoundException>()
            .WithMessage("*nothing*");
    }

    [Test]
    public void Names_of_any_depth_make_a_tree()
    {
        var path = _folder.File("deep.safetensors");
        using (var one = zeros(1))
            Safetensors.Save(path, [(string.Concat(Enumerable.Repeat("a.", 20_000)), one), ("..", one)]);
        var report = Inspector.Inspect(path);
        report.Weights[0].Tree().Collapsed().Values.Should().Be(2);
    }

    [Test]
    public void Equal_neighbours_are_one_and_others_are_not()
    {
        var path = _folder.File("list.safetensors");
        using (var small = zeros(2))
        using (var large = zeros(3))
            Safetensors.Save(
                path,
                [("n.0.w", small), ("n.1.w", small), ("n.2.w", large), ("x.w", small), ("y.w", small)]
            );
        var tree = Inspector.Inspect(path).Weights[0].Tree().Collapsed();
        tree.Children.Select(c => c.Name).Should().Equal("n", "x", "y");
        tree.Children[0]
            .Children.Select(c => (c.Name, c.Copies, c.Values))
            .Should()
            .Equal(("0…1", 2, 4L), ("2", 1, 3L));
    }

    [Test]
    public void The_JSON_says_it_all()
    {
        var folder = Copy();
        File.Delete(Path.Combine(folder, Tampering.SchedulerConfig));
        var report = Inspector.Inspect(folder);
        var json = JsonNode.Parse(report.ToJson())!;
        ((bool)json["loads"]!).Should().BeFalse();
        ((string)json["kind"]!).Should().Be("pipeline");
        ((string)json["problems"]![0]!["file"]!).Should().Be(Tampering.SchedulerConfig);
        ((long)json["network"]!["parameters"]!).Should().Be(103_875);
        json["weights"]![0]!["tensors"]!.AsArray().Should().HaveCount(268);
        ((string)json["network_config"]!["entries"]![0]!["origin"]!).Should().Be("explicit");
    }

    [Test]
    public void No_tensors_are_left_behind()
    {
        LiveTensors.SkipWhereParametersStayCounted();
        var folder = Copy();
        Inspector.Inspect(folder);
        var before = LiveTensors.Count();
        Inspector.Inspect(folder);
        LiveTensors.Count().Should().Be(before);
    }

    private string Copy() => GoldenFolders.CopyTo(GoldenFolders.Named(OldNames), _folder.File("model"));

    private static List<string> Messages(InspectionReport report, string file) =>
        [.. report.Problems.Where(p => p.File.EndsWith(file)).Select(p => p.Message)];

    private static ConfigOrigin Origin(InspectionReport report, string key) =>
        report.NetworkConfig!.Entries.Single(e => e.Key == key).Origin;

    private static bool PipelineLoads(string folder)
    {
        try
        {
            using var pipeline = Pipeline.Load(folder);
            return true;
        }
        catch (Exception refused) when (refused is InvalidDataException or IOException)
        {
            return false;
        }
    }

    private string TrainedRun(long steps, int stopAfter)
    {
        var folder = _folder.File("run");
        using var cancel = new CancellationTokenSource();
        using var run = TrainingRun.Create(folder, TinySetup.For(TinyImages.Write(_folder), steps, checkpointEvery: 2));
        run.Train(
            progress =>
            {
                if (progress.Step == stopAfter)
                    cancel.Cancel();
            },
            cancel.Token
        );
        return folder;
    }
}
