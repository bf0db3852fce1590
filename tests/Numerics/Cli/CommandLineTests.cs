using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Diffusion.Api;
using Diffusion.Nn;
using FluentAssertions;
using NUnit.Framework;
using TorchSharp;

namespace Diffusion.Numerics.Cli;

public partial class CommandLineTests : ImagesFixture
{
    private const int Interrupt = 2;

    [Test]
    public void The_demo_trains_and_draws_its_pictures_and_goes_on_where_it_is_done()
    {
        var run = _folder.File("demo");
        var first = Cli.Run("demo", "--data", _data, "--out", run, "--steps", "6");
        first.Code.Should().Be(0, first.Error);
        foreach (var picture in new[] { "samples-ddim.png", "samples-ddpm.png", "forward.png", "loss.svg" })
            new FileInfo(Path.Combine(run, picture)).Length.Should().BeGreaterThan(500, picture);
        first.Output.Should().Contain("6/6").And.Contain("images/s").And.Contain("ETA");

        var again = Cli.Run("demo", "--data", _data, "--out", run, "--steps", "6");
        again.Code.Should().Be(0, again.Error);
        again.Output.Should().Contain("all 6 steps are done");
    }

    [Test]
    public void The_demo_chooses_its_steps_to_fit_the_time()
    {
        var result = Cli.Run("demo", "--data", _data, "--out", _folder.File("demo"), "--minutes", "0.02");
        result.Code.Should().Be(0, result.Error);
        result.Output.Should().MatchRegex(@"A training step of \d+ images takes \d+ ms here: \d+ steps in 0 minutes");
    }

    [Test]
    public void The_demo_goes_on_with_a_run_that_was_broken_off_and_ends_as_an_unbroken_one([Values] bool lost)
    {
        // The demo draws by 250 steps.
        var setup = TinySetup.For(_data, steps: 4, checkpointEvery: 2) with
        {
            Scheduler = TinySetup.Scheduler with { TrainingSteps = 250 },
        };
        using (var whole = TrainingRun.Create(_folder.File("whole"), setup))
            whole.Train();
        using (var run = TrainingRun.Create(_folder.File("broken"), setup))
            run.TrainUntil(2);
        var broken = _folder.File("broken");
        File.Exists(Path.Combine(broken, "model_index.json")).Should().BeFalse("it has not come to its end");
        if (lost)
            File.Delete(Path.Combine(broken, "training.json"));

        var resumed = Cli.Run("demo", "--out", broken);
        resumed.Code.Should().Be(0, resumed.Error);
        resumed.Output.Should().Contain("holds a run at step 2 of 4");
        Weights(broken).Should().Equal(Weights(_folder.File("whole")));
    }

    [Test]
    public void Ctrl_C_saves_and_says_how_to_go_on()
    {
        var run = _folder.File("run");
        using var process = Cli.StartInterruptible(
            "train",
            "--data",
            _data,
            "--out",
            run,
            "--steps",
            "100000",
            "--checkpoint-every",
            "100000"
        );
        using var limit = new Timer(_ => process.Kill(), null, Cli.TimeLimit, Timeout.InfiniteTimeSpan);
        while (!File.Exists(Path.Combine(run, "metrics.jsonl")) && !process.HasExited)
            Thread.Sleep(5);
        Signal(process.Id, Interrupt).Should().Be(0);
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        process.ExitCode.Should().Be(130);
        output.Should().Contain($"diffusion train --resume {run}");
        Directory.EnumerateDirectories(Path.Combine(run, "checkpoints")).Should().ContainSingle();
    }

    [Test]
    public void Samples_are_drawn_from_a_finished_run_however_they_are_batched()
    {
        SavePipeline();
        var (one, two) = (_folder.File("one.png"), _folder.File("two.png"));
        string[] five = ["sample", _folder.File("model"), "--sampler", "ddim", "--count", "5", "--steps", "3"];
        var result = Cli.Run([.. five, "--out", one]);
        result.Code.Should().Be(0, result.Error);
        result.Output.Should().Contain("5 images by DDIM(η = 0), 3 network calls each");
        Cli.Run([.. five, "--batch-size", "2", "--out", two]).Code.Should().Be(0);
        File.ReadAllBytes(two).Should().Equal(File.ReadAllBytes(one));
    }

