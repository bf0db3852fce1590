using System.Text.Json;
using System.Text.Json.Nodes;
using Diffusion.Nn;

namespace Diffusion.Api;

/// <summary>Reads a config to the end, although its parser stops at the first thing it doesn't support.</summary>
internal static class ConfigInspection
{
    private const string ClassKey = "_class_name";

    private static readonly JsonDocumentOptions ReadOptions = new() { MaxDepth = 64 };

    /// <summary>What is read of a config.</summary>
    /// <param name="Value">The parsed config; null where it isn't supported.</param>
    /// <param name="Problems">All that isn't.</param>
    /// <param name="Refused">The keys that are to blame.</param>
    internal sealed record Outcome<T>(T? Value, IReadOnlyList<string> Problems, IReadOnlyList<string> Refused)
        where T : class;

    /// <summary>
    /// Parses; what is refused is noted, the key that is to blame left out, and the rest parsed again.
    /// </summary>
    internal static Outcome<T> Read<T>(string json, Func<string, T> parse)
        where T : class
    {
        var problems = new List<string>();
        var refused = new List<string>();
        var text = json;
        while (true)
        {
            try
            {
                var value = parse(text);
                return new Outcome<T>(problems.Count == 0 ? value : null, problems, refused);
            }
            catch (InvalidDataException e)
            {
                // A key that was left out has its default now, which need not fit the others.
                if (refused.Any(key => Names(e.Message, key)))
                    return new Outcome<T>(null, problems, refused);
                problems.Add(e.Message);
                if (Object(text) is not { } config || Blamed(e.Message, config) is not { } blamed)
                    return new Outcome<T>(null, problems, refused);
                refused.Add(blamed);
                // The other keys of another class mean something else.
                if (blamed == ClassKey)
                    return new Outcome<T>(null, problems, refused);
                config.Remove(blamed);
                text = config.ToJsonString();
            }
        }
    }

    /// <summary>All keys: the file's, and the defaults that hold beside them.</summary>
    /// <param name="file">The file's name in the report.</param>
    /// <param name="json">Its text.</param>
    /// <param name="whole">The text of the same config with every key; null where it isn't supported.</param>
    /// <param name="refused">Keys that aren't supported.</param>
    /// <param name="withoutEffect">Whether a key of the file has no effect.</param>
    internal static ConfigReport Report(
        string file,
        string json,
        string? whole,
        IEnumerable<string> refused,
        Func<string, bool> withoutEffect
    )
    {
        var said = Object(json) ?? [];
        var holds = whole is null ? [] : Object(whole) ?? [];
        var keys = said.Select(p => p.Key).Union(holds.Select(p => p.Key)).Order(StringComparer.Ordinal);
        return new ConfigReport(
            file,
            [
                .. keys.Select(key => new ConfigEntry(
                    key,
                    (said.ContainsKey(key) ? said[key] : holds[key])?.ToJsonString() ?? "null",
                    refused.Contains(key) ? ConfigOrigin.Refused
                        : !said.ContainsKey(key) ? ConfigOrigin.Default
                        : withoutEffect(key) ? ConfigOrigin.NoEffect
                        : ConfigOrigin.Explicit
                )),
            ]
        );
    }

    /// <summary>Whether a notice says of a key that it has no effect, or another than it says.</summary>
    internal static bool IsWithoutEffect(string notice, string key)
    {
        // What follows is why, and names the keys that do have one.
        var why = notice.IndexOf(" no effect", StringComparison.Ordinal);
        return Names(why < 0 ? notice : notice[..why], key);
    }

    /// <summary>Whether a message speaks of a key, as a word of its own.</summary>
    internal static bool Names(string message, string key)
    {
        for (
            var at = message.IndexOf(key, StringComparison.Ordinal);
            at >= 0;
            at = message.IndexOf(key, at + 1, StringComparison.Ordinal)
        )
            if (!IsWord(message, at - 1) && !IsWord(message, at + key.Length))
                return true;
        return false;
    }

    // Errors begin with the key that they are about.
    private static string? Blamed(string message, JsonObject config) =>
        config
            .Select(p => p.Key)
            .Where(key =>
                key.Length > 0 && message.StartsWith(key, StringComparison.Ordinal) && !IsWord(message, key.Length)
            )
            .MaxBy(key => key.Length);

    private static bool IsWord(string text, int at) =>
        at >= 0 && at < text.Length && (char.IsLetterOrDigit(text[at]) || text[at] == '_');

    private static JsonObject? Object(string json)
    {
        try
        {
            var strict = PythonJson.ToStrict(json);
            using var document = JsonDocument.Parse(strict, ReadOptions);
            // A node parses lazily; this notices at once what would fail later: keys that are there twice, broken texts.
            _ = new JsonFields(document.RootElement);
            return JsonNode.Parse(strict, null, ReadOptions) as JsonObject;
        }
        catch (Exception e) when (e is JsonException or ArgumentException or InvalidDataException)
        {
            return null;
        }
    }
}
