using System.Text.Json.Nodes;
using Diffusion.Nn;
using static TorchSharp.torch;

namespace Diffusion.Numerics;

/// <summary>Changes a model's files in ways that a test wants to see noticed.</summary>
internal static class Tampering
{
    internal const string Weights = "unet/diffusion_pytorch_model.safetensors";
    internal const string NetworkConfig = "unet/config.json";
    internal const string SchedulerConfig = "scheduler/scheduler_config.json";

    /// <summary>Changes a JSON file.</summary>
    internal static void Json(string file, Action<JsonObject> change)
    {
        var json = JsonNode.Parse(File.ReadAllText(file))!.AsObject();
        change(json);
        File.WriteAllText(file, json.ToJsonString());
    }

    /// <summary>Gives a pipeline folder a variant: its own weights but for the last bias.</summary>
    internal static void AddVariant(string folder, string variant, double bias)
    {
        var file = Path.Combine(folder, Weights.Replace(".safetensors", $".{variant}.safetensors"));
        File.Copy(Path.Combine(folder, Weights), file);
        Tensors(file, tensors => tensors["conv_out.bias"] = full_like(tensors["conv_out.bias"], bias));
    }

    /// <summary>Changes the tensors of a safetensors file; what the change puts in belongs to it.</summary>
    internal static void Tensors(string file, Action<Dictionary<string, Tensor>> change)
    {
        using var scope = NewDisposeScope();
        using var content = Safetensors.Load(file);
        var tensors = content.Tensors.ToDictionary(t => t.Key, t => t.Value);
        change(tensors);
        // Copied, since the file that some of them are read from is about to be replaced.
        var copies = tensors.Select(t => (t.Key, t.Value.clone())).ToList();
        Safetensors.Save(file, copies, content.Metadata);
    }
}
