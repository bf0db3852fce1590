using System.CommandLine;
using Diffusion.Api;

namespace Diffusion.Cli;

/// <summary><c>diffusion verify</c>: checks that a model still computes what was recorded of it.</summary>
internal static class VerifyCommand
{
    internal static Command Create()
    {
        var folder = new Argument<string>("FOLDER") { Description = "A pipeline folder" };
        var expected = new Option<string?>("--expected")
        {
            Description = "The recording, or the folder it is in [default: the model's own expected.safetensors]",
        };
        var record = new Option<bool>("--record")
        {
            Description = "Record what the model computes now into its folder, to verify by later",
        };
        var force = new Option<bool>("--force") { Description = "With --record: replace a recording that is there" };
        var seed = Options.Seed();
        var variant = Options.Variant();
        var defaults = new VerificationTolerances();
        var narrow = Tolerance("--tolerance", "Largest difference of stages and output in float32", defaults.Float32);
        var wide = new Option<double?>("--tolerance-f64")
        {
            Description =
                "Largest difference of the output in float64 [default: 1e-9; 5e-7 where attention's softmax is in float32]",
        };
        var end = Tolerance("--tolerance-run", "Largest difference at the end of a run", defaults.Trajectory);
        var command = new Command(
            "verify",
            """
            Run a model on a recorded input and compare every recorded stage: after a conversion, on another machine.
            The exit code is 0 where all are within the tolerances, 1 where one isn't, 2 where it can't be tried.

            Examples:
              diffusion verify runs/demo --record
              diffusion verify runs/demo
              diffusion verify demo-fp16 --expected runs/demo --tolerance 1e-2 --tolerance-f64 1e-2 --tolerance-run 0.1
            """
        )
        {
            folder,
            expected,
            record,
            force,
            seed,
            variant,
            narrow,
            wide,
            end,
        };
        command.Validators.Add(result =>
        {
            var recording = result.GetResult(record) is { Implicit: false };
            Option[] others = recording ? [expected, variant, narrow, wide, end] : [force, seed];
            foreach (var option in others.Where(o => result.GetResult(o) is { Implicit: false }))
                result.AddError(
                    recording ? $"{option.Name} has no meaning with --record." : $"{option.Name} needs --record."
                );
        });
        command.SetAction(parsed =>
        {
            var model = parsed.GetValue(folder)!;
            if (parsed.GetValue(record))
            {
                Console.WriteLine(
                    $"{ModelVerification.Record(model, parsed.GetValue(seed), parsed.GetValue(force))}: recorded."
                );
                return CommandLine.Success;
            }
            var tolerances = new VerificationTolerances
            {
                Float32 = parsed.GetValue(narrow),
                Float64 = parsed.GetValue(wide),
                Trajectory = parsed.GetValue(end),
            };
            var report = ModelVerification.Run(model, parsed.GetValue(expected), tolerances, parsed.GetValue(variant));
            Show(report, ReportOutput.Standard);
            return report.Passed ? CommandLine.Success : CommandLine.Failure;
        });
        return command;
    }

    internal static void Show(VerificationReport report, ReportOutput output)
    {
        output.Line($"{report.Folder} against {report.Recording}");
        output.Table(
            ["tensor", "computed in", "shape", ReportColumn.Number("difference"), ReportColumn.Number("tolerance"), ""],
            report.Checks.Select(check =>
                new[]
                {
                    check.Name,
                    check.Precision.ToString().ToLowerInvariant(),
                    Figures.Shape(check.Shape),
                    Figures.Difference(check.MaxDifference),
                    Figures.Difference(check.Tolerance),
                    check.Passed ? "ok" : "FAILED",
                }
            )
        );
        var failed = report.Checks.Count(check => !check.Passed);
        if (failed == 0)
            output.Line($"All {report.Checks.Length} are within their tolerances.", Tone.Good);
        else
            output.Line($"{failed} of {report.Checks.Length} are off by more than their tolerances.", Tone.Bad);
    }

    private static Option<double> Tolerance(string name, string description, double value) =>
        new(name) { Description = description, DefaultValueFactory = _ => value };
}
