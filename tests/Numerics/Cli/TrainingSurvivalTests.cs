using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;
using Diffusion.Api;
using Diffusion.Nn;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Numerics.Cli;

/// <summary>Trains in processes of their own, to which bad things happen.</summary>
public class TrainingSurvivalTests : ImagesFixture
{
    private const int Kills = 32;

    // So small a network has nothing to share between threads.
    private static readonly (string, string) OneThread = ("OMP_NUM_THREADS", "1");
    private static readonly string[] EachStep = ["--checkpoint-every", "1", "--sample-every", "0"];

    private string _network = null!;

    [SetUp]
    public void SetUp()
    {
        _network = _folder.File("network.json");
        TinySetup.Network.Save(_network);
    }

    [Test]
    public void Killed_32_times_and_resumed_a_run_ends_with_the_weights_of_an_unbroken_one()
    {
        const int steps = 6 * Kills;
        Done(Cli.Run([.. Train("whole", steps), .. EachStep], OneThread));
        var run = _folder.File("run");
        var random = new Random(7);
        var writing = 0;
        for (var kill = 0; kill < Kills; kill++)
        {
            using var process = Cli.Start(
                kill == 0 ? [.. Train("run", steps), .. EachStep] : ["train", "--resume", run],
                OneThread
            );
            // Every other one as soon as a checkpoint is being written, which is what most of the time goes into here too.
            var wanted = Lines(run) + 1 + random.Next(3);
            var pause = TimeSpan.FromMilliseconds(random.NextDouble() * 12);
            var limit = Stopwatch.StartNew();
            while (!process.HasExited && limit.Elapsed < Cli.TimeLimit)
            {
                if (Lines(run) >= wanted && (kill % 2 == 0 || IsWriting(run)))
                    break;
                Thread.Sleep(1);
            }
            if (kill % 2 == 0)
                Thread.Sleep(pause);
            process.Kill();
            process.WaitForExit();
            // Neither done, which 0 would be, nor refused.
            process.ExitCode.Should().BeGreaterThan(128, process.StandardError.ReadToEnd());
            if (IsWriting(run))
                writing++;
        }
        TestContext.Out.WriteLine($"{Kills} kills, {writing} of them while a checkpoint was written");
        writing.Should().BeGreaterThan(3, "kills have to come while checkpoints are written");
        Done(Cli.Run(["train", "--resume", run], OneThread));
        foreach (var file in new[] { "weights", "ema", "optimizer", "times" })
            Saved("run", steps, file).Should().Equal(Saved("whole", steps, file), file);
        const string weights = "unet/diffusion_pytorch_model.safetensors";
        File.ReadAllBytes(Path.Combine(run, weights))
            .Should()
            .Equal(File.ReadAllBytes(_folder.File($"whole/{weights}")));
        Losses("run").Should().Equal(Losses("whole"));
    }

    [Test]
    public void A_second_trainer_is_kept_out_of_a_run_until_the_first_is_killed()
    {
        var run = _folder.File("run");
        using (var first = Cli.Start(Train("run", 1_000_000)))
        {
            WaitFor(first, () => Lines(run) > 2);
            var second = Cli.Run("train", "--resume", run);
            second.Code.Should().Be(2);
            second.Error.Should().Contain("is being trained by another process");
            first.HasExited.Should().BeFalse();
            first.Kill();
            first.WaitForExit();
        }
        FluentActions.Invoking(() => TrainingRun.Resume(run).Dispose()).Should().NotThrow();
    }

    [TestCase("HUP")]
    [TestCase("TERM")]
    public void A_signal_to_end_saves_what_was_done(string signal)
    {
        var run = _folder.File("run");
        using var process = Cli.StartInterruptible([.. Train("run", 1_000_000), "--sample-every", "0"]);
        WaitFor(process, () => Lines(run) > 2);
        Process.Start("kill", [$"-{signal}", $"{process.Id}"]).WaitForExit();
        WaitForEnd(process);
        process.ExitCode.Should().Be(130, process.StandardError.ReadToEnd());
        using var resumed = TrainingRun.Resume(run);
        resumed.Step.Should().Be(Lines(run));
    }

