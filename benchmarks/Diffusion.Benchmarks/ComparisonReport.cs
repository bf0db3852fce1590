using System.Collections.Immutable;

namespace Diffusion.Benchmarks;

/// <summary>The tables of a comparison. A round is ours first, then the peer by each of its settings.</summary>
internal sealed class ComparisonReport(ImmutableArray<PeerSettings> settings)
{
    private const double MostOtherCpus = 0.1;
    private const double MemoryGoal = 0.6;
    private const string Mark = "†";

    internal IEnumerable<ReportTable> Tables(IReadOnlyList<ImmutableArray<Round>> rounds, bool isBusy)
    {
        var when = isBusy ? ", another process busy on one core" : "";
        for (var i = 0; i < settings.Length; i++)
            yield return Against(settings[i], [.. rounds.Select(round => (round[0], round[i + 1]))], when, isBusy);
        yield return Machine(rounds, when);
    }

    /// <summary>What only ours says of itself.</summary>
    internal IEnumerable<ReportTable> OwnTables(IReadOnlyList<ImmutableArray<Round>> rounds, Round profile)
    {
        var own = rounds.Select(round => round[0]).ToList();
        var faults = ComparedFigure.All.Where(figure => figure.IsStep && own[0].PageFaultsOf(figure.Key) is not null);
        yield return new ReportTable(
            "Page faults of ours, after warming up",
            ["", "a step"],
            [
                .. faults.Select(figure =>
                    new[]
                    {
                        figure.Name,
                        $"{Statistics.Median(own.Select(round => round.PageFaultsOf(figure.Key)!.Value)):0.#}",
                    }
                ),
            ]
        );
        if (own[0].Plain("share_beside_network") is not null)
            yield return new ReportTable(
                "A sampling run beside the network",
                ["", "median"],
                [
                    [
                        "share of DPM-Solver++ 2M's time outside of the network",
                        $"{Statistics.Median(own.Select(round => round.Plain("share_beside_network")!.Value)):P2}",
                    ],
                    ["noise of a batch, one stream an image", Microseconds("noise_us_per_step")],
                    [
                        "DDPM's arithmetic, with noise that is given",
                        Microseconds("scheduler_ddpm_given_noise_us_per_step"),
                    ],
                ]
            );
        yield return OperatorShare.Table("Our training step by operator", profile.Operators("train_operators"));
        yield return OperatorShare.Table("Our sampling step by operator", profile.Operators("sample_operators"));

        string Microseconds(string figure) =>
            $"{Statistics.Median(own.Select(round => round.Median(figure) ?? double.NaN)):F1} µs";
    }

    private static ReportTable Against(
        PeerSettings setting,
        IReadOnlyList<(Round Own, Round Peer)> pairs,
        string when,
        bool isBusy
    )
    {
        var rows = new List<string[]>();
        foreach (var figure in ComparedFigure.All)
        {
            var both = pairs
                .Where(p => p.Own.Median(figure.Key) is not null && p.Peer.Median(figure.Key) is not null)
                .ToList();
            if (both.Count > 0)
                rows.Add(
                    Row(
                        figure.Name,
                        [.. both.Select(p => p.Own.Median(figure.Key)!.Value)],
                        [.. both.Select(p => p.Peer.Median(figure.Key)!.Value)],
                        [.. both.Select(p => !isBusy && IsDisturbed(p.Own, p.Peer, figure.Key))],
                        figure.Text,
                        setting.Best && !isBusy ? figure.Goal : null
                    )
                );
        }
        if (pairs.All(p => p.Own.PeakMemory > 0 && p.Peer.PeakMemory > 0))
            rows.Add(
                Row(
                    "peak memory",
                    [.. pairs.Select(p => (double)p.Own.PeakMemory)],
                    [.. pairs.Select(p => (double)p.Peer.PeakMemory)],
                    [.. pairs.Select(_ => false)],
                    Memory,
                    setting.Best && !isBusy ? MemoryGoal : null
                )
            );
        return new ReportTable(
            $"Ours and the peer {setting.Name}{when}",
            ["", "ours", "peer", "ratio, round by round", "median ratio", "goal"],
            rows,
            $"Medians. {setting.Why}"
                + (
                    rows.Exists(row => row[3].Contains(Mark))
                        ? $" {Mark} Others kept more than {MostOtherCpus} CPUs busy; left out of the medians where there are other rounds."
                        : ""
                )
        );
    }

    private static string[] Row(
        string name,
        double[] ours,
        double[] peers,
        bool[] isDisturbed,
        Func<double, string> text,
        double? goal
    )
    {
        var ratios = ours.Zip(peers, (a, b) => a / b).ToArray();
        var kept = Enumerable.Range(0, ratios.Length).Where(i => !isDisturbed[i] || isDisturbed.All(d => d)).ToList();
        double Of(double[] values) => Statistics.Median(kept.Select(i => values[i]));
        return
        [
            name,
            text(Of(ours)),
            text(Of(peers)),
            string.Join(" · ", ratios.Select((ratio, i) => $"{ratio:F3}{(isDisturbed[i] ? Mark : "")}")),
            $"{Of(ratios):F3}",
            goal is { } most ? $"≤ {most} {(Of(ratios) <= most ? "reached" : "missed")}" : "",
        ];
    }

    private static bool IsDisturbed(Round own, Round peer, string figure) =>
        double.Max(own.OtherCpusDuring(figure), peer.OtherCpusDuring(figure)) > MostOtherCpus;

    private static ReportTable Machine(IReadOnlyList<ImmutableArray<Round>> rounds, string when) =>
        new(
            $"The machine in each round{when}",
            ["round", "who", "other CPUs busy", "CPUs stolen", "peak memory", "page faults"],
            [
                .. rounds.SelectMany(
                    (round, i) =>
                        round.Select(one =>
                            (string[])
                                [
                                    $"{i + 1}",
                                    one.Who,
                                    $"{one.OtherCpus:F2}{(one.OtherCpus > MostOtherCpus ? Mark : "")}",
                                    $"{one.StolenCpus:F2}",
                                    Memory(one.PeakMemory),
                                    $"{one.PageFaults:N0}",
                                ]
                        )
                ),
            ],
            "Of whole processes, start and warming up included."
        );

    private static string Memory(double bytes) => $"{bytes / 1e9:F2} GB";
}
