using System.Collections.Frozen;
using System.Reflection;
using System.Text.Json.Serialization;

namespace Diffusion.Nn;

/// <summary>The names under which config.json knows the values of an enum.</summary>
internal static class ConfigNames<T>
    where T : struct, Enum
{
    private static readonly FrozenDictionary<string, T> Values = Enum.GetValues<T>().ToFrozenDictionary(NameOf);

    /// <summary>All names, in the order of declaration.</summary>
    internal static string Known => string.Join(", ", Enum.GetValues<T>().Select(NameOf));

    internal static bool TryParse(string name, out T value) => Values.TryGetValue(name, out value);

    internal static string NameOf(T value) =>
        typeof(T).GetField(value.ToString())?.GetCustomAttribute<JsonStringEnumMemberNameAttribute>()?.Name
        ?? throw new ArgumentOutOfRangeException(nameof(value), value, $"Not a value of {typeof(T).Name}.");
}
