using System.Text.Json.Nodes;
using Diffusion.Api;
using Diffusion.Cli;
using Diffusion.Nn;
using Diffusion.Numerics.Api;
using FluentAssertions;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Numerics.Cli;

/// <summary><c>diffusion evaluate</c> as users run it.</summary>
public class EvaluateCommandTests : FolderFixture
{
    private const string CacheVariable = "XDG_CACHE_HOME";

    private string? _cache;

    [SetUp]
    public void SetUp()
    {
        foreach (var (part, seed) in new[] { ("train", 1), ("t10k", 2) })
        {
            var data = EvaluationFeatureTests.Stripes(60, seed);
            using var batch = data.Batch([.. Enumerable.Range(0, 60)]);
            File.WriteAllBytes(
                _folder.File($"{part}-images-idx3-ubyte"),
                TinyImages.Idx(Pixels.ToBytes(batch), 60, TinyImages.Side, TinyImages.Side)
            );
            File.WriteAllBytes(
                _folder.File($"{part}-labels-idx1-ubyte"),
                TinyImages.Idx([.. data.Labels.Select(label => (byte)label)], 60)
            );
        }
        TinySetup.SaveModel(Model);
        _cache = Environment.GetEnvironmentVariable(CacheVariable);
        Environment.SetEnvironmentVariable(CacheVariable, _folder.File("cache"));
    }

    [TearDown]
    public void TearDown() => Environment.SetEnvironmentVariable(CacheVariable, _cache);

    private string Model => _folder.File("model");

    private string Report => Path.Combine(Model, EvaluationReport.FileName);

    private string[] Base => ["evaluate", Model, "--data", _folder.Path];

    [Test]
    public void All_parts_are_printed_and_kept_and_later_ones_added()
    {
        var first = Cli.Run(
            [
                .. Base,
                .. new[] { "--train-data", _folder.Path, "--images", "10", "--times", "2", "--flow-images", "4" },
                .. new[] { "--solver", "heun", "--flow-steps", "3", "--trace", "exact" },
                .. new[] { "--samples", "20", "--sampler", "ddim:2", "ddpm:3" },
            ]
        );
        first.Code.Should().Be(0, first.Error);
        first
            .Output.Should()
            .Contain("variational bound, bits/dim: ")
            .And.Contain("10 images, 2 stratified t an image")
            .And.Contain("probability flow, bits/dim: ")
            .And.Contain("trace: exact; Heun, 3 steps; 6 calls")
            .And.Contain("DDIM(η = 0), 2 calls: Fréchet ")
            .And.Contain("DDPM")
            .And.MatchRegex("features 1-[0-9a-f]{16} trained, accuracy")
            .And.Contain("training images themselves: Fréchet ")
            .And.Contain("distance to the nearest training image");
        File.Exists(Path.Combine(Model, "neighbours.png")).Should().BeTrue();

        var report = JsonNode.Parse(File.ReadAllText(Report))!;
        var bound = report["bound"]!;
        var terms = new[] { "prior", "sum_kl", "decoder" }.Sum(key => bound[key]!.GetValue<double>());
        bound["total_bits_per_dim"]!.GetValue<double>().Should().BeApproximately(terms, 1e-9);
        bound["ci95"]![0]!.GetValue<double>().Should().BeLessThan(terms);
        bound["ci95"]![1]!.GetValue<double>().Should().BeGreaterThan(terms);
        report["frechet"]!["samples"]!.GetValue<int>().Should().Be(20);
        report["frechet"]!["features_version"]!.GetValue<string>().Should().StartWith("1-");
        report["sampler"]!.GetValue<string>().Should().StartWith("DDPM");
        report["calls"]!.GetValue<int>().Should().Be(3);
        report["samplers"]!.AsArray().Should().HaveCount(2);
        report["neighbours"]!["picture"]!.GetValue<string>().Should().Be("neighbours.png");

        var second = Cli.Run([.. Base, "--only", "samples", "--samples", "20", "--sampler", "unipc:4", "--json"]);
        second.Code.Should().Be(0, second.Error);
        var printed = JsonNode.Parse(second.Output)!;
        printed.ToJsonString().Should().Be(JsonNode.Parse(File.ReadAllText(Report))!.ToJsonString());
        printed["samplers"]!.AsArray().Should().HaveCount(3);
        printed["bound"]!.ToJsonString().Should().Be(bound.ToJsonString(), "what was evaluated before stays");
    }