    [Test]
    public void More_hangups_than_one_leave_the_checkpoint_its_time()
    {
        var run = _folder.File("run");
        using var process = Cli.StartInterruptible([.. Train("run", 1_000_000), "--sample-every", "0"]);
        WaitFor(process, () => Lines(run) > 2);
        // A terminal that closes has its shell send one, and the system another.
        const string signals = "kill -HUP $0; sleep 0.002; kill -HUP $0";
        Process.Start("bash", ["-c", signals, $"{process.Id}"]).WaitForExit();
        WaitForEnd(process);
        // Not by the exit code: the second may come when all is saved, and nothing heeds it any more.
        using var resumed = TrainingRun.Resume(run);
        resumed.Step.Should().Be(Lines(run));
    }

    [Test]
    public void A_terminal_that_closes_ends_a_run_with_all_that_was_done()
    {
        var run = _folder.File("run");
        var command = string.Join(' ', [.. Train("run", 1_000_000), "--sample-every", "0"]);
        // A terminal of its own, which is gone with the program that has made it.
        using var terminal = Bash("env --default-signal=HUP script -qec", $"dotnet {Program} {command}", "/dev/null");
        WaitFor(terminal, () => terminal.HasExited || Lines(run) > 2);
        if (terminal.HasExited)
            Assert.Ignore($"No terminal can be made here: {terminal.StandardError.ReadToEnd()}");
        terminal.Kill();
        var limit = Stopwatch.StartNew();
        while (IsTrained(run) && limit.Elapsed < Cli.TimeLimit)
            Thread.Sleep(20);
        using var resumed = TrainingRun.Resume(run);
        resumed.Step.Should().Be(Lines(run));

        static bool IsTrained(string folder)
        {
            try
            {
                TrainingRun.Resume(folder).Dispose();
                return false;
            }
            catch (IOException)
            {
                return true;
            }
        }
    }

    [Test]
    public void A_disk_without_room_stops_a_run_and_loses_nothing()
    {
        const int steps = 8;
        TrainHere("whole", steps);
        TrainHere("run", steps, stopAfter: 5);
        var run = _folder.File("run");
        var before = Content(Path.Combine(run, "checkpoints"));

        // The run on a disk of its own with room for what is there, not for a checkpoint more. It is gone with the process, so
        // that what became of it is copied out.
        const string onSmallDisk = """
            mount -t tmpfs -o size=$(($(du -sk "$0/run" | cut -f1) + 120))k none "$0/disk" && cp -a "$0/run" "$0/disk" || exit 99
            dotnet "$1" train --resume "$0/disk/run"
            code=$?
            cp -a "$0/disk/run" "$0/after"
            exit $code
            """;
        Directory.CreateDirectory(_folder.File("disk"));
        using (var limited = Bash("unshare -rm bash -c", onSmallDisk, _folder.Path, Program))
        {
            var error = limited.StandardError.ReadToEnd();
            limited.WaitForExit();
            if (limited.ExitCode is 1 or 99 or 127 && !Directory.Exists(_folder.File("after")))
                Assert.Ignore($"No disk can be mounted here: {error}");
            limited.ExitCode.Should().Be(2, error);
            error.Should().Contain("can't be written").And.Contain("step-000000005, and whole");
            error.Should().Contain("No space left").And.NotContain(" at Diffusion.");
        }
        var after = _folder.File("after");
        Content(Path.Combine(after, "checkpoints")).Should().Equal(before);
        IsWriting(after).Should().BeFalse("the room is given back");
        File.ReadLines(Path.Combine(after, "metrics.jsonl"))
            .Should()
            .HaveCount(6, "it failed at the next step's checkpoint");

        using (var resumed = TrainingRun.Resume(after))
            resumed.Train().Should().BeTrue();
        foreach (var file in new[] { "weights", "ema", "optimizer", "times" })
            Saved("after", steps, file).Should().Equal(Saved("whole", steps, file), file);
    }

