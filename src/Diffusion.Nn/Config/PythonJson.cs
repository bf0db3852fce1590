using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Diffusion.Nn;

/// <summary>
/// JSON as Python writes it: with the bare words <c>NaN</c>, <c>Infinity</c> and <c>-Infinity</c>, which JSON doesn't
/// have. In strict JSON they are texts here.
/// </summary>
internal static partial class PythonJson
{
    private static readonly string[] Words = ["-Infinity", "Infinity", "NaN"];
    private static readonly JsonSerializerOptions Layout = new() { WriteIndented = true };

    /// <summary>The same with the bare words in quotes.</summary>
    internal static string ToStrict(string json)
    {
        if (!Words.Any(word => json.Contains(word, StringComparison.Ordinal)))
            return json;
        var strict = new StringBuilder(json.Length + 16);
        var quoted = false;
        for (var i = 0; i < json.Length; i++)
        {
            if (quoted && json[i] == '\\' && i + 1 < json.Length)
            {
                strict.Append(json, i, 2);
                i++;
                continue;
            }
            if (json[i] == '"')
                quoted = !quoted;
            var at = i;
            var word = quoted ? null : Array.Find(Words, w => string.CompareOrdinal(json, at, w, 0, w.Length) == 0);
            strict.Append(word is null ? json[i] : $"\"{word}\"");
            i += (word?.Length ?? 1) - 1;
        }
        return strict.ToString();
    }

    /// <summary>A file's text: indented, a line feed at its end, the words bare.</summary>
    internal static string ToFile(JsonObject json) =>
        QuotedWord().Replace(json.ToJsonString(Layout), match => match.Value.Trim('"')) + "\n";

    // A value, not a key. A quotation mark within a text is written as an escape.
    [GeneratedRegex("\"(-Infinity|Infinity|NaN)\"(?!:)", RegexOptions.CultureInvariant)]
    private static partial Regex QuotedWord();
}
