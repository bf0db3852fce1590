using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Diffusion.Api;

/// <summary>An <see cref="InspectionReport"/> as JSON.</summary>
internal static class InspectionJson
{
    private static readonly JsonSerializerOptions Layout = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        NewLine = "\n",
    };

    internal static string Write(InspectionReport report)
    {
        var json = new JsonObject
        {
            ["path"] = report.Path,
            ["kind"] = JsonNamingPolicy.SnakeCaseLower.ConvertName(report.Kind.ToString()),
            ["loads"] = report.Loads,
            ["problems"] = List(report.Problems, p => new JsonObject { ["file"] = p.File, ["message"] = p.Message }),
            ["notices"] = List(report.Notices, notice => JsonValue.Create(notice)),
            ["pipeline_class"] = report.PipelineClass,
            ["network"] = report.Network is { } network ? Network(network) : null,
            ["network_config"] = Config(report.NetworkConfig),
            ["scheduler"] = report.Scheduler is { } scheduler ? Scheduler(scheduler) : null,
            ["scheduler_config"] = Config(report.SchedulerConfig),
            ["training_steps"] = report.TrainingSteps,
            ["checkpoints"] = List(
                report.Checkpoints,
                c => new JsonObject
                {
                    ["folder"] = c.Folder,
                    ["step"] = c.Step,
                    ["seconds"] = c.Elapsed?.TotalSeconds,
                    ["whole"] = c.Whole,
                }
            ),
            ["weights"] = List(report.Weights, Weights),
        };
        return json.ToJsonString(Layout) + "\n";
    }

    private static JsonObject Network(NetworkReport network) =>
        new()
        {
            ["parameters"] = network.Parameters,
            ["trainable"] = network.Trainable,
            ["buffer_values"] = network.BufferValues,
            ["module_types"] = new JsonObject(
                network.ModuleTypes.Select(m => KeyValuePair.Create(m.Key, (JsonNode?)m.Value))
            ),
        };

    private static JsonObject Scheduler(SchedulerReport scheduler) =>
        new()
        {
            ["steps"] = scheduler.Steps,
            ["prediction"] = scheduler.Prediction.Name,
            ["variance"] = scheduler.Variance.Name,
            ["x0_rule"] = scheduler.X0Rule.ToString(),
            ["terminal_alpha_bar"] = scheduler.TerminalAlphaBar,
            ["largest_snr"] = scheduler.LargestSnr,
            ["smallest_snr"] = scheduler.SmallestSnr,
        };

    private static JsonObject? Config(ConfigReport? config) =>
        config is null
            ? null
            : new JsonObject
            {
                ["file"] = config.File,
                ["entries"] = List(
                    config.Entries,
                    e => new JsonObject
                    {
                        ["key"] = e.Key,
                        ["value"] = JsonNode.Parse(e.Value),
                        ["origin"] = JsonNamingPolicy.SnakeCaseLower.ConvertName(e.Origin.ToString()),
                    }
                ),
            };

    private static JsonObject Weights(WeightsReport weights) =>
        new()
        {
            ["file"] = weights.File,
            ["role"] = weights.Role,
            ["fits"] = weights.Fits,
            ["values"] = weights.Values,
            ["bytes"] = weights.Bytes,
            ["shards"] = List(weights.Shards, shard => JsonValue.Create(shard)),
            ["metadata"] = new JsonObject(
                weights.Metadata.Select(note => KeyValuePair.Create(note.Key, (JsonNode?)note.Value))
            ),
            ["types"] = List(
                weights.ByType,
                t => new JsonObject
                {
                    ["type"] = t.Type,
                    ["tensors"] = t.Tensors,
                    ["values"] = t.Values,
                    ["bytes"] = t.Bytes,
                }
            ),
            ["tensors"] = List(
                weights.Tensors,
                t => new JsonObject
                {
                    ["name"] = t.Name,
                    ["type"] = t.Type,
                    ["shape"] = List(t.Shape, size => JsonValue.Create(size)),
                    ["bytes"] = t.Bytes,
                }
            ),
        };

    private static JsonArray List<T>(IEnumerable<T> items, Func<T, JsonNode?> write) => new([.. items.Select(write)]);
}
