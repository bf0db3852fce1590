using System.Globalization;

namespace Diffusion.Cli;

/// <summary>Numbers as reports show them.</summary>
internal static class Figures
{
    private static readonly string[] Units = ["B", "kB", "MB", "GB", "TB"];

    /// <summary>A count with thousands set off.</summary>
    internal static string Count(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A size in powers of 1000, three digits.</summary>
    internal static string Bytes(long bytes)
    {
        var (value, unit) = ((double)bytes, 0);
        // What rounds to 1000 is one of the next unit.
        while (value >= (unit == 0 ? 1000 : 999.5) && unit < Units.Length - 1)
            (value, unit) = (value / 1000, unit + 1);
        var digits =
            unit == 0 || value >= 99.95 ? "F0"
            : value >= 9.995 ? "F1"
            : "F2";
        return $"{value.ToString(digits, CultureInfo.InvariantCulture)} {Units[unit]}";
    }

    /// <summary>A size as a user types it: a number of at least 1 byte and a unit of <see cref="Bytes"/>.</summary>
    /// <exception cref="ArgumentException">It isn't one.</exception>
    internal static long ParseBytes(string option, string text)
    {
        var end = text.AsSpan().IndexOfAnyExcept("0123456789.");
        var unit =
            end < 0
                ? -1
                : Array.FindIndex(Units, u => u.Equals(text[end..].Trim(), StringComparison.OrdinalIgnoreCase));
        var bytes =
            unit >= 0 && double.TryParse(text.AsSpan(0, end), CultureInfo.InvariantCulture, out var number)
                ? number * double.Pow(1000, unit)
                : double.NaN;
        return bytes >= 1 && bytes < long.MaxValue
            ? (long)bytes
            : throw new ArgumentException(
                $"{option} must be a size of at least 1 byte with its unit ({string.Join(", ", Units)}), such as 500MB, "
                    + $"not '{text}'."
            );
    }

    /// <summary>A number to three digits.</summary>
    internal static string Short(double value) => value.ToString("G3", CultureInfo.InvariantCulture).ToLowerInvariant();

    /// <summary>A difference, always in the same form: 1.23e-06.</summary>
    internal static string Difference(double value) => value.ToString("0.00e+00", CultureInfo.InvariantCulture);

    /// <summary>A shape.</summary>
    internal static string Shape(IEnumerable<long> sizes) => $"[{string.Join(", ", sizes)}]";

    /// <summary>A count and what is counted, with the plural's s.</summary>
    internal static string Of(long count, string what) => $"{Count(count)} {what}{(count == 1 ? "" : "s")}";
}