    [TestCase("ddpm", 4)]
    [TestCase("heun", 7)]
    [TestCase("dpm++2s", 7)]
    public void Every_sampler_draws_with_the_steps_asked_for(string sampler, int calls)
    {
        SavePipeline();
        var picture = _folder.File("picture.png");
        var result = Cli.Run(
            "sample",
            _folder.File("model"),
            "--sampler",
            sampler,
            "--grid",
            "logsnr",
            "--count",
            "2",
            "--steps",
            "4",
            "--out",
            picture
        );
        result.Code.Should().Be(0, result.Error);
        result.Output.Should().Contain($"{calls} network calls each");
        File.Exists(picture).Should().BeTrue();
    }

    [Test]
    public void Samples_are_drawn_of_a_class_from_noise_in_a_file()
    {
        using var pipeline = new Pipeline(
            new UNet2D(TinySetup.Network with { NumClassEmbeds = 3, Dropout = 0 }),
            TinySetup.Scheduler
        );
        pipeline.Save(_folder.File("model"));
        using var scope = torch.NewDisposeScope();
        var (noise, steps) = (torch.randn([2, 1, 8, 8]), torch.randn([3, 2, 1, 8, 8]));
        Safetensors.Save(_folder.File("noise"), [("noise", noise), ("steps", steps)]);
        string[] arguments =
        [
            "sample",
            _folder.File("model"),
            "--steps",
            "4",
            "--noise",
            _folder.File("noise"),
            "--out-tensor",
            _folder.File("images"),
            "--out",
            _folder.File("picture.png"),
        ];
        var drawn = 0;
        foreach (var classes in new long[]?[] { null, [2] })
        {
            var result = Cli.Run([.. arguments, .. classes is null ? (string[])[] : ["--class", "2"]]);
            result.Code.Should().Be(0, result.Error);
            result.Error.Contains("go round the classes 0 … 2").Should().Be(classes is null);
            result.Output.Should().Contain("2 images by DDPM(fixed small), 4 network calls each");
            using var written = Safetensors.Load(_folder.File("images"));
            drawn = 0;
            var own = pipeline.Sample(pipeline.Plan(4), noise, () => steps[drawn++], classes);
            (written.Tensors["images"] - own).abs().max().ToDouble().Should().BeLessThan(1e-6);
        }
        Safetensors.Save(_folder.File("noise"), [("noise", noise), ("steps", steps[..2])]);
        var refused = Cli.Run(arguments);
        refused.Code.Should().Be(2);
        refused.Error.Should().Contain("has noise for 2 steps").And.NotContain("   at ");
    }

    [Test]
    public void The_doctor_finds_this_machine_in_order()
    {
        var result = Cli.Run("doctor", "--data", _data);
        result.Output.Should().Contain("engine: ").And.Contain("GFLOP/s").And.Contain("24 of 8×8");
        result.Code.Should().Be(result.Output.Contains("WRONG") ? 1 : 0);
    }

    [Test]
    public void The_doctor_says_how_to_mend_missing_data()
    {
        var result = Cli.Run("doctor", "--data", "no/such/folder");
        result.Code.Should().Be(1);
        result
            .Output.Should()
            .Contain("WRONG  training images")
            .And.Contain("To mend: apt-get install dataset-fashion-mnist");
    }

    [TestCase("")]
    [TestCase("demo")]
    [TestCase("train")]
    [TestCase("sample")]
    [TestCase("doctor")]
    public void Help_has_examples(string command)
    {
        var result = Cli.Run([.. new[] { command, "--help" }.Where(a => a != "")]);
        result.Code.Should().Be(0);
        result.Output.Should().Contain("Example").And.Contain($"diffusion {command}".TrimEnd());
    }

