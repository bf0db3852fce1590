using System.Text.RegularExpressions;
using Diffusion.Api;
using Diffusion.Nn;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Numerics.Cli;

public class TrainCommandTests : FolderFixture
{
    [Test]
    public void A_folder_of_PNG_files_is_trained_on_with_its_classes_and_bad_files_are_named_and_counted()
    {
        PngFolder.WriteClasses(_folder, "data", 3, "cat", "dog");
        PngFolder.Write(_folder, "data/cat/wide.png", 9, 20);
        File.WriteAllText(_folder.File("data/dog/broken.png"), "no image");
        var run = _folder.File("run");
        var result = Train("--data", _folder.File("data"), "--size", "8", "--classes", "--skip-bad", "--out", run);
        result.Code.Should().Be(0, result.Error);
        result.Error.Should().Contain("broken.png': it is not a PNG file").And.Contain("1 of 8 images were skipped");
        result.Output.Should().Contain("7 images, 1×8×8, 2 classes");
        using var pipeline = Pipeline.Load(run);
        pipeline.Network.Config.NumClassEmbeds.Should().Be(2);
        pipeline.Network.Config.SampleSize.Should().Be(new ImageSize(8, 8));
        ClassNames.Load(run).Should().Equal("cat", "dog");

        var again = Cli.Run("train", "--resume", run);
        again.Code.Should().Be(0, again.Error);
        again.Error.Should().Contain("1 of 8 images were skipped");
        again.Output.Should().Contain("all 2 steps are done");
    }

    [Test]
    public void A_model_is_trained_on_at_its_own_size_and_with_its_own_schedule()
    {
        SaveModel();
        PngFolder.WriteClasses(_folder, "data", 2, "cat", "dog");
        PngFolder.Write(_folder, "data/cat/large.png", 30, 20, 255, 0, 0);
        var run = _folder.File("run");
        var result = Train("--from", _folder.File("model"), "--data", _folder.File("data"), "--classes", "--out", run);
        result.Code.Should().Be(0, result.Error);
        result.Output.Should().Contain("it gets a table of 2, which begins at zero").And.Contain("5 images, 1×8×8");
        result.Error.Should().Contain("1 images in colour are made grey");
        using (var pipeline = Pipeline.Load(run))
        {
            pipeline.Scheduler.Should().Be(TinySetup.Scheduler);
            pipeline.Network.Config.Should().Be(TinySetup.Network with { NumClassEmbeds = 2 });
        }
        TrainingSetup.Load(run).From.Should().Be(_folder.File("model"));
        TrainingSetup.Load(run).Options.LearningRate.Should().Be(1e-4);

        // And that one with a class more, which its folder knows by name.
        PngFolder.Write(_folder, "data/ant/000.png");
        var more = Train("--from", run, "--data", _folder.File("data"), "--out", _folder.File("more"));
        more.Code.Should().Be(0, more.Error);
        more.Output.Should().Contain("mean of the model's 2: 'ant'");
        ClassNames.Load(_folder.File("more")).Should().Equal("ant", "cat", "dog");
    }

    [Test]
    public void A_variant_of_a_models_weights_is_trained_on()
    {
        SaveModel();
        Tampering.AddVariant(_folder.File("model"), "ema-0.9", bias: 1.5);
        PngFolder.WriteClasses(_folder, "data", 2, "cat", "dog");
        var run = _folder.File("run");
        string[] from = ["--from", _folder.File("model"), "--data", _folder.File("data")];
        var result = Train([.. from, "--variant", "ema-0.9", "--out", run]);
        result.Code.Should().Be(0, result.Error);
        Bias(run).Should().BeApproximately(1.5f, 1e-2f);
        TrainingSetup.Load(run).FromVariant.Should().Be("ema-0.9");

        // Resuming needs no model.
        Directory.Delete(_folder.File("model"), recursive: true);
        var again = Cli.Run("train", "--resume", run);
        again.Code.Should().Be(0, again.Error);

        static float Bias(string folder)
        {
            using var pipeline = Pipeline.Load(folder);
            return pipeline.Network.state_dict()["conv_out.bias"].data<float>()[0];
        }
    }

    [Test]
    public void The_warm_up_that_help_names_is_taken()
    {
        var named = Regex.Match(Cli.RunHere("train", "--help").Output, @"power:\d[^\s;]*").Value;
        var result = Train("--data", TinyImages.Write(_folder), "--ema-warmup", named, "--out", _folder.File("run"));
        result.Code.Should().Be(0, result.Error);
        TrainingSetup.Load(_folder.File("run")).Options.EmaPower.Should().BeApproximately(2 / 3.0, 1e-3);
    }

