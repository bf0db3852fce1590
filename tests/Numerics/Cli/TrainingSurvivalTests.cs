using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Diffusion.Api;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Numerics.Cli;

/// <summary>Trains in processes of their own, to which bad things happen.</summary>
public class TrainingSurvivalTests
{
    private const int Kills = 32;

    private TemporaryFolder _folder = null!;
    private string _network = null!;

    [SetUp]
    public void SetUp()
    {
        _folder = new TemporaryFolder();
        TinyImages.Write(_folder);
        _network = _folder.File("network.json");
        TinySetup.Network.Save(_network);
    }

    [TearDown]
    public void TearDown() => _folder.Dispose();

    [Test]
    public void Killed_32_times_and_resumed_a_run_ends_with_the_weights_of_an_unbroken_one()
    {
        const int steps = 6 * Kills;
        Done(Cli.Run(Train("whole", steps)));
        var run = _folder.File("run");
        var random = new Random(7);
        var writing = 0;
        for (var kill = 0; kill < Kills; kill++)
        {
            using var process = Cli.Start(kill == 0 ? Train("run", steps) : ["train", "--resume", run]);
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
        writing.Should().BeGreaterThan(3, "kills have to come while checkpoints are written");
        Done(Cli.Run("train", "--resume", run));
        foreach (var file in new[] { "weights", "ema", "optimizer", "times" })
            File.ReadAllBytes(Path.Combine(run, Checkpoint(steps), $"{file}.safetensors"))
                .Should()
                .Equal(
                    File.ReadAllBytes(Path.Combine(_folder.File("whole"), Checkpoint(steps), $"{file}.safetensors")),
                    file
                );
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

    [Test]
    public void A_disk_without_room_stops_a_run_and_loses_nothing()
    {
        const int steps = 60;
        Done(Cli.Run(Train("whole", steps)));
        var run = _folder.File("run");
        using (var first = Cli.Start(Train("run", steps)))
        {
            WaitFor(first, () => Directory.Exists(Path.Combine(run, Checkpoint(4))));
            first.Kill();
            first.WaitForExit();
        }
        var checkpoints = Path.Combine(run, "checkpoints");
        if (IsWriting(run))
            Directory.Delete(Path.Combine(checkpoints, "partial"), recursive: true);
        var before = Content(checkpoints);

        // No file may grow beyond some blocks, which is to a program what a disk without room is. .NET's own mapping of its
        // code is such a file.
        const string limit = "trap '' XFSZ; ulimit -f 24; export DOTNET_EnableWriteXorExecute=0; exec";
        using (var limited = StartShell(limit, ["train", "--resume", run]))
        {
            var error = limited.StandardError.ReadToEnd();
            limited.WaitForExit();
            limited.ExitCode.Should().Be(2, error);
            error.Should().Contain("can't be written").And.Contain("and whole").And.NotContain(" at Diffusion.");
        }
        Content(checkpoints).Should().Equal(before);
        IsWriting(run).Should().BeFalse("the room is given back");

        Done(Cli.Run("train", "--resume", run));
        const string weights = "weights.safetensors";
        File.ReadAllBytes(Path.Combine(run, Checkpoint(steps), weights))
            .Should()
            .Equal(File.ReadAllBytes(Path.Combine(_folder.File("whole"), Checkpoint(steps), weights)));
    }

    [Test]
    public void A_folder_that_cannot_be_written_is_refused_and_stays_as_it_is()
    {
        var run = _folder.File("run");
        Done(Cli.Run(Train("run", 3)));
        var before = Content(run);
        SetWritable(run, false);
        try
        {
            // Permissions don't hold root, whose privilege over them is dropped here.
            var prefix = Environment.IsPrivilegedProcess ? "exec setpriv --bounding-set=-all --inh-caps=-all" : "exec";
            using var process = StartShell(prefix, ["train", "--resume", run]);
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
        Done(Cli.Run("train", "--resume", run));
    }

    [Test]
    public void A_damaged_newest_checkpoint_is_said_on_the_console()
    {
        var run = _folder.File("run");
        Done(Cli.Run(Train("run", 4)));
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
        var run = _folder.File("run");
        Done(Cli.Run(Train("run", 2)));
        var file = Path.Combine(run, "training.json");
        var text = File.ReadAllText(file);
        foreach (
            var (was, @is, says) in new[]
            {
                ("\"importance:2,0.1\"", "\"uniform\"", "objective.times was \"importance:2,0.1\", is \"uniform\""),
                ("\"dropout\": 0.1", "\"dropout\": 0.2", "unet.dropout was 0.1, is 0.2"),
                ("\"Seed\": 0", "\"Seed\": 1", "options.Seed was 0, is 1"),
            }
        )
        {
            text.Should().Contain(was);
            File.WriteAllText(file, text.Replace(was, @is));
            var refused = Cli.Run("train", "--resume", run);
            refused.Code.Should().Be(2);
            refused.Error.Should().Contain(says);
        }
        TinyImages.Write(_folder, count: 23);
        File.WriteAllText(file, text);
        Cli.Run("train", "--resume", run).Error.Should().Contain("24 images of 1×8×8 then, 23 images of 1×8×8 now");
        TinyImages.Write(_folder);
        Done(Cli.Run("train", "--resume", run));
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

    /// <summary>
    /// 2,000 steps are a longer run by hand: <c>DIFFUSION_MEMORY_STEPS=2000</c>, within 2 %.
    /// </summary>
    [Test]
    public void Memory_is_flat()
    {
        var asked = Environment.GetEnvironmentVariable("DIFFUSION_MEMORY_STEPS");
        var steps = asked is null ? 400 : int.Parse(asked, CultureInfo.InvariantCulture);
        Done(Cli.Run([.. Train("run", steps), "--quiet"]));
        var resident = File.ReadLines(_folder.File("run/metrics.jsonl"))
            .Select(line => JsonDocument.Parse(line).RootElement.GetProperty("resident_mb").GetDouble())
            .ToArray();
        TestContext.Out.WriteLine($"step 200: {resident[199]} MB, step {steps}: {resident[^1]} MB");
        (resident[^1] / resident[199]).Should().BeLessThan(asked is null ? 1.05 : 1.02);
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
            "--checkpoint-every",
            steps < 200 ? "1" : "100",
        ];

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

    // The arguments go in as the shell's own, so that none needs quoting.
    private static Process StartShell(string prefix, string[] arguments)
    {
        var info = new ProcessStartInfo("bash") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (
            var argument in new[]
            {
                "-c",
                $"{prefix} dotnet \"$0\" \"$@\"",
                Path.Combine(TestContext.CurrentContext.TestDirectory, "diffusion.dll"),
            }.Concat(arguments)
        )
            info.ArgumentList.Add(argument);
        return Process.Start(info)!;
    }

    private static void SetWritable(string folder, bool writable)
    {
        const UnixFileMode write = UnixFileMode.UserWrite | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;
        foreach (
            var path in Directory.EnumerateFileSystemEntries(folder, "*", SearchOption.AllDirectories).Append(folder)
        )
            File.SetUnixFileMode(
                path,
                writable
                    ? File.GetUnixFileMode(path) | UnixFileMode.UserWrite
                    : File.GetUnixFileMode(path) & ~write
            );
    }

    private static List<(string, string)> Content(string folder) =>
        [
            .. Directory
                .EnumerateFiles(folder, "*", SearchOption.AllDirectories)
                .Order(StringComparer.Ordinal)
                .Select(file => (file, Convert.ToHexString(File.ReadAllBytes(file)))),
        ];
}