    [Test]
    public void Runs_on_the_same_images_are_compared_in_the_same_features_of_the_users_cache()
    {
        string[] asked = ["--data", _folder.Path, "--train-data", _folder.Path, "--only", "samples", "--samples", "20"];
        string[] sampler = ["--sampler", "ddim:2"];
        TinySetup.SaveModel(_folder.File("other"));
        var first = Cli.RunHere(["evaluate", Model, .. asked, .. sampler]);
        first.Code.Should().Be(0, first.Error);
        var file = Directory.GetFiles(_folder.File("cache/diffusion")).Should().ContainSingle().Which;
        Path.GetFileName(file).Should().MatchRegex("^features-1-[0-9a-f]{16}\\.safetensors$");
        first.Output.Should().Contain($"{file}: features 1-").And.Contain("trained");
        var second = Cli.RunHere(["evaluate", _folder.File("other"), .. asked, .. sampler]);
        second.Output.Should().Contain($"{file}: features 1-").And.NotContain("trained");
        Version(_folder.File("other")).Should().Be(Version(Model));

        // A file that is named wins, and is said to be of other images.
        var stripes = EvaluationFeatureTests.Stripes(40, 9);
        using (var network = new FeatureTraining { Epochs = 1 }.Train(stripes, stripes))
            network.Save(_folder.File("named.safetensors"));
        var named = Cli.RunHere(
            ["evaluate", Model, .. asked, .. sampler, "--features", _folder.File("named.safetensors")]
        );
        named.Code.Should().Be(0, named.Error);
        named.Error.Should().Contain("trained on other images");
        JsonNode.Parse(File.ReadAllText(Report))!["samplers"]!.AsArray().Should().HaveCount(2, "both took long");

        // So does one that lies in the folder from before; and where there is no cache, it is made there.
        File.Copy(_folder.File("named.safetensors"), Path.Combine(Model, "features.safetensors"));
        Cli.RunHere(["evaluate", Model, .. asked, .. sampler]).Output.Should().Contain("model/features.safetensors: ");
        Environment.SetEnvironmentVariable(CacheVariable, "/proc/none");
        var without = Cli.RunHere(["evaluate", _folder.File("other"), .. asked, .. sampler]);
        without.Code.Should().Be(0, without.Error);
        without.Error.Should().Contain("can't be written");
        File.Exists(_folder.File("other/features.safetensors")).Should().BeTrue();

        static string Version(string folder) =>
            JsonNode.Parse(File.ReadAllText(Path.Combine(folder, EvaluationReport.FileName)))!["frechet"]![
                "features_version"
            ]!.GetValue<string>();
    }

    [Test]
    public void Samples_that_were_scored_are_not_drawn_again_and_seeds_stand_side_by_side()
    {
        string[] asked = [.. Base, "--train-data", _folder.Path, "--samples", "60", "--sampler", "ddim:2", "--only"];
        var alone = Cli.Run([.. asked, "neighbours"]);
        alone.Code.Should().Be(0, alone.Error);
        alone.Output.Should().Contain("neighbours  8/8", "200 samples are 4 batches of at most 64");
        var expected = Neighbours();

        var both = Cli.Run([.. asked, "samples", "neighbours"]);
        both.Code.Should().Be(0, both.Error);
        both.Output.Should().Contain("neighbours  6/6", "60 of them have been drawn").And.Contain("N = 60, seed 0;");
        foreach (var key in new[] { "sample_median", "held_out_median", "near_share" })
            Neighbours()[key]!.GetValue<double>().Should().BeApproximately(expected[key]!.GetValue<double>(), 1e-3);

        var other = Cli.Run([.. asked, "samples", "--seed", "7", "--grid", "leading"]);
        other.Code.Should().Be(0, other.Error);
        other.Output.Should().Contain("DDIM(η = 0) on leading, 2 calls: Fréchet ").And.Contain("N = 60, seed 7;");
        var report = JsonNode.Parse(File.ReadAllText(Report))!;
        report["samplers"]!
            .AsArray()
            .Select(s => (s!["seed"]!.GetValue<int>(), s["grid"]?.GetValue<string>()))
            .Should()
            .Equal((0, null), (7, "leading"));
        (report["seed"]!.GetValue<int>(), report["grid"]!.GetValue<string>()).Should().Be((7, "leading"));
        report["neighbours"]!["seed"]!.GetValue<int>().Should().Be(0);

        JsonNode Neighbours() => JsonNode.Parse(File.ReadAllText(Report))!["neighbours"]!;
    }