    /// <summary>Each with what its one line must say; paths in braces are made below.</summary>
    private static readonly TestCaseData[] BadInput =
    [
        Case("unknown option", "--frobnicate", "train", "--frobnicate"),
        Case("unknown command", "'frobnicate'", "frobnicate"),
        Case("no command", "Required command", []),
        Case("neither out nor resume", "--out", "train", "--data", "{data}"),
        Case("missing data", "no/such/file", "train", "--data", "no/such/file", "--out", "{new}"),
        Case("truncated data", "cut short", "train", "--data", "{truncated}", "--out", "{new}"),
        Case("data that is not IDX", "not an IDX file", "train", "--data", "{text}", "--out", "{new}"),
        Case("labels that don't match", "labels", "train", "--data", "{mismatched}", "--out", "{new}"),
        Case("empty data set", "no image", "train", "--data", "{empty}", "--out", "{new}"),
        Case("size that can't be halved", "halv", "train", "--data", "{odd}", "--out", "{new}"),
        Case("zero steps", "--steps must be at least 1", "train", "--data", "{data}", "--out", "{new}", "--steps", "0"),
        Case(
            "NaN rate",
            "--learning-rate must be a positive number",
            "train",
            "--data",
            "{data}",
            "--out",
            "{new}",
            "--learning-rate",
            "NaN"
        ),
        Case("output not empty", "not empty", "train", "--data", "{data}", "--out", "{full}"),
        Case("output not writable", "{data}", "train", "--data", "{data}", "--out", "{data}/run"),
        Case("output is a file", "is a file", "train", "--data", "{data}", "--out", "{data}"),
        Case("settings with resume", "--steps can't be given", "train", "--resume", "{full}", "--steps", "5"),
        Case(
            "a batch too large",
            "--batch-size must be in 1",
            "train",
            "--data",
            "{data}",
            "--out",
            "{new}",
            "--batch-size",
            "2147483647"
        ),
        Case("an empty name", "folder", "train", "--resume", ""),
        Case("eta with DDPM", "eta", "sample", "{model}", "--sampler", "ddpm", "--eta", "0.5", "--out", "{new}"),
        Case("too many images", "--count", "sample", "{model}", "--count", "2147483647", "--out", "{new}"),
        Case("picture over a folder", "is a folder", "sample", "{model}", "--out", "{full}"),
        Case("demo for ever", "--minutes", "demo", "--data", "{data}", "--out", "{new}", "--minutes", "1e300"),
        Case("a size that is not known", "sample_size", "sample", "{sizeless}", "--out", "{new}"),
        Case("nothing to resume", "not a training run", "train", "--resume", "{full}"),
        Case("demo into a full folder", "not empty", "demo", "--data", "{data}", "--out", "{full}", "--steps", "1"),
        Case("demo for no time", "--minutes", "demo", "--data", "{data}", "--out", "{new}", "--minutes", "-1"),
        Case("no pipeline", "not a pipeline folder", "sample", "{full}"),
        Case("more steps than times", "101", "sample", "{model}", "--steps", "101", "--out", "{new}"),
        Case("zero sampling steps", "0", "sample", "{model}", "--steps", "0", "--out", "{new}"),
        Case("eta out of range", "eta", "sample", "{model}", "--sampler", "ddim", "--eta", "1.5", "--out", "{new}"),
        Case("no images", "--count", "sample", "{model}", "--count", "0", "--out", "{new}"),
        Case("unknown sampler", "no sampler 'magic'. Known are: ddim", "sample", "{model}", "--sampler", "magic"),
        Case("misspelt class", "mean 'DDIMScheduler'?", "sample", "{model}", "--sampler", "DDIMSchedular"),
        Case("unknown grid", "no grid 'even'", "sample", "{model}", "--grid", "even", "--out", "{new}"),
        Case("a class of none", "knows no classes", "sample", "{model}", "--class", "1", "--out", "{new}"),
        Case("noise that isn't there", "nothing", "sample", "{model}", "--noise", "{nothing}", "--out", "{new}"),
        Case(
            "noise in another file",
            "no tensor 'noise'",
            "sample",
            "{model}",
            "--noise",
            "{model/unet/diffusion_pytorch_model.safetensors}",
            "--out",
            "{new}"
        ),
        Case("tensor over a folder", "--out-tensor", "sample", "{model}", "--out-tensor", "{full}", "--out", "{new}"),
        Case(
            "picture into no folder",
            "nowhere",
            "sample",
            "{model}",
            "--steps",
            "1",
            "--count",
            "1",
            "--out",
            "{new}/nowhere/x.png"
        ),
        Case("weights cut short", "safetensors", "sample", "{cut}"),
        Case("beta out of range", "beta", "sample", "{badbeta}"),
        Case("no CUDA", "use --device cpu", "sample", "{model}", "--device", "cuda"),
    ];

