using System.Collections.Immutable;
using System.Text.Json;
using Diffusion.Nn;

namespace Diffusion.Api;

/// <summary>The names that a config key can have, and what each stands for.</summary>
internal sealed class ConfigNames<T>(params (string Name, T Value)[] known)
    where T : notnull
{
    private readonly ImmutableArray<(string Name, T Value)> _known = [.. known];

    /// <summary>All names.</summary>
    internal string Known => string.Join(", ", _known.Select(k => k.Name));

    /// <summary>What a key's value stands for.</summary>
    internal T Read(string key, JsonElement value) => Read(key, JsonFields.Text(key, value));

    /// <summary>What a name stands for.</summary>
    internal T Read(string key, string name)
    {
        foreach (var (candidate, meaning) in _known)
            if (candidate == name)
                return meaning;
        throw new InvalidDataException($"{key}: '{name}' isn't supported. Supported are: {Known}.");
    }

    /// <summary>Whether a value has a name.</summary>
    internal bool Has(T value) => _known.Any(k => k.Value.Equals(value));

    internal string NameOf(T value) => _known.First(k => k.Value.Equals(value)).Name;
}