    [TestCase(0, 6, 9)]
    [TestCase(4, 6, 3)]
    [TestCase(9, 6, 0)]
    public void The_first_samples_are_those_kept_and_the_rest_drawn(int drawn, int first, long steps)
    {
        using var scope = NewDisposeScope();
        using var pipeline = Pipeline.Load(Model);
        var plan = pipeline.Plan(3, "ddim");
        var all = pipeline.Sample(plan, 9, seed: 5);
        using var samples = new FirstSamples(pipeline, plan, first, 5, batchSize: 2);
        for (var i = 0; i < drawn; i += 4)
            samples.Keep(all.narrow(0, i, int.Min(4, drawn - i)));
        samples.StepsLeft.Should().Be(steps);
        var done = new List<long>();
        var found = samples.Draw(done.Add, default);
        done.Should().HaveCount((int)steps);
        samples.StepsLeft.Should().Be(0);
        found.sub(all.narrow(0, 0, first)).abs().max().ToDouble().Should().BeLessThan(1e-4);
    }

    [Test]
    public void A_variant_is_evaluated_in_a_file_of_its_own()
    {
        Tampering.AddVariant(Model, "ema-0.9", bias: 1.5);
        string[] bound = [.. Base, "--only", "bound", "--images", "4", "--times", "1", "--json"];
        var usual = Cli.Run(bound);
        usual.Code.Should().Be(0, usual.Error);
        var result = Cli.Run([.. bound, "--variant", "ema-0.9"]);
        result.Code.Should().Be(0, result.Error);
        File.ReadAllText(Report).Should().Be(usual.Output, "it is about other weights");
        File.ReadAllText(Path.Combine(Model, "evaluation.ema-0.9.json")).Should().Be(result.Output);

        var (usually, other) = (JsonNode.Parse(usual.Output)!, JsonNode.Parse(result.Output)!);
        usually["variant"].Should().BeNull();
        other["variant"]!.GetValue<string>().Should().Be("ema-0.9");
        other["weights"]!.GetValue<string>().Should().NotBe(usually["weights"]!.GetValue<string>());
        Total(other).Should().NotBe(Total(usually));

        static double Total(JsonNode report) => report["bound"]!["total_bits_per_dim"]!.GetValue<double>();
    }

    [Test]
    public void An_evaluation_on_other_images_leaves_the_one_before_as_it_is()
    {
        string[] bound = ["--only", "bound", "--images", "4", "--times", "1", "--json"];
        var first = Cli.RunHere(["evaluate", Model, "--data", _folder.Path, .. bound]);
        first.Code.Should().Be(0, first.Error);
        var other = TinyImages.Write(_folder, name: "other.idx");
        var second = Cli.RunHere(["evaluate", Model, "--data", other, .. bound]);
        second.Code.Should().Be(0, second.Error);
        second.Error.Should().Contain("other images").And.Contain("is kept as " + Model + "/evaluations/");
        var kept = Kept().Should().ContainSingle().Which;
        File.ReadAllText(kept).Should().Be(first.Output);
        // Back again: what was found out then is there, and so is what was found out in between.
        var third = Cli.RunHere(
            [
                "evaluate",
                Model,
                "--data",
                _folder.Path,
                "--only",
                "flow",
                "--flow-images",
                "2",
                "--solver",
                "heun",
                "--flow-steps",
                "2",
                "--json",
            ]
        );
        third.Code.Should().Be(0, third.Error);
        var report = JsonNode.Parse(third.Output)!;
        report["bound"]!.ToJsonString().Should().Be(JsonNode.Parse(first.Output)!["bound"]!.ToJsonString());
        report["flow"].Should().NotBeNull();
        File.ReadAllText(Report).Should().Be(third.Output);
        File.ReadAllText(Kept().Should().ContainSingle().Which).Should().Be(second.Output);

        string[] Kept() =>
            Directory.GetFiles(Path.Combine(Model, "evaluations"), "*.json", SearchOption.AllDirectories);
    }