    [TestCaseSource(nameof(BadInput))]
    public void Bad_input_is_one_clear_line_and_exit_code_2_and_nothing_is_touched(string says, string[] arguments)
    {
        if (arguments.Contains("cuda") && torch.cuda.is_available())
            Assert.Pass("this machine has CUDA");
        MakeInputs();
        var before = Snapshot();
        var result = Cli.Run([.. arguments.Select(Fill)]);
        result.Code.Should().Be(2, result.Error + result.Output);
        result.Error.TrimEnd().Split('\n').Should().ContainSingle("one line, not a stack trace");
        result.Error.Should().StartWith("diffusion: ").And.Contain(Fill(says));
        Snapshot().Should().Equal(before);
    }

    private static TestCaseData Case(string name, string says, params string[] arguments) =>
        new TestCaseData(says, arguments).SetName($"Bad input: {name}");

    private string Fill(string argument) => argument.Replace("{", _folder.Path + "/").Replace("}", "");

    private void MakeInputs()
    {
        File.Copy(_data, _folder.File("data"));
        var idx = File.ReadAllBytes(_data);
        File.WriteAllBytes(_folder.File("truncated"), idx[..100]);
        File.WriteAllText(_folder.File("text"), "hello, I am a text");
        File.WriteAllBytes(_folder.File("empty"), TinyImages.Idx([], 0, 8, 8));
        File.WriteAllBytes(_folder.File("odd"), TinyImages.Idx(new byte[2 * 7 * 7], 2, 7, 7));
        Directory.CreateDirectory(_folder.File("mismatched"));
        File.WriteAllBytes(_folder.File("mismatched/train-images-idx3-ubyte"), idx);
        File.WriteAllBytes(_folder.File("mismatched/train-labels-idx1-ubyte"), TinyImages.Idx(new byte[3], 3));
        Directory.CreateDirectory(_folder.File("full"));
        File.WriteAllText(_folder.File("full/precious"), "mine");
        SavePipeline();
        SavePipeline("cut");
        var weights = _folder.File("cut/unet/diffusion_pytorch_model.safetensors");
        File.WriteAllBytes(weights, File.ReadAllBytes(weights)[..500]);
        RemoveSampleSize("sizeless");
        SavePipeline("badbeta");
        var config = _folder.File("badbeta/scheduler/scheduler_config.json");
        var json = JsonNode.Parse(File.ReadAllText(config))!;
        json["beta_schedule"] = "linear";
        json["beta_end"] = 1.5;
        File.WriteAllText(config, json.ToJsonString());
    }

    private void RemoveSampleSize(string name)
    {
        SavePipeline(name);
        var config = _folder.File(name + "/unet/config.json");
        var json = JsonNode.Parse(File.ReadAllText(config))!;
        json["sample_size"] = null;
        File.WriteAllText(config, json.ToJsonString());
    }

    private void SavePipeline(string name = "model") => TinySetup.SaveModel(_folder.File(name));

    private List<(string Path, long Length, DateTime Written)> Snapshot() =>
        [
            .. Directory
                .EnumerateFileSystemEntries(_folder.Path, "*", SearchOption.AllDirectories)
                .Order(StringComparer.Ordinal)
                .Select(path =>
                    (path, File.Exists(path) ? new FileInfo(path).Length : 0, File.GetLastWriteTimeUtc(path))
                ),
        ];

    // A minimal Debian has no `kill` program.
    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Signal(int process, int signal);

    private static byte[] Weights(string run) =>
        File.ReadAllBytes(Path.Combine(run, "unet/diffusion_pytorch_model.safetensors"));
}
