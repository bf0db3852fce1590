using System.Globalization;

namespace Diffusion.Cli;

/// <summary>An axis of a chart: what it measures, from where to where, evenly in the number or in its logarithm.</summary>
internal sealed record ChartAxis(string Label, double Low, double High, bool IsLogarithmic = false)
{
    private const int MostLinearTicks = 6;
    private const string Superscripts = "⁰¹²³⁴⁵⁶⁷⁸⁹";

    /// <summary>How far along the axis a value lies: 0 at its low end, 1 at its high one.</summary>
    internal double Share(double value) =>
        IsLogarithmic ? double.Log(value / Low) / double.Log(High / Low) : (value - Low) / (High - Low);

    /// <summary>Round values to mark, with their texts: powers of ten, or 1, 2 and 5 times one.</summary>
    internal IEnumerable<(double Value, string Text)> Ticks() => IsLogarithmic ? Powers() : Multiples();

    private IEnumerable<(double, string)> Powers()
    {
        int[] factors = High / Low < 1000 ? [1, 2, 5] : [1];
        var last = (int)double.Floor(double.Log10(High));
        for (var power = (int)double.Floor(double.Log10(Low)); power <= last; power++)
            foreach (var factor in factors)
            {
                var value = factor * double.Pow(10, power);
                if (value >= Low * (1 - 1e-9) && value <= High * (1 + 1e-9))
                    yield return (value, factors.Length > 1 ? Short(value) : PowerOfTen(power));
            }
    }

    private IEnumerable<(double, string)> Multiples()
    {
        var least = (High - Low) / MostLinearTicks;
        var ten = double.Pow(10, double.Floor(double.Log10(least)));
        var step = ten * new[] { 1, 2, 5, 10 }.First(factor => factor * ten >= least * (1 - 1e-9));
        var last = (long)double.Floor((High / step) + 1e-9);
        for (var i = (long)double.Ceiling((Low / step) - 1e-9); i <= last; i++)
            yield return (i * step, Short(i * step));
    }

    // Short enough for a dozen of them side by side: 20k, 1.5M, 2e-5.
    private static string Short(double value) =>
        double.Abs(value) switch
        {
            >= 1e6 => $"{Digits(value / 1e6)}M",
            >= 1e4 => $"{Digits(value / 1e3)}k",
            _ => Digits(value).Replace("E-0", "e-", StringComparison.Ordinal),
        };

    private static string Digits(double value) => value.ToString("G6", CultureInfo.InvariantCulture);

    private static string PowerOfTen(int power) =>
        power switch
        {
            0 => "1",
            1 => "10",
            2 => "100",
            _ =>
                $"10{(power < 0 ? "⁻" : "")}{string.Concat($"{int.Abs(power)}".Select(digit => Superscripts[digit - '0']))}",
        };
}
