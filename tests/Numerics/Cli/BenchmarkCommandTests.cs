using System.Diagnostics;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Numerics.Cli;

/// <summary>The benchmark that compares with a peer, in small: rounds, settings and tables; never how fast something is.</summary>
public class BenchmarkCommandTests : FolderFixture
{
    private const string Settings = """
        [
          { "name": "plain", "why": "Nothing.", "environment": {}, "arguments": ["plain"] },
          { "name": "tuned", "best": true, "why": "Tuned.", "environment": { "PEER_TUNED": "1" }, "arguments": ["tuned"] }
        ]
        """;

    // Fails where it gets another setting's variables.
    private const string Peer = """
        case "$1=$PEER_TUNED" in plain= | tuned=1) ;; *) exit 3 ;; esac
        echo "a warning"
        sleep 0.3
        echo '{ "train_step_s": { "median": 2.0 }, "sample_step_s": { "median": 1e6, "other_cpus_busy": 0.0 } }'
        """;

    [Test]
    public void Ours_and_a_peer_take_turns_and_tables_are_written()
    {
        var (code, error) = Run(Settings, Peer);
        code.Should().Be(0, error);
        error.Should().Contain("round 1, peer plain: training step 2.000 s").And.Contain("round 1, ours: training");
        var tables = File.ReadAllText(_folder.File("tables.md"));
        tables
            .Should()
            .Contain("### Ours and the peer plain\n")
            .And.Contain("### Ours and the peer tuned\n")
            .And.Contain("### The machine in each round\n")
            .And.MatchRegex(@"\| training step \| \d\.\d{3} s \| 2\.000 s \| \d\.\d{3}†? \| \d\.\d{3} \| ≤ 0\.45 ")
            .And.MatchRegex(@"\| sampling step \| .* \| 0\.000†? \| 0\.000 \| ≤ 0\.4 reached \|")
            .And.MatchRegex(@"\| share of DPM-Solver\+\+ 2M's time outside of the network \| \d");
        tables.Split('\n').Count(line => line.Contains("≤")).Should().Be(3, "goals are against the best settings");
    }

    [Test]
    public void A_peer_that_fails_is_one_clear_line()
    {
        Run(Settings, "echo broken; exit 4")
            .Should()
            .Be((2, "benchmark: peer plain ended with exit code 4; it said: broken"));
        Run(Settings, "echo broken").Error.Should().StartWith("benchmark: peer plain printed no JSON object: ");
        Run("[]", Peer).Error.Should().StartWith("benchmark: ").And.Contain("must list settings");
        File.Exists(_folder.File("tables.md")).Should().BeFalse();
    }

    private (int Code, string Error) Run(string settings, string peer)
    {
        var program = Path.Combine(
            Repository.Root,
            "artifacts/bin/Diffusion.Benchmarks/release/Diffusion.Benchmarks.dll"
        );
        if (!File.Exists(program))
            Assert.Ignore("benchmarks/Diffusion.Benchmarks isn't built; ./test builds it.");
        File.WriteAllText(_folder.File("settings.json"), settings);
        File.WriteAllText(_folder.File("peer.sh"), peer);
        var info = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        string[] arguments =
        [
            program,
            "steps",
            "--peer",
            $"sh '{_folder.File("peer.sh")}'",
            "--settings",
            _folder.File("settings.json"),
            "--markdown",
            _folder.File("tables.md"),
        ];
        string[] small = ["--rounds", "1", "--blocks", "1", "--reps", "1", "--batch", "1"];
        foreach (var argument in (string[])[.. arguments, .. small])
            info.ArgumentList.Add(argument);
        info.Environment["PEER_TUNED"] = "of nobody";
        using var process = Process.Start(info)!;
        using var limit = new Timer(_ => process.Kill(), null, Cli.TimeLimit, Timeout.InfiniteTimeSpan);
        var error = process.StandardError.ReadToEndAsync();
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, error.Result.Trim());
    }
}
