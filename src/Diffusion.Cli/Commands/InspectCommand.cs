using System.CommandLine;
using Diffusion.Api;

namespace Diffusion.Cli;

/// <summary><c>diffusion inspect</c>: says what is in a model's files and whether they would load.</summary>
internal static class InspectCommand
{
    internal static Command Create()
    {
        var path = new Argument<string>("PATH")
        {
            Description =
                "A pipeline folder, a training run, a network's folder, a .safetensors file or the index of a sharded one",
        };
        var tensors = new Option<bool>("--tensors") { Description = "List every tensor, not only the blocks" };
        var variant = Options.Variant();
        var json = new Option<bool>("--json") { Description = "Write everything as JSON, for programs" };
        var command = new Command(
            "inspect",
            """
            Say what is in a model's files: layers, weights, configs, what would load, and all that wouldn't and why.
            The files may be damaged. The exit code is 0 where it would load and 2 where it wouldn't.

            Examples:
              diffusion inspect runs/demo
              diffusion inspect model.safetensors --tensors
              diffusion inspect model --variant fp16
              diffusion inspect runs/demo --json > report.json
            """
        )
        {
            path,
            tensors,
            variant,
            json,
        };
        command.SetAction(parsed =>
        {
            var report = Inspector.Inspect(parsed.GetValue(path)!, parsed.GetValue(variant));
            if (parsed.GetValue(json))
                Console.Write(report.ToJson());
            else
                new InspectionView(report, ReportOutput.Standard, parsed.GetValue(tensors)).Show();
            return report.Loads ? CommandLine.Success : CommandLine.BadInput;
        });
        return command;
    }
}
