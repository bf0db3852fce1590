using System.Collections.Immutable;
using System.Globalization;

namespace Diffusion.Api;

/// <summary>A choice as people write it: a name, and after a colon its numbers, as in <c>min-snr:5</c>.</summary>
internal static class Choice
{
    /// <summary>Reads a choice.</summary>
    /// <param name="what">What is chosen, for messages.</param>
    /// <param name="text">The text.</param>
    /// <param name="known">Every name with its numbers' defaults, which those that are missing take.</param>
    /// <exception cref="ArgumentException">It has no such name, or too many numbers, or something else for one.</exception>
    internal static (string Name, ImmutableArray<double> Numbers) Parse(
        string what,
        string text,
        IReadOnlyDictionary<string, ImmutableArray<double>> known
    )
    {
        ArgumentNullException.ThrowIfNull(text);
        var parts = text.Split(':', 2);
        if (!known.TryGetValue(parts[0], out var numbers))
            throw new ArgumentException(
                $"{what} must be one of {string.Join(", ", known.Select(entry => Format(entry.Key, entry.Value)))}, not '{text}'."
            );
        var given = parts.Length == 1 ? [] : parts[1].Split(',');
        if (given.Length > numbers.Length)
            throw new ArgumentException(
                $"{what} '{text}': {parts[0]} takes {numbers.Length} numbers, as in {Format(parts[0], numbers)}."
            );
        for (var i = 0; i < given.Length; i++)
            numbers = double.TryParse(given[i], NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
                ? numbers.SetItem(i, number)
                : throw new ArgumentException($"{what} '{text}': '{given[i]}' is not a number.");
        return (parts[0], numbers);
    }

    /// <summary>The text that <see cref="Parse"/> reads.</summary>
    internal static string Format(string name, params ReadOnlySpan<double> numbers)
    {
        var text = new List<string>();
        foreach (var number in numbers)
            text.Add(number.ToString("R", CultureInfo.InvariantCulture));
        return text.Count == 0 ? name : $"{name}:{string.Join(',', text)}";
    }

    /// <inheritdoc cref="Format(string, ReadOnlySpan{double})"/>
    internal static string Format(string name, ImmutableArray<double> numbers) => Format(name, numbers.AsSpan());
}