    [Test]
    public void A_disk_without_room_for_the_log_says_so_and_how_to_go_on()
    {
        const string onSmallDisk = """
            mount -t tmpfs -o size=4m none "$0/disk" || exit 99
            dotnet "$@" &
            while [ ! -s "$0/disk/run/metrics.jsonl" ] && kill -0 $! 2> /dev/null; do sleep 0.05; done
            dd if=/dev/zero of="$0/disk/fill" bs=4k 2> /dev/null
            wait $!
            """;
        Directory.CreateDirectory(_folder.File("disk"));
        string[] train = [.. Train("disk/run", 1_000_000), "--checkpoint-every", "1000000", "--sample-every", "0"];
        using var limited = Bash(
            "unshare -rm bash -c",
            [onSmallDisk, _folder.Path, Program, .. train, "--tensorboard"]
        );
        var error = limited.StandardError.ReadToEnd();
        limited.WaitForExit();
        if (limited.ExitCode is 1 or 99 or 127)
            Assert.Ignore($"No disk can be mounted here: {error}");
        limited.ExitCode.Should().Be(2, error);
        error
            .Should()
            .Contain("log can't be written")
            .And.Contain("No space left")
            .And.Contain("Make room, then resume");
    }

    [Test]
    public void A_folder_that_cannot_be_written_is_refused_and_stays_as_it_is()
    {
        TrainHere("run", steps: 4, stopAfter: 2);
        var run = _folder.File("run");
        var before = Content(run);
        SetWritable(run, false);
        try
        {
            using var process = Unprivileged("train", "--resume", run);
            var error = process.StandardError.ReadToEnd();
            process.WaitForExit();
            process.ExitCode.Should().Be(2, error);
            error.Should().Contain("can't be written").And.NotContain(" at Diffusion.");
        }
        finally
        {
            SetWritable(run, true);
        }
        Content(run).Should().Equal(before);
        using var resumed = TrainingRun.Resume(run);
        resumed.Train().Should().BeTrue();
    }

