using System.CommandLine;

namespace Diffusion.Cli;

/// <summary><c>diffusion plot</c>: draws the figures of the documentation.</summary>
internal static class PlotCommand
{
    internal static Command Create()
    {
        var figure = new Argument<string>("FIGURE")
        {
            Description = "schedule: ᾱ and log-SNR over time; sampler: error over network calls",
        };
        figure.AcceptOnlyFromAmong("schedule", "sampler");
        var @out = new Option<string?>("--out")
        {
            Description = "SVG file to write, with a name in .svg [default: FIGURE.svg]",
        };
        var command = new Command(
            "plot",
            """
            Draw a figure of the noise schedules, or of the samplers' errors on data whose answer is known.

            Examples:
              diffusion plot schedule --out schedules.svg
              diffusion plot sampler --out samplers.svg
            """
        )
        {
            figure,
            @out,
        };
        command.SetAction(parsed =>
        {
            var name = parsed.GetValue(figure)!;
            var file = parsed.GetValue(@out) ?? $"{name}.svg";
            OutputFile.Check(file);
            if (!file.EndsWith(".svg", StringComparison.OrdinalIgnoreCase))
                throw new ArgumentException(
                    $"--out: figures are SVG, and '{file}' doesn't end in .svg; name it '{Path.ChangeExtension(file, ".svg")}'."
                );
            LineChart.Save(file, name == "schedule" ? ScheduleCurves.Charts() : [SamplerCurves.Chart()]);
            Console.WriteLine($"{file}: {name}s.");
            return CommandLine.Success;
        });
        return command;
    }
}