    [Test]
    public void Class_folders_are_matched_by_their_names()
    {
        var run = _folder.File("classes");
        var data = PngFolder.WriteClasses(_folder, "three", 4, "a", "b", "c");
        var network = TinySetup.Network with { NumClassEmbeds = 3 };
        using (var training = TrainingRun.Create(run, TinySetup.For(data, steps: 2) with { Network = network }))
            training.Train();
        var held = PngFolder.WriteClasses(_folder, "two", 4, "a", "c");
        string[] bound = ["--only", "bound", "--images", "8", "--times", "1", "--json"];
        var result = Cli.RunHere(["evaluate", run, "--data", held, .. bound]);
        result.Code.Should().Be(0, result.Error);
        JsonNode.Parse(result.Output)!["bound"]!["total_nats"]!
            .GetValue<double>()
            .Should()
            .BeApproximately(Nats(0, 2), 1e-9);
        Nats(0, 1).Should().NotBeApproximately(Nats(0, 2), 1e-3);

        Directory.Move(_folder.File("two/c"), _folder.File("two/d"));
        var unknown = Cli.RunHere(["evaluate", run, "--data", held, .. bound]);
        unknown.Code.Should().Be(2);
        unknown.Error.Should().Match("*'d'*a, b, c*");

        double Nats(int first, int second)
        {
            using var scope = NewDisposeScope();
            using var pipeline = Pipeline.Load(run);
            var images = ImageDataset.Load(held);
            using var batch = images.Batch([.. Enumerable.Range(0, 8)]);
            int[] labels = [.. Enumerable.Range(0, 8).Select(i => i < 4 ? first : second)];
            var numbered = new ImageDataset(Pixels.ToBytes(batch), 1, 8, 8, "held", [.. labels]);
            var evaluator = new PipelineEvaluator(pipeline, numbered);
            return evaluator.Bound(8, new BoundOptions { TimesPerImage = 1 }).Total.Mean;
        }
    }

    [Test]
    public void Images_without_labels_leave_out_only_what_needs_them()
    {
        var images = TinyImages.Write(_folder);
        string[] all = ["evaluate", Model, "--data", images, "--train-data", images, "--images", "4", "--times", "1"];
        string[] quick = ["--flow-images", "2", "--solver", "heun", "--flow-steps", "2", "--samples", "8"];
        var result = Cli.RunHere([.. all, .. quick, "--sampler", "ddim:2", "--json"]);
        result.Code.Should().Be(0, result.Error);
        result.Error.Should().Match("note: samples: left out*has no labels*--features*");
        var report = JsonNode.Parse(result.Output)!;
        report["bound"].Should().NotBeNull();
        report["flow"].Should().NotBeNull();
        report["neighbours"].Should().NotBeNull();
        report["frechet"].Should().BeNull();
        var asked = Cli.RunHere([.. all, .. quick, "--only", "samples"]);
        asked.Code.Should().Be(2, "it was asked for by its name");
        asked.Error.Should().Contain("has no labels");
    }