    [Test]
    public void Settings_that_cannot_be_read_are_no_damaged_ones()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Ignore("Files are made unreadable by Unix modes.");
            return;
        }
        TrainHere("run", steps: 4, stopAfter: 2);
        var run = _folder.File("run");
        var before = Content(run);
        File.SetUnixFileMode(Path.Combine(run, "training.json"), UnixFileMode.None);
        using (var process = Unprivileged("train", "--resume", run))
        {
            var error = process.StandardError.ReadToEnd();
            process.WaitForExit();
            process.ExitCode.Should().Be(2, error);
            error.Should().Contain("training.json").And.Contain("denied").And.NotContain("damaged");
        }
        File.SetUnixFileMode(Path.Combine(run, "training.json"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Content(run).Should().Equal(before);
    }

    [Test]
    public void A_damaged_newest_checkpoint_is_said_on_the_console()
    {
        TrainHere("run", steps: 5, stopAfter: 4);
        var run = _folder.File("run");
        File.WriteAllText(Path.Combine(run, Checkpoint(4), "weights.safetensors"), "gone");
        var result = Cli.Run("train", "--resume", run);
        Done(result);
        result
            .Error.Should()
            .Contain("note: ")
            .And.Contain("weights.safetensors")
            .And.Contain("Going on from step-000000003");
    }

    [Test]
    public void A_run_whose_settings_have_changed_is_not_resumed_and_the_difference_is_shown()
    {
        TrainHere("run", steps: 4, stopAfter: 2);
        var run = _folder.File("run");
        var file = Path.Combine(run, "training.json");
        var text = File.ReadAllText(file);
        foreach (
            var (was, @is, says) in new[]
            {
                ("\"importance:2,0.1\"", "\"uniform\"", "objective.times was \"importance:2,0.1\", is \"uniform\""),
                ("\"min-snr:5\"", "\"simple\"", "objective.loss_weight was \"min-snr:5\", is \"simple\""),
                ("\"dropout\": 0.1", "\"dropout\": 0.2", "unet.dropout was 0.1, is 0.2"),
                ("\"v_prediction\"", "\"epsilon\"", "scheduler.prediction_type was \"v_prediction\", is \"epsilon\""),
                ("\"Seed\": 5", "\"Seed\": 1", "options.Seed was 5, is 1"),
            }
        )
        {
            text.Should().Contain(was);
            File.WriteAllText(file, text.Replace(was, @is));
            Refusal().Should().Contain(says);
        }
        File.WriteAllText(file, text);
        TinyImages.Write(_folder, count: 23);
        Refusal().Should().Contain("24 images of 1×8×8 then, 23 images of 1×8×8 now");
        TinyImages.Write(_folder);
        var refused = Cli.Run("train", "--resume", run, "--times", "uniform");
        refused.Code.Should().Be(2);
        refused.Error.Should().Contain("--times can't be given with --resume");
        using var resumed = TrainingRun.Resume(run);
        resumed.Train().Should().BeTrue();

        string Refusal()
        {
            var before = Content(run);
            var message = FluentActions
                .Invoking(() => TrainingRun.Resume(run))
                .Should()
                .Throw<Exception>()
                .Which.Message;
            Content(run).Should().Equal(before);
            return message;
        }
    }

    [Test]
    public void A_loss_that_is_not_finite_is_named_by_step_time_and_term()
    {
        var result = Cli.Run([.. Train("run", 200), "--learning-rate", "1e30", "--warmup-steps", "0"]);
        result.Code.Should().Be(2);
        result.Error.Should().MatchRegex("step \\d+ .*(at time \\d+ in the term '|first in '|weights ')");
    }

    [Test]
    public void Quiet_prints_nothing_and_json_prints_the_log_and_the_end()
    {
        var quiet = Cli.Run([.. Train("quiet", 4), "--quiet"]);
        Done(quiet);
        quiet.Output.Should().BeEmpty();
        var json = Cli.Run([.. Train("json", 4), "--json", "--log-every", "2"]);
        Done(json);
        var lines = json.Output.TrimEnd().Split('\n');
        lines[..2].Should().Equal(File.ReadAllLines(_folder.File("json/metrics.jsonl")));
        using var end = JsonDocument.Parse(lines[2]);
        end.RootElement.GetProperty("done").GetBoolean().Should().BeTrue();
        end.RootElement.GetProperty("step").GetInt64().Should().Be(4);
        lines.Should().HaveCount(3);
        Cli.Run("train", "--resume", _folder.File("json"), "--json").Output.Should().StartWith("{\"done\":true");
    }

    [Test]
    public void Memory_is_flat_over_2_000_steps()
    {
        // The least network, since it is the loop that may leak; what a network's own tensors leave is counted elsewhere.
        var smallest = TinySetup.Network with
        {
            BlockOutChannels = [4],
            DownBlockTypes = [DownBlockType.DownBlock2D],
            UpBlockTypes = [UpBlockType.UpBlock2D],
            AddAttention = false,
        };
        smallest.Save(_network);
        // .NET collects at first when as much has been allocated as the processor's cache has room for; here before step 200.
        // And it compiles what runs often a second time when a core is free for it, which on a busy machine is after step 200.
        Done(
            Cli.Run(
                [.. Train("run", 2000), "--quiet", "--log-every", "100", "--checkpoint-every", "100", "--tensorboard"],
                OneThread,
                ("DOTNET_GCgen0size", "0x200000"),
                ("DOTNET_TieredCompilation", "0")
            )
        );
        var resident = File.ReadLines(_folder.File("run/metrics.jsonl"))
            .Select(line => JsonDocument.Parse(line).RootElement.GetProperty("resident_mb").GetDouble())
            .ToArray();
        TestContext.Out.WriteLine($"MB at every 100 steps: {string.Join(' ', resident)}");
        (resident[19] / resident[1]).Should().BeLessThan(1.02);
    }

    private string[] Train(string run, int steps) =>
        [
            "train",
            "--data",
            _folder.File("images.idx"),
            "--network",
            _network,
            "--out",
            _folder.File(run),
            "--steps",
            $"{steps}",
            "--batch-size",
            "4",
            "--times",
            "importance:2,0.1",
        ];

    // A run of the same kind without the cost of a process, a checkpoint each step.
    private void TrainHere(string name, int steps, int? stopAfter = null)
    {
        var setup = TinySetup.For(_folder.File("images.idx"), steps, checkpointEvery: 1) with
        {
            Objective = new TrainingObjective
            {
                LossWeight = LossWeighting.MinSnr(5),
                Times = TimeSampling.Parse("importance:2,0.1"),
            },
        };
        using var run = TrainingRun.Create(_folder.File(name), setup);
        run.TrainUntil(stopAfter ?? steps);
    }

    private byte[] Saved(string run, int step, string file) =>
        File.ReadAllBytes(_folder.File($"{run}/{Checkpoint(step)}/{file}.safetensors"));

    private static string Program => Path.Combine(TestContext.CurrentContext.TestDirectory, "diffusion.dll");

    private static string Checkpoint(int step) => $"checkpoints/step-{step:D9}";

    private static bool IsWriting(string run) => Directory.Exists(Path.Combine(run, "checkpoints/partial"));

    private static int Lines(string run)
    {
        var file = Path.Combine(run, "metrics.jsonl");
        return File.Exists(file) ? File.ReadAllText(file).Count(c => c == '\n') : 0;
    }

    private List<string> Losses(string run) =>
        [
            .. File.ReadLines(_folder.File($"{run}/metrics.jsonl"))
                .Select(line => JsonDocument.Parse(line).RootElement.GetProperty("loss").GetRawText()),
        ];

    private static void Done(Cli.Result result) => result.Code.Should().Be(0, result.Error);

    private static void WaitFor(Process process, Func<bool> condition)
    {
        var limit = Stopwatch.StartNew();
        while (!condition())
        {
            if (process.HasExited || limit.Elapsed > Cli.TimeLimit)
                Assert.Fail(process.HasExited ? process.StandardError.ReadToEnd() : "It takes too long.");
            Thread.Sleep(2);
        }
    }

    private static void WaitForEnd(Process process)
    {
        using var limit = new Timer(_ => process.Kill(), null, Cli.TimeLimit, Timeout.InfiniteTimeSpan);
        process.WaitForExit();
    }

    // Permissions don't hold root, whose privilege over them is dropped here.
    private static Process Unprivileged(params string[] arguments)
    {
        var prefix = Environment.IsPrivilegedProcess ? "setpriv --bounding-set=-all --inh-caps=-all" : "";
        return Bash($"{prefix} dotnet", [Program, .. arguments]);
    }

    // The arguments go in as the shell's own, so that none needs quoting.
    private static Process Bash(string command, params string[] arguments)
    {
        var info = new ProcessStartInfo("bash") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in new[] { "-c", $"exec {command} \"$@\"", "bash" }.Concat(arguments))
            info.ArgumentList.Add(argument);
        return Process.Start(info)!;
    }

    private static void SetWritable(string folder, bool writable)
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Ignore("Folders are made read-only by Unix modes.");
            return;
        }
        const UnixFileMode write = UnixFileMode.UserWrite | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;
        foreach (
            var path in Directory.EnumerateFileSystemEntries(folder, "*", SearchOption.AllDirectories).Append(folder)
        )
            File.SetUnixFileMode(
                path,
                writable ? File.GetUnixFileMode(path) | UnixFileMode.UserWrite : File.GetUnixFileMode(path) & ~write
            );
    }

    private static List<string> Content(string folder) =>
        [
            .. Directory
                .EnumerateFiles(folder, "*", SearchOption.AllDirectories)
                .Order(StringComparer.Ordinal)
                .Select(file =>
                    $"{Path.GetRelativePath(folder, file)} {Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file)))}"
                ),
        ];
}
