using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Diffusion.Math;

/// <summary>Plans as JSON. Numbers are written so that the same <c>double</c> is read back.</summary>
internal static class PlanJson
{
    private const int Version = 1;
    private static readonly JsonDocumentOptions Reading = new() { AllowDuplicateProperties = false };
    private static readonly JsonSerializerOptions Layout = new() { WriteIndented = true };

    public static string Write(SamplingPlan plan)
    {
        JsonObject json = new()
        {
            ["format"] = Version,
            ["name"] = plan.Name,
            ["quantity"] = plan.Quantity.Name,
            ["x0_rule"] = WriteRule(plan.X0Rule),
            ["keeps_marginals"] = plan.KeepsMarginals,
            ["steps"] = new JsonArray([.. plan.Steps.Select(WriteStep)]),
        };
        if (plan.GivenStartDeviation is { } deviation)
        {
            json["start_deviation"] = deviation;
        }

        return json.ToJsonString(Layout);
    }

    public static SamplingPlan Read(string json)
    {
        try
        {
            JsonNode root =
                JsonNode.Parse(json, documentOptions: Reading)
                ?? throw new FormatException("A plan must be a JSON object, not null.");
            int version = root["format"].Of<int>();
            if (version != Version)
            {
                throw new FormatException(
                    $"The plan's format must be {Preconditions.Text(Version)}, but is {Preconditions.Text(version)}."
                );
            }

            SamplingPlan plan = new(
                root["name"].Of<string>(),
                Prediction.Parse(root["quantity"].Of<string>()),
                ReadRule(root["x0_rule"].Of<JsonObject>()),
                root["steps"].Of<JsonArray>().Select(step => ReadStep(step.Of<JsonObject>())),
                root["keeps_marginals"].Of<bool>()
            );
            return root["start_deviation"] is { } deviation ? plan.StartingWith(deviation.Of<double>()) : plan;
        }
        catch (Exception damaged) when (damaged is JsonException or InvalidOperationException)
        {
            throw new FormatException($"Not a sampling plan in JSON: {damaged.Message}", damaged);
        }
    }

    private static JsonObject WriteStep(SamplingStep step)
    {
        JsonObject json = new()
        {
            ["from"] = WriteLevel(step.From),
            ["to"] = WriteLevel(step.To),
            ["states"] = WriteNumbers(step.States),
            ["outputs"] = WriteNumbers(step.Outputs),
            ["noise"] = step.Noise,
        };
        if (step.Evaluate is { } at)
        {
            json["evaluate"] = new JsonObject { ["level"] = WriteLevel(at.Level), ["time"] = at.Time };
        }

        if (!step.RawOutputs.IsEmpty)
        {
            json["raw_outputs"] = WriteNumbers(step.RawOutputs);
        }

        if (step.Learned is { } learned)
        {
            json["learned_variance"] = learned.Name;
        }

        return json;
    }

    private static SamplingStep ReadStep(JsonObject json) =>
        new(
            ReadLevel(json["from"]),
            ReadLevel(json["to"]),
            json["evaluate"] is { } at ? new Evaluation(ReadLevel(at["level"]), at["time"].Of<double>()) : null,
            ReadNumbers(json["states"]),
            ReadNumbers(json["outputs"]),
            json["noise"].Of<double>(),
            json["raw_outputs"] is { } raw ? ReadNumbers(raw) : null,
            json["learned_variance"] is { } learned ? ReadLearned(learned.Of<string>()) : null
        );

    private static JsonObject WriteRule(X0Rule rule) =>
        rule.Match(
            none: () => new JsonObject { ["rule"] = "none" },
            clip: range => new JsonObject { ["rule"] = "clip", ["range"] = range },
            dynamicThreshold: (quantile, maximum) =>
                new JsonObject
                {
                    ["rule"] = "dynamic threshold",
                    ["quantile"] = quantile,
                    ["maximum"] = maximum,
                }
        );

    private static X0Rule ReadRule(JsonObject json) =>
        json["rule"].Of<string>() switch
        {
            "none" => X0Rule.None,
            "clip" => X0Rule.Clip(json["range"].Of<double>()),
            "dynamic threshold" => X0Rule.DynamicThreshold(json["quantile"].Of<double>(), json["maximum"].Of<double>()),
            string other => throw new FormatException(
                $"The rule on x0 must be none, clip or dynamic threshold, but is \"{other}\"."
            ),
        };

    private static ReverseVariance ReadLearned(string name)
    {
        ReverseVariance[] all = [ReverseVariance.Learned, ReverseVariance.LearnedRange];
        return all.FirstOrDefault(variance => variance.Name == name)
            ?? throw new FormatException(
                $"A learned variance must be one of {string.Join(", ", all.Select(variance => variance.Name))}, but is"
                    + $" \"{name}\"."
            );
    }

    private static JsonArray WriteLevel(NoiseLevel level) => [level.Alpha, level.Sigma];

    private static NoiseLevel ReadLevel(JsonNode? json)
    {
        ImmutableArray<double> numbers = ReadNumbers(json);
        return numbers.Length == 2
            ? NoiseLevel.FromAlphaSigma(numbers[0], numbers[1])
            : throw new FormatException(
                $"A noise level must be the two numbers alpha and sigma, but is {json!.ToJsonString()}."
            );
    }

    private static JsonArray WriteNumbers(ImmutableArray<double> numbers) =>
        [.. numbers.Select(number => JsonValue.Create(number))];

    private static ImmutableArray<double> ReadNumbers(JsonNode? json) =>
        [.. json.Of<JsonArray>().Select(number => number.Of<double>())];

    private static T Of<T>(this JsonNode? node)
    {
        if (node is T whole)
        {
            return whole;
        }

        return node is JsonValue value && value.TryGetValue(out T? result) && result is not null
            ? result
            : throw new FormatException(
                node is null
                    ? $"The plan lacks a {typeof(T).Name} that it needs."
                    : $"{node.GetPath()} must be a {typeof(T).Name}, but is {node.ToJsonString()}."
            );
    }
}