    [Test]
    public void Without_training_images_what_needs_none_is_evaluated()
    {
        string[] quick = ["--flow-images", "2", "--solver", "heun", "--flow-steps", "2", "--samples", "8"];
        var result = Cli.RunHere([.. Base, "--images", "4", "--times", "1", .. quick, "--json"]);
        result.Code.Should().Be(0, result.Error);
        result
            .Error.Should()
            .Contain("samples: left out")
            .And.Contain("neighbours: left out")
            .And.Contain("--train-data");
        JsonNode.Parse(result.Output)!["flow"].Should().NotBeNull();
    }

    [Test]
    public void A_run_that_scaled_its_images_is_evaluated_on_scaled_ones()
    {
        var data = PngFolder.WriteClasses(_folder, "large", 4, "a");
        PngFolder.Write(_folder, "large/a/x.png", 12, 16);
        using (var training = TrainingRun.Create(_folder.File("run"), TinySetup.For(data, steps: 2)))
            training.Train();
        string[] bound = ["--only", "bound", "--images", "4", "--times", "1", "--json"];
        var result = Cli.RunHere(["evaluate", _folder.File("run"), "--data", data, .. bound]);
        result.Code.Should().Be(0, result.Error);
        result.Error.Should().Contain("note: ").And.Contain("scaled");
        var report = Cli.RunHere("report", _folder.File("run"));
        report.Code.Should().Be(0, report.Error);
        File.ReadAllText(_folder.File("run/report.html")).Should().NotContain("The images can");

        // The model of SetUp doesn't say so: its images are refused, unless they are to be scaled.
        var refused = Cli.RunHere(["evaluate", Model, "--data", _folder.File("large/a"), .. bound]);
        refused.Code.Should().Be(2);
        refused.Error.Should().Contain("--size");
        var asked = Cli.RunHere(["evaluate", Model, "--data", _folder.File("large/a"), "--size", "8", .. bound]);
        asked.Code.Should().Be(0, asked.Error);
    }

    [TestCase(true)]
    [TestCase(false)]
    public void A_complete_model_is_evaluated_whatever_became_of_its_settings(bool hasCheckpoints)
    {
        var data = PngFolder.WriteClasses(_folder, "large", 4, "a");
        PngFolder.Write(_folder, "large/a/x.png", 12, 16);
        var run = _folder.File("run");
        using (var training = TrainingRun.Create(run, TinySetup.For(data, steps: 2)))
            training.Train();
        File.WriteAllText(_folder.File("run/training.json"), "{");
        if (!hasCheckpoints)
            Directory.Delete(_folder.File("run/checkpoints"), recursive: true);
        var held = hasCheckpoints ? data : TinyImages.Write(_folder);
        var result = Cli.RunHere(
            ["evaluate", run, "--data", held, "--only", "bound", "--images", "4", "--times", "1", "--json"]
        );
        result.Code.Should().Be(0, result.Error);
        result.Error.Contains("training.json' is damaged").Should().Be(!hasCheckpoints, "a checkpoint knows them too");
        result.Error.Contains("--size scales them").Should().Be(!hasCheckpoints);
    }

    [Test]
    public void Training_images_that_cannot_be_read_leave_out_only_what_needs_them()
    {
        var (run, images) = (_folder.File("run"), TinyImages.Write(_folder));
        using (var training = TrainingRun.Create(run, TinySetup.For(images, steps: 2)))
            training.Train();
        // Neither missing nor damaged, and unreadable to everybody: a link to itself.
        File.Delete(images);
        File.CreateSymbolicLink(images, images);
        string[] asked =
        [
            "evaluate",
            run,
            "--data",
            _folder.Path,
            "--images",
            "4",
            "--times",
            "1",
            "--sampler",
            "ddim:2",
        ];
        string[] quick = ["--flow-images", "2", "--solver", "heun", "--flow-steps", "2", "--samples", "8", "--json"];
        var result = Cli.RunHere([.. asked, .. quick]);
        result.Code.Should().Be(0, result.Error);
        result.Error.Should().Contain("samples: left out").And.Contain("neighbours: left out");
        result.Error.Should().Contain($"The training images '{images}' can't be read: ").And.Contain("--train-data");
        JsonNode.Parse(result.Output)!["flow"].Should().NotBeNull();
        foreach (var insisting in new string[][] { ["--only", "neighbours"], ["--train-data", images] })
            Cli.RunHere([.. asked, .. quick, .. insisting]).Code.Should().Be(2, insisting[0]);
    }

