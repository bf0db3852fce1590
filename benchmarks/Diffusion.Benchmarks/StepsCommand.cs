using System.CommandLine;
using static TorchSharp.torch;

namespace Diffusion.Benchmarks;

/// <summary><c>steps</c>: whole training and sampling steps. docs/performance.md says what to do with them.</summary>
internal static class StepsCommand
{
    private const int EffectRounds = 7;

    internal static Command Create()
    {
        var peer = new Option<string?>("--peer")
        {
            Description = "A command that prints the same JSON figures; runs in turn with ours",
            HelpName = "COMMAND",
        };
        var settings = new Option<string>("--settings")
        {
            Description = "JSON file of the peer's settings",
            DefaultValueFactory = _ => PeerSettings.UsualFile,
        };
        var rounds = Number("--rounds", "Rounds of the comparison, each with fresh processes", 3);
        var busy = new Option<bool>("--busy") { Description = "As many rounds again with another process on one core" };
        var scaling = new Option<bool>("--scaling") { Description = "How costs grow with the sizes" };
        var profile = new Option<bool>("--profile") { Description = "Our steps by operator" };
        var effects = new Option<bool>("--effects") { Description = "Our steps with each kernel switched off" };
        var markdown = new Option<string?>("--markdown")
        {
            Description = "Write the tables here too",
            HelpName = "FILE",
        };
        var batch = Number("--batch", "Images in a batch", 64);
        var blocks = Number("--blocks", "Blocks of each of our figures", 4);
        var reps = Number("--reps", "Timed steps in a block", 6);
        var threads = Number("--threads", "Threads of ours", Environment.ProcessorCount);
        var json = new Option<bool>("--json") { Description = "Time ours once and print the figures; the default" };
        var operators = new Option<bool>("--operators") { Description = "Our steps by operator, as JSON" };
        var command = new RootCommand("Time whole training and sampling steps, alone or beside a peer.")
        {
            peer,
            settings,
            rounds,
            busy,
            scaling,
            profile,
            effects,
            markdown,
            batch,
            blocks,
            reps,
            threads,
            json,
            operators,
        };
        command.SetAction(parsed =>
        {
            ReportTable.Check(parsed.GetValue(markdown));
            int Value(Option<int> option) => parsed.GetValue(option);
            var (images, count) = (Value(batch), Value(threads));
            if (parsed.GetValue(peer) is { } other)
            {
                // The engine isn't loaded here: it would set variables that the peer then got.
                var comparison = new Comparison(
                    other,
                    PeerSettings.Load(parsed.GetValue(settings)!),
                    Value(rounds),
                    [
                        .. new[] { batch, blocks, reps, threads }.SelectMany(option =>
                            new[] { option.Name, $"{Value(option)}" }
                        ),
                    ]
                );
                ReportTable.Write([.. comparison.Run(parsed.GetValue(busy))], parsed.GetValue(markdown));
                return;
            }
            set_num_threads(count);
            if (parsed.GetValue(scaling))
                ReportTable.Write([.. Scaling.Measure(Value(reps))], parsed.GetValue(markdown));
            else if (parsed.GetValue(profile) || parsed.GetValue(effects))
                ReportTable.Write(
                    [.. OwnTables(images, parsed.GetValue(profile), parsed.GetValue(effects))],
                    parsed.GetValue(markdown)
                );
            else if (parsed.GetValue(operators))
                OwnRound.RunOperators(images);
            else
                OwnRound.Run(images, Value(blocks), Value(reps));
        });
        return command;
    }

    private static IEnumerable<ReportTable> OwnTables(int batch, bool profile, bool effects)
    {
        using var steps = new CourseSteps(batch);
        if (profile)
        {
            yield return OperatorShare.Table("Our training step by operator", OperatorShare.Of(steps.Training()));
            yield return OperatorShare.Table("Our sampling step by operator", OperatorShare.Of(steps.Sampling()));
            yield return OperatorShare.Table(
                "Our BasicUNet training step by operator",
                OperatorShare.Of(steps.BasicTraining())
            );
        }
        if (effects)
            foreach (var table in KernelEffects.Measure(steps, EffectRounds))
                yield return table;
    }

    private static Option<int> Number(string name, string description, int usual)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => usual };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 1)
                result.AddError($"{name} must be at least 1.");
        });
        return option;
    }
}
