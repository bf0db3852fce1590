using System.Collections.Immutable;
using System.Diagnostics;

namespace Diffusion.Benchmarks;

/// <summary>
/// Our steps and a peer's in one session: in every round a fresh process of ours and one of the peer for each of its
/// settings, in turn.
/// </summary>
internal sealed class Comparison(
    string peer,
    ImmutableArray<PeerSettings> settings,
    int rounds,
    ImmutableArray<string> ownArguments
)
{
    private const string Ours = "ours";

    private readonly HashSet<string> _variables = [.. settings.SelectMany(s => s.Environment.Keys)];

    internal IReadOnlyList<ReportTable> Run(bool withBusyCore)
    {
        var quiet = Rounds(null);
        var report = new ComparisonReport(settings);
        var tables = new List<ReportTable>(report.Tables(quiet, isBusy: false));
        if (withBusyCore)
        {
            using var core = new BusyCore();
            tables.AddRange(report.Tables(Rounds(core), isBusy: true));
        }
        tables.AddRange(report.OwnTables(quiet, Round.Run(Ours, Own("--operators"), null)));
        return tables;
    }

    // Ours stands between the peer's settings, next to as many as there are.
    private List<ImmutableArray<Round>> Rounds(BusyCore? core)
    {
        var done = new List<ImmutableArray<Round>>();
        for (var round = 1; round <= rounds; round++)
        {
            var others = new List<Round> { Tell(round, Peer(settings[0], core)) };
            var own = Tell(round, Round.Run(Ours, Own("--json"), core));
            others.AddRange(settings.Skip(1).Select(setting => Tell(round, Peer(setting, core))));
            done.Add([own, .. others]);
        }
        return done;
    }

    private Round Peer(PeerSettings setting, BusyCore? core)
    {
        var info = new ProcessStartInfo("/bin/sh");
        // The command may have arguments of its own; those of the settings follow them.
        foreach (var argument in (string[])["-c", $"exec {peer} \"$@\"", "peer", .. setting.Arguments])
            info.ArgumentList.Add(argument);
        return Round.Run($"peer {setting.Name}", With(info, setting.Environment), core);
    }

    private ProcessStartInfo Own(string what) =>
        With(OwnProgram.Start(["steps", what, .. ownArguments]), ImmutableSortedDictionary<string, string>.Empty);

    // What is set here for one of them is no other's, even where this program got it.
    private ProcessStartInfo With(ProcessStartInfo info, ImmutableSortedDictionary<string, string> variables)
    {
        foreach (var name in _variables)
            info.Environment.Remove(name);
        foreach (var (name, value) in variables)
            info.Environment[name] = value;
        return info;
    }

    private static Round Tell(int round, Round done)
    {
        Console.Error.WriteLine(
            $"round {round}, {done.Who}: "
                + string.Join(
                    ", ",
                    ComparedFigure
                        .All.Where(figure => done.Median(figure.Key) is not null)
                        .Select(figure => $"{figure.Name} {figure.Text(done.Median(figure.Key)!.Value)}")
                )
                + $"; other CPUs busy {done.OtherCpus:F2}"
        );
        return done;
    }
}