    [Test]
    public void Of_fewer_images_than_usual_all_are_taken()
    {
        string[] quick = ["--times", "1", "--solver", "heun", "--flow-steps", "2", "--sampler", "ddim:2", "--json"];
        var result = Cli.RunHere([.. Base, "--train-data", _folder.Path, .. quick]);
        result.Code.Should().Be(0, result.Error);
        foreach (var part in new[] { "bound: 60, ", "flow: 60, ", "samples: 60, " })
            result.Error.Should().Contain($"note: {part}as many as ");
        var report = JsonNode.Parse(result.Output)!;
        report["bound"]!["images"]!.GetValue<int>().Should().Be(60);
        report["flow"]!["images"]!.GetValue<int>().Should().Be(60);
        report["frechet"]!["samples"]!.GetValue<int>().Should().Be(60);
    }

    [Test]
    public void Parts_that_need_more_images_than_there_are_are_left_out_unless_asked_for()
    {
        string[] three = ["evaluate", Model, "--data", TinyImages.Write(_folder, 3), "--train-data", _folder.Path];
        string[] quick = ["--times", "1", "--solver", "heun", "--flow-steps", "2", "--sampler", "ddim:2", "--json"];
        var result = Cli.RunHere([.. three, .. quick]);
        result.Code.Should().Be(0, result.Error);
        result.Error.Should().Contain("samples: left out").And.Contain("at least 4").And.Contain("bound: 3, ");
        JsonNode.Parse(result.Output)!["frechet"].Should().BeNull();
        var asked = Cli.RunHere([.. three, .. quick, "--only", "samples"]);
        asked.Code.Should().Be(2);
        asked.Error.Should().Contain("samples: ").And.Contain("has 3 held-out images; at least 4");
    }

    [Test]
    public void A_scheduler_class_and_the_sampler_of_its_name_stand_side_by_side()
    {
        string[] asked = [.. Base, "--train-data", _folder.Path, "--samples", "20", "--only", "samples"];
        var result = Cli.RunHere([.. asked, "--sampler", "euler:2", "EulerDiscreteScheduler:2"]);
        result.Code.Should().Be(0, result.Error);
        result.Output.Should().Contain("Euler, 2 calls: ").And.Contain("Euler of EulerDiscreteScheduler, 2 calls: ");
        Choices().Should().Equal("EulerDiscreteScheduler", "euler");
        // The folder's own is a class as well.
        Cli.RunHere(asked).Code.Should().Be(0);
        Choices().Should().Equal("DDPMScheduler", "EulerDiscreteScheduler", "euler");

        IEnumerable<string?> Choices() =>
            JsonNode.Parse(File.ReadAllText(Report))!["samplers"]!
                .AsArray()
                .Select(s => s!["choice"]?.GetValue<string>());
    }

    [Test]
    public void A_report_of_which_a_part_is_missing_is_refused()
    {
        File.WriteAllText(Report, """{ "weights": "w", "held_out": null }""");
        var result = Cli.RunHere([.. Base, "--only", "bound", "--images", "4", "--times", "1"]);
        result.Code.Should().Be(2);
        result.Error.Should().Match("diffusion: *evaluation.json' is damaged: *missing*Delete it*");
    }

    [Test]
    public void Images_that_are_brought_to_the_models_shape_are_said_once()
    {
        File.WriteAllBytes(_folder.File("wide"), TinyImages.Idx(new byte[4 * 8 * 9], 4, 8, 9));
        PngFolder.Write(_folder, "wider/a.png", 8, 12);
        PngFolder.Write(_folder, "wider/b.png", 8, 12);
        foreach (var data in new[] { "wide", "wider" })
        {
            var result = Cli.RunHere(
                [
                    "evaluate",
                    Model,
                    "--data",
                    _folder.File(data),
                    .. new[] { "--size", "8", "--only", "bound", "--images", "2", "--times", "1", "--json" },
                ]
            );
            result.Code.Should().Be(0, result.Error);
            result
                .Error.Split('\n')
                .Where(line => line.StartsWith("note: ") && !line.Contains("is kept as"))
                .Should()
                .ContainSingle(data);
        }
    }

