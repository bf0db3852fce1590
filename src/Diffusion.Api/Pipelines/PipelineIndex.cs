using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Diffusion.Nn;

namespace Diffusion.Api;

/// <summary>A pipeline's <c>model_index.json</c>: its class and those of its parts. Immutable.</summary>
internal sealed class PipelineIndex
{
    internal const string File = "model_index.json";

    private const string Network = "UNet2DModel";

    // Those made of a UNet2DModel and a scheduler; the last two run their own sampler, whatever the scheduler's class.
    private static readonly ImmutableArray<(string Name, SchedulerClass? Sampler)> Pipelines =
    [
        ("DDPMPipeline", null),
        ("DDIMPipeline", SchedulerClass.Ddim),
        ("PNDMPipeline", SchedulerClass.Pndm),
    ];

    private readonly JsonObject _json;

    private PipelineIndex(JsonObject json, string pipeline, SchedulerClass scheduler)
    {
        _json = json;
        (Pipeline, Scheduler) = (pipeline, scheduler);
    }

    /// <summary>The index of a pipeline that was made here.</summary>
    internal static PipelineIndex Default { get; } = new([], Pipelines[0].Name, SchedulerClass.Ddpm);

    /// <summary>The pipeline's class.</summary>
    internal string Pipeline { get; }

    /// <summary>The scheduler's class.</summary>
    internal SchedulerClass Scheduler { get; }

    /// <summary>The sampler of a pipeline that makes its own out of its scheduler; null where that is the sampler.</summary>
    internal SchedulerClass? Sampler => Pipelines.Single(known => known.Name == Pipeline).Sampler;

    internal static PipelineIndex Read(string text)
    {
        JsonFields json;
        JsonObject raw;
        try
        {
            var strict = PythonJson.ToStrict(text);
            using var document = JsonDocument.Parse(strict);
            json = new JsonFields(document.RootElement);
            raw = JsonNode.Parse(strict)!.AsObject();
        }
        catch (JsonException damaged)
        {
            throw new InvalidDataException($"Not JSON: {damaged.Message}", damaged);
        }
        var pipeline = json.Take("_class_name", "", JsonFields.Text);
        if (Pipelines.All(known => known.Name != pipeline))
            throw new InvalidDataException(
                $"_class_name: the pipeline '{pipeline}' isn't supported. Supported are:"
                    + $" {string.Join(", ", Pipelines.Select(known => known.Name))}."
            );
        var network = json.Take("unet", null, Part);
        var scheduler = json.Take("scheduler", null, Part);
        foreach (var (key, value) in json.Rest.Where(part => !part.Key.StartsWith('_')))
            if (value.ValueKind == JsonValueKind.Array && Part(key, value) is { } other)
                throw new InvalidDataException(
                    $"The part '{key}' ({other}) isn't supported; a pipeline here has a unet and a scheduler."
                );
        if (network != Network)
            throw new InvalidDataException(
                $"unet: {(network is null ? "there is none" : $"'{network}' is another architecture")}. Supported is:"
                    + $" {Network}."
            );
        return scheduler is null
            ? throw new InvalidDataException(
                $"scheduler: there is none. Supported are: {SchedulerConfigJson.KnownClasses}."
            )
            : new PipelineIndex(raw, pipeline, SchedulerConfigJson.ClassOf("scheduler", scheduler));
    }

    /// <summary>The file's text, as it was but for the scheduler's class.</summary>
    internal string Write(SchedulerClass scheduler)
    {
        var json = _json.DeepClone().AsObject();
        json["_class_name"] = Pipeline;
        json["_diffusers_version"] ??= Api.Pipeline.DiffusersVersion;
        if (json["scheduler"] is null || scheduler != Scheduler)
            json["scheduler"] = new JsonArray("diffusers", SchedulerConfigJson.NameOf(scheduler));
        json["unet"] ??= new JsonArray("diffusers", Network);
        return PythonJson.ToFile(json);
    }

    // [library, class]; both null where the pipeline goes without.
    private static string? Part(string key, JsonElement value)
    {
        var names = JsonFields.List(
            key,
            value,
            (_, item) => item.ValueKind == JsonValueKind.Null ? null : JsonFields.Text(key, item)
        );
        return names switch
        {
            [null, null] => null,
            ["diffusers", { } name] => name,
            [{ } library, { } name] => throw new InvalidDataException(
                $"{key}: '{name}' is of '{library}'; only diffusers' own classes are supported, and no Python is run."
            ),
            _ => throw JsonFields.Wrong(key, value, "a list of a library and a class"),
        };
    }
}
