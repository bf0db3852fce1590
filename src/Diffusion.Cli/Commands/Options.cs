using System.CommandLine;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Cli;

/// <summary>Options that several commands share.</summary>
internal static class Options
{
    internal const string FashionMnist = "/usr/share/datasets/fashion-mnist";

    internal static Option<string> Data() =>
        new("--data")
        {
            Description =
                "Folder of PNG files, or of folders of them; IDX file or folder; .safetensors with a tensor 'images'",
            DefaultValueFactory = _ => Environment.GetEnvironmentVariable("DIFFUSION_DATA") ?? FashionMnist,
        };

    internal static Option<ulong> Seed() =>
        new("--seed") { Description = "Seed of everything that is random", DefaultValueFactory = _ => 0 };

    /// <summary>The choice among a folder's weights.</summary>
    /// <param name="folder">The option that the folder is named by; null where it is the command's argument.</param>
    internal static Option<string?> Variant(string? folder = null) =>
        new("--variant")
        {
            Description =
                $"Which of the {(folder is null ? "" : $"{folder} ")}folder's weights, such as fp16 [default: those without"
                + " a variant]",
            HelpName = "NAME",
        };

    internal static Option<string> Device()
    {
        var option = new Option<string>("--device")
        {
            Description = "Where to compute",
            DefaultValueFactory = _ => "cpu",
        };
        return option.AcceptOnlyFromAmong("cpu", "cuda");
    }

    /// <summary>The device of a name that <see cref="Device"/> let through.</summary>
    internal static Device ToDevice(string name)
    {
        if (name == "cuda" && !cuda.is_available())
            throw new ArgumentException(
                "--device cuda: this machine's libtorch has no CUDA, or finds no GPU; use --device cpu."
            );
        return new Device(name == "cuda" ? DeviceType.CUDA : DeviceType.CPU);
    }
}