    [Test]
    public void A_model_with_a_learned_variance_is_trained_sampled_and_evaluated()
    {
        var network = _folder.File("network.json");
        (TinySetup.Network with { OutChannels = 2 }).Save(network);
        var run = _folder.File("learned");
        string[] train = ["train", "--data", TinyImages.Write(_folder), "--network", network, "--out", run];
        Good([.. train, "--variance", "learned", "--steps", "3", "--batch-size", "4", "--sample-every", "0"]);
        string picture = _folder.File("samples.png");
        Good("sample", run, "--sampler", "ddpm", "--steps", "10", "--count", "4", "--out", picture);
        Good("evaluate", run, "--data", TinyImages.Write(_folder), "--only", "bound", "--images", "4", "--times", "2");

        static void Good(params string[] arguments)
        {
            var result = Cli.RunHere(arguments);
            result.Code.Should().Be(0, result.Error);
        }
    }

    [TestCase("--data|wide", "wide*1×8×9*trained on 1×8×8*")]
    [TestCase("--data|missing", "*no file*missing*")]
    [TestCase("--data|trainonly", "*training images*no t10k*")]
    [TestCase("--images|61", "*--images is 61*60 held-out images*")]
    [TestCase("--images|1", "*--images must be in 2*not 1*")]
    [TestCase("--samples|3", "*--samples must be in 4*not 3*")]
    [TestCase("--batch-size|0", "*--batch-size must be in 1*not 0*")]
    [TestCase("--tolerance|0", "*tolerance must be in*not 0*")]
    [TestCase("--probes|0", "*probes must be in 1*not 0*")]
    [TestCase("--sampler|ddimm:3", "*no sampler 'ddimm'*did you mean 'ddim'*")]
    [TestCase("--sampler|DDIMSchedular:3", "*no sampler 'DDIMSchedular'*did you mean 'DDIMScheduler'*")]
    [TestCase("--sampler|ddim:x", "*'ddim:x' is not NAME or NAME:STEPS*")]
    [TestCase("--variant|fp16", "*no weights*There are weights without a variant; choose by variant*")]
    [TestCase("--variant|../fp16", "*such as fp16*")]
    [TestCase("--only|everything", "*everything*")]
    [TestCase("--only|neighbours", "*doesn't say what it was trained on*--train-data*")]
    [TestCase("--features|model", "*--features*model*is a folder*")]
    public void Bad_input_is_refused_in_one_line_and_leaves_no_report(string arguments, string message)
    {
        File.WriteAllBytes(_folder.File("wide"), TinyImages.Idx(new byte[3 * 8 * 9], 3, 8, 9));
        Directory.CreateDirectory(_folder.File("trainonly"));
        File.Copy(_folder.File("train-images-idx3-ubyte"), _folder.File("trainonly/train-images-idx3-ubyte"));
        var parts = arguments.Split('|');
        if (parts[0] is "--data" or "--features")
            parts[1] = _folder.File(parts[1]);
        string[] training = parts[1] == "neighbours" ? [] : ["--train-data", _folder.Path];
        string[] counts = parts[0] is "--images" or "--samples" ? [] : ["--images", "2", "--samples", "4"];
        string[] data = parts[0] == "--data" ? [] : ["--data", _folder.Path];
        var (code, _, error) = Cli.RunHere(
            ["evaluate", Model, .. data, .. training, .. counts, "--flow-images", "2", .. parts]
        );
        code.Should().Be(2, error);
        error.Should().Match($"diffusion: *{message}\n").And.NotMatch("*\n*\n");
        File.Exists(Report).Should().BeFalse();
    }
}