    /// <summary>Each with what its one line must say; paths in braces are made below.</summary>
    private static readonly TestCaseData[] BadInput =
    [
        Case("empty folder", "holds no PNG file", "--data", "{empty}"),
        Case("images at two depths", "one a class", "--data", "{mixed}"),
        Case("a bad image", "--skip-bad", "--data", "{bad}", "--size", "8"),
        Case("bad images only", "None of the 1 PNG files", "--data", "{worse}", "--size", "8", "--skip-bad"),
        Case("several sizes", "--size", "--data", "{sizes}"),
        Case("no size at all", "--size must be at least 1", "--data", "{sizes}", "--size", "0"),
        Case("size that can't be halved", "halv", "--data", "{sizes}", "--size", "9"),
        Case("classes without labels", "has no labels", "--data", "{sizes}", "--size", "8", "--classes"),
        Case("from no pipeline", "not a pipeline folder", "--data", "{sizes}", "--from", "{empty}"),
        Case("from and network", "--network can't be given with --from", "--from", "{model}", "--network", "x.json"),
        Case("from no variant", "'ema-0.9'; choose", "--data", "{sizes}", "--from", "{model}", "--variant", "fp16"),
        Case("variant of no model", "name the model with --from", "--data", "{sizes}", "--variant", "fp16"),
        Case("several averages of one decay", "--ema-decay must be different", "--ema-decay", "0.9", "0.9"),
        Case("parts", "--accumulate must be in 1", "--accumulate", "3"),
        Case("clip", "--clip must be a positive number, not 0", "--clip", "0"),
        Case("warm-up's numbers", "--ema-warmup: g must be a positive number", "--ema-warmup", "power:0,1"),
        Case("warm-up", "--ema-warmup must be ratio, none, power or power:g,p", "--ema-warmup", "power:1,2,3"),
        Case("weight's number", "--loss-weight p2:-1: ", "--loss-weight", "p2:-1"),
        Case("weight of no bound", "--vlb-weight weighs the bound", "--data", "{sizes}", "--vlb-weight", "0.1"),
        Case("warm-up of one cycle", "--warmup-steps: ", "--lr-schedule", "one-cycle", "--warmup-steps", "5"),
        Case("cut tensors", "tensors.safetensors", "--data", "{tensors.safetensors}"),
    ];

    [TestCaseSource(nameof(BadInput))]
    public void Bad_input_is_one_clear_line_and_exit_code_2_and_nothing_is_made(string says, string[] arguments)
    {
        Directory.CreateDirectory(_folder.File("empty"));
        PngFolder.WriteClasses(_folder, "mixed", 1, "a");
        PngFolder.Write(_folder, "mixed/b.png");
        PngFolder.Write(_folder, "bad/a.png");
        foreach (var bad in new[] { "bad/b.png", "worse/b.png", "tensors.safetensors" })
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_folder.File(bad))!);
            File.WriteAllText(_folder.File(bad), "neither an image nor tensors");
        }
        PngFolder.Write(_folder, "sizes/a.png", 12, 12);
        PngFolder.Write(_folder, "sizes/b.png", 16, 12);
        SaveModel();
        Tampering.AddVariant(_folder.File("model"), "ema-0.9", bias: 1.5);
        var run = _folder.File("run");
        var result = Train(
            [.. arguments.Select(a => a.Replace("{", _folder.Path + "/").Replace("}", "")), "--out", run]
        );
        result.Code.Should().Be(2, result.Error + result.Output);
        result
            .Error.TrimEnd()
            .Split('\n')
            .Where(line => !line.StartsWith("note: "))
            .Should()
            .ContainSingle("one line, not a stack trace")
            .Which.Should()
            .StartWith("diffusion: ")
            .And.Contain(says);
        Directory.Exists(run).Should().BeFalse();
    }

    [TestCase("--from", "x")]
    [TestCase("--variant", "x")]
    [TestCase("--size", "8")]
    [TestCase("--classes", "true")]
    [TestCase("--skip-bad", "true")]
    public void What_a_run_was_begun_with_cannot_be_changed_on_resuming(string option, string value)
    {
        var result = Cli.Run("train", "--resume", "x", option, value);
        result.Code.Should().Be(2);
        result.Error.Should().Contain($"{option} can't be given with --resume");
    }

    private static TestCaseData Case(string name, string says, params string[] arguments) =>
        new TestCaseData(says, arguments).SetName($"Bad training input: {name}");

    private static Cli.Result Train(params string[] arguments) =>
        Cli.Run(["train", "--steps", "2", "--batch-size", "2", .. arguments]);

    private void SaveModel() => TinySetup.SaveModel(_folder.File("model"));
}
