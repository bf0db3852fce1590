using System.Text.Json;

namespace Diffusion.Nn;

/// <summary>Reads the keys of one JSON object; errors name the key, the value and what is allowed.</summary>
internal sealed class JsonFields
{
    private readonly Dictionary<string, JsonElement> _rest = [];

    internal JsonFields(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object)
            throw new InvalidDataException($"A config is a JSON object, got {json.ValueKind}.");
        RequireUnicode(json);
        foreach (var property in json.EnumerateObject())
            if (!_rest.TryAdd(property.Name, property.Value.Clone()))
                throw new InvalidDataException($"The config has the key '{property.Name}' twice.");
    }

    /// <summary>The keys nobody has asked for.</summary>
    internal IReadOnlyDictionary<string, JsonElement> Rest => _rest;

    /// <summary>The value of a key, read by <paramref name="read"/>; the fallback where it is absent.</summary>
    internal T Take<T>(string key, T fallback, Func<string, JsonElement, T> read) =>
        _rest.Remove(key, out var value) ? read(key, value) : fallback;

    internal static int Int(string key, JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number)
            ? number
            : throw Wrong(key, value, "a whole number");

    internal static double Double(string key, JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && double.IsFinite(number)
            ? number
            : throw Wrong(key, value, "a finite number");

    internal static bool Bool(string key, JsonElement value) =>
        value.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? value.GetBoolean()
            : throw Wrong(key, value, "true or false");

    internal static string Text(string key, JsonElement value) =>
        value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Wrong(key, value, "a text");

    internal static T Name<T>(string key, JsonElement value)
        where T : struct, Enum =>
        ConfigNames<T>.TryParse(Text(key, value), out var parsed)
            ? parsed
            : throw new InvalidDataException(
                $"{key}: {value.GetRawText()} isn't supported. Supported are: {ConfigNames<T>.Known}."
            );

    internal static T[] List<T>(string key, JsonElement value, Func<string, JsonElement, T> read) =>
        value.ValueKind == JsonValueKind.Array
            ? [.. value.EnumerateArray().Select(item => read(key, item))]
            : throw Wrong(key, value, "a list");

    internal static Func<string, JsonElement, T?> OrNull<T>(Func<string, JsonElement, T> read)
        where T : struct => (key, value) => value.ValueKind == JsonValueKind.Null ? null : read(key, value);

    internal static InvalidDataException Wrong(string key, JsonElement value, string wanted) =>
        new($"{key} must be {wanted}, got {Shortened(value.GetRawText())}.");

    // Half a surrogate pair, \ud800 alone, is JSON but no text; .NET says so only where it is read.
    private static void RequireUnicode(JsonElement json)
    {
        try
        {
            Read(json);
        }
        catch (InvalidOperationException damaged)
        {
            throw new InvalidDataException(
                "The config has a text that isn't Unicode: half of a surrogate pair, written as \\ud800 … \\udfff.",
                damaged
            );
        }

        static void Read(JsonElement value)
        {
            switch (value.ValueKind)
            {
                case JsonValueKind.String:
                    _ = value.GetString();
                    break;
                case JsonValueKind.Array:
                    foreach (var item in value.EnumerateArray())
                        Read(item);
                    break;
                case JsonValueKind.Object:
                    foreach (var property in value.EnumerateObject())
                    {
                        _ = property.Name;
                        Read(property.Value);
                    }
                    break;
            }
        }
    }

    /// <summary>What a rule refuses, without .NET's mention of a parameter: the message names the key.</summary>
    internal static InvalidDataException Refused(ArgumentException refused) =>
        new(refused.Message.Split(" (Parameter '")[0], refused);

    private static string Shortened(string text) => text.Length <= 60 ? text : text[..60] + "...";
}
