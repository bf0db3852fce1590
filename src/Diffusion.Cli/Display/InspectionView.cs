using Diffusion.Api;

namespace Diffusion.Cli;

/// <summary>Shows an <see cref="InspectionReport"/>: what it is, its layers, weights, configs, and what is wrong.</summary>
internal sealed class InspectionView(InspectionReport report, ReportOutput output, bool everyTensor)
{
    // More than these would hide what they are about.
    private const int MostProblems = 40;

    internal void Show()
    {
        output.Line($"{report.Path}: {What}");
        Summary();
        Layers();
        Weights();
        Checkpoints();
        Config("Network", report.NetworkConfig);
        Config("Scheduler", report.SchedulerConfig);
        Notices();
        Verdict();
    }

    private string What =>
        report.Kind switch
        {
            ModelKind.Pipeline => $"a diffusers pipeline{(report.PipelineClass is { } name ? $", {name}" : "")}",
            ModelKind.TrainingRun => report.PipelineClass is null
                ? "a training run"
                : "a finished training run, a diffusers pipeline",
            ModelKind.Network => "a network without a scheduler",
            ModelKind.Weights when report.NetworkConfig is not null => "a network's weights, its config beside them",
            ModelKind.Weights => "weights without a config",
            _ => "no model",
        };

    private void Summary()
    {
        var rows = new List<string[]>();
        if (report.Network is { } network)
        {
            var fixedOnes = network.Parameters - network.Trainable;
            rows.Add(
                [
                    "network",
                    $"{Figures.Of(network.Parameters, "parameter")}, "
                        + (fixedOnes == 0 ? "all trainable" : $"{Figures.Count(fixedOnes)} of them fixed")
                        + (
                            network.BufferValues == 0
                                ? ""
                                : $"; {Figures.Count(network.BufferValues)} numbers in buffers"
                        ),
                ]
            );
        }
        if (report.Weights.FirstOrDefault() is { } weights)
            rows.Add(["weights", $"{Types(weights)} in {Figures.Of(weights.Shards.Length, "file")}"]);
        if (report.Scheduler is { } scheduler)
        {
            rows.Add(
                ["predicts", $"{scheduler.Prediction.Name}; variance {scheduler.Variance.Name}; x̂₀ {scheduler.X0Rule}"]
            );
            rows.Add(
                [
                    "schedule",
                    $"T = {scheduler.Steps}, ᾱ_T = {Figures.Short(scheduler.TerminalAlphaBar)}, "
                        + $"SNR {Figures.Short(scheduler.LargestSnr)} … {Figures.Short(scheduler.SmallestSnr)}",
                ]
            );
        }
        if (report.TrainingSteps is { } steps)
            rows.Add(["training", $"step {Step(report.Checkpoints.FirstOrDefault()?.Step ?? 0)} of {Step(steps)}"]);
        if (rows.Count > 0)
            output.Table(["", ReportColumn.Text("")], rows);
    }

    private void Layers()
    {
        foreach (var weights in report.Kind == ModelKind.Weights ? report.Weights : [.. report.Weights.Take(1)])
        {
            if (weights.Tensors.IsEmpty)
                continue;
            output.Heading($"Layers of {weights.File}");
            output.Table(
                ModuleRows.Columns(everyTensor),
                ModuleRows.Of(weights.Tree(report.Network?.ModuleTypes), output.DrawsTrees, everyTensor)
            );
        }
    }

    private void Weights()
    {
        if (report.Weights.IsEmpty)
            return;
        output.Heading("Weights");
        output.Table(
            [ReportColumn.Text("file"), "role", ReportColumn.Number("bytes"), "type", "fits"],
            report.Weights.SelectMany(w =>
                w.Shards.Where(shard => shard != w.File)
                    .Select(shard => new[] { shard, "a part", "", "", "" })
                    .Prepend(
                        [
                            w.File,
                            w.Role,
                            Figures.Bytes(w.Bytes),
                            string.Join(", ", w.ByType.Select(t => t.Type)),
                            w.Fits switch
                            {
                                true => "yes",
                                false => "no",
                                null => "",
                            },
                        ]
                    )
            )
        );
        foreach (var (file, key, value) in Metadata())
            output.Line($"  {file} says {key} = {value}");
    }

    private IEnumerable<(string File, string Key, string Value)> Metadata() =>
        report.Weights.SelectMany(w =>
            w.Metadata.Where(note => note is not { Key: "format", Value: "pt" })
                .Select(note => (w.File, note.Key, note.Value))
        );

    private void Checkpoints()
    {
        if (report.Checkpoints.IsEmpty)
            return;
        output.Heading("Checkpoints");
        output.Table(
            ["folder", ReportColumn.Number("step"), ReportColumn.Number("training time"), "whole"],
            report.Checkpoints.Select(c =>
                new[]
                {
                    c.Folder,
                    c.Step is { } step ? Step(step) : "?",
                    c.Elapsed is { } elapsed ? ProgressDisplay.Clock(elapsed) : "?",
                    c.Whole ? "yes" : "no",
                }
            )
        );
    }

    private void Config(string title, ConfigReport? config)
    {
        if (config is null || config.Entries.IsEmpty)
            return;
        output.Heading($"{title}: {config.File}");
        output.Table(
            ["key", ReportColumn.Text("value"), ""],
            config.Entries.Select(e =>
                new[]
                {
                    e.Key,
                    e.Value.Replace(",", ", ", StringComparison.Ordinal),
                    e.Origin switch
                    {
                        ConfigOrigin.Default => "default",
                        ConfigOrigin.NoEffect => "no effect",
                        ConfigOrigin.Refused => "not supported",
                        _ => "",
                    },
                }
            )
        );
    }

    private void Notices()
    {
        if (report.Notices.IsEmpty)
            return;
        output.Heading("Notes");
        foreach (var notice in report.Notices)
            output.Line(notice, Tone.Note);
    }

    private void Verdict()
    {
        if (report.Loads)
        {
            output.Heading("It loads");
            output.Line("Every file was read, and every tensor has its place.", Tone.Good);
            return;
        }
        output.Heading($"It doesn't load: {Figures.Of(report.Problems.Length, "problem")}");
        foreach (var problem in report.Problems.Take(MostProblems))
            output.Line(problem.File == "." ? problem.Message : $"{problem.File}: {problem.Message}", Tone.Bad);
        if (report.Problems.Length > MostProblems)
            output.Line($"and {report.Problems.Length - MostProblems} more; --json lists them all.", Tone.Bad);
    }

    private static string Types(WeightsReport weights) =>
        weights.ByType.IsEmpty
            ? "none readable"
            : string.Join(
                "; ",
                weights.ByType.Select(t =>
                    $"{Figures.Of(t.Tensors, "tensor")} of {t.Type}, {Figures.Count(t.Values)} numbers, {Figures.Bytes(t.Bytes)}"
                )
            );

    private static string Step(long step) => step.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
