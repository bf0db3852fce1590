using System.CommandLine;
using Diffusion.Api;
using static TorchSharp.torch;

namespace Diffusion.Cli;

/// <summary><c>diffusion convert</c>: changes a model's precision, names or form.</summary>
internal static class ConvertCommand
{
    internal static Command Create()
    {
        var source = new Argument<string>("IN")
        {
            Description =
                "A pipeline folder, a training run, a network's folder, a .safetensors file or an index of shards",
        };
        var target = new Argument<string>("OUT")
        {
            Description = "The folder to write; a .safetensors file where IN is one and --network isn't given",
        };
        var type = new Option<string?>("--dtype") { Description = "Precision of the weights [default: as they are]" };
        type.AcceptOnlyFromAmong("fp32", "fp16", "bf16");
        var shard = new Option<string?>("--shard-size")
        {
            Description = "Write shards of at most this size, such as 500MB or 2GB [default: one file]",
        };
        var ema = new Option<bool>("--ema")
        {
            Description = "Take the moving average of a training run's newest checkpoint",
        };
        var variant = Options.Variant();
        var keys = new Option<string?>("--keys")
        {
            Description = "Names of attention's tensors: to_q … (current) or query … (legacy) [default: as they are]",
        };
        keys.AcceptOnlyFromAmong("current", "legacy");
        var network = new Option<string?>("--network")
        {
            Description = "For a bare .safetensors file: the network's config.json; OUT becomes a pipeline folder",
        };
        var scheduler = new Option<string?>("--scheduler")
        {
            Description = "With --network: the scheduler_config.json [default: diffusers' DDPM]",
        };
        var force = new Option<bool>("--force") { Description = "Replace a model or file that is there" };
        var command = new Command(
            "convert",
            """
            Change the precision, the names or the form of a model's weights. OUT is whole or absent.

            Examples:
              diffusion convert runs/demo demo-fp16 --dtype fp16
              diffusion convert runs/demo demo-ema --ema
              diffusion convert old-model new-model --keys current
              diffusion convert weights.safetensors model --network config.json
            """
        )
        {
            source,
            target,
            type,
            shard,
            ema,
            variant,
            keys,
            network,
            scheduler,
            force,
        };
        command.SetAction(parsed =>
        {
            var report = ModelConverter.Convert(
                parsed.GetValue(source)!,
                parsed.GetValue(target)!,
                new ConversionOptions
                {
                    Type = parsed.GetValue(type) switch
                    {
                        "fp32" => ScalarType.Float32,
                        "fp16" => ScalarType.Float16,
                        "bf16" => ScalarType.BFloat16,
                        _ => null,
                    },
                    Names = parsed.GetValue(keys) switch
                    {
                        "current" => AttentionNaming.Current,
                        "legacy" => AttentionNaming.Legacy,
                        _ => null,
                    },
                    ShardBytes = parsed.GetValue(shard) is { } size ? Figures.ParseBytes("--shard-size", size) : null,
                    Ema = parsed.GetValue(ema),
                    Variant = parsed.GetValue(variant),
                    NetworkConfig = parsed.GetValue(network),
                    SchedulerConfig = parsed.GetValue(scheduler),
                    Overwrite = parsed.GetValue(force),
                }
            );
            Show(report, ReportOutput.Standard);
            return CommandLine.Success;
        });
        return command;
    }

    internal static void Show(ConversionReport report, ReportOutput output)
    {
        output.Line($"{report.Target}: {Figures.Of(report.Tensors, "tensor")} from {report.Weights}");
        var rows = new List<string[]>
        {
            new[]
            {
                "precision",
                string.Join(
                    "; ",
                    report.Types.Select(t =>
                        t.From == t.To ? $"{t.Tensors} stay {t.From}" : $"{t.Tensors} {t.From} → {t.To}"
                    )
                ) + $"; {Figures.Bytes(report.BytesBefore)} → {Figures.Bytes(report.BytesAfter)}",
            },
        };
        if (report.Types.Any(t => t.From != t.To))
            rows.Add(["rounding", Rounding(report.Loss)]);
        rows.Add(["names", report.Renamed == 0 ? "as they were" : $"{Figures.Of(report.Renamed, "tensor")} renamed"]);
        output.Table(["", ReportColumn.Text("")], rows);
        if (report.Loss.NotFinite > 0)
            output.Line(
                $"{Figures.Of(report.Loss.NotFinite, "value")} were NaN or infinite, and still are.",
                Tone.Note
            );
        foreach (var notice in report.Notices)
            output.Line(notice, Tone.Note);
    }

    private static string Rounding(PrecisionLoss loss) =>
        loss is { MaxAbsolute: 0, BecameZero: 0 }
            ? "none: every value is what it was"
            : $"at most {Figures.Short(loss.MaxRelative)} of a value, {Figures.Short(loss.MaxAbsolute)} absolute; "
                + $"{Figures.Of(loss.BecameZero, "value")} became 0";
}
