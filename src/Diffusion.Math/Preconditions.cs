using System.Globalization;
using System.Runtime.CompilerServices;

namespace Diffusion.Math;

/// <summary>
/// The one place that refuses bad arguments. Comparisons are written so that NaN fails every one of them.
/// </summary>
internal static class Preconditions
{
    public static double Finite(double value, [CallerArgumentExpression(nameof(value))] string name = "") =>
        double.IsFinite(value) ? value : throw OutOfRange(name, value, "a finite number");

    public static double NonNegative(double value, [CallerArgumentExpression(nameof(value))] string name = "") =>
        value >= 0 && double.IsFinite(value) ? value : throw OutOfRange(name, value, "a finite number of at least 0");

    public static double Positive(double value, [CallerArgumentExpression(nameof(value))] string name = "") =>
        value > 0 && double.IsFinite(value) ? value : throw OutOfRange(name, value, "a finite number greater than 0");

    public static double Closed(
        double value,
        double low,
        double high,
        [CallerArgumentExpression(nameof(value))] string name = ""
    ) => value >= low && value <= high ? value : throw OutOfRange(name, value, $"in [{Text(low)}, {Text(high)}]");

    public static double OpenClosed(
        double value,
        double low,
        double high,
        [CallerArgumentExpression(nameof(value))] string name = ""
    ) => value > low && value <= high ? value : throw OutOfRange(name, value, $"in ({Text(low)}, {Text(high)}]");

    public static double ClosedOpen(
        double value,
        double low,
        double high,
        [CallerArgumentExpression(nameof(value))] string name = ""
    ) => value >= low && value < high ? value : throw OutOfRange(name, value, $"in [{Text(low)}, {Text(high)})");

    public static double Open(
        double value,
        double low,
        double high,
        [CallerArgumentExpression(nameof(value))] string name = ""
    ) => value > low && value < high ? value : throw OutOfRange(name, value, $"in ({Text(low)}, {Text(high)})");

    public static int AtLeast(int value, int low, [CallerArgumentExpression(nameof(value))] string name = "") =>
        value >= low ? value : throw OutOfRange(name, value, $"at least {Text(low)}");

    public static int Between(
        int value,
        int low,
        int high,
        [CallerArgumentExpression(nameof(value))] string name = ""
    ) => value >= low && value <= high ? value : throw OutOfRange(name, value, $"in {Text(low)}..{Text(high)}");

    public static void Length(
        ReadOnlySpan<double> values,
        int length,
        [CallerArgumentExpression(nameof(values))] string name = ""
    )
    {
        if (values.Length != length)
        {
            throw new ArgumentException(
                $"{name} has {Text(values.Length)} numbers, but must have {Text(length)}.",
                name
            );
        }
    }

    /// <summary>Every number is finite; the first that is not is named with its index.</summary>
    public static void AllFinite(
        ReadOnlySpan<double> values,
        [CallerArgumentExpression(nameof(values))] string name = ""
    )
    {
        if (LinearSum.AreFinite(values))
        {
            return;
        }

        for (int i = 0; i < values.Length; i++)
        {
            Finite(values[i], $"{name}[{Text(i)}]");
        }
    }

    /// <summary>
    /// The result of arithmetic on two numbers that are not checked before, for speed: where it isn't finite, one of them
    /// is refused, or both for being too large together.
    /// </summary>
    public static double Result(
        double result,
        double first,
        double second,
        [CallerArgumentExpression(nameof(first))] string firstName = "",
        [CallerArgumentExpression(nameof(second))] string secondName = ""
    ) => double.IsFinite(result) ? result : throw NoResult(first, second, firstName, secondName);

    public static T Defined<T>(T value, [CallerArgumentExpression(nameof(value))] string name = "")
        where T : struct, Enum =>
        Enum.IsDefined(value)
            ? value
            : throw new ArgumentOutOfRangeException(
                name,
                value,
                $"{name} must be one of {string.Join(", ", Enum.GetNames<T>())}, but is {value}."
            );

    public static T NotNull<T>(T? value, [CallerArgumentExpression(nameof(value))] string name = "")
        where T : class
    {
        ArgumentNullException.ThrowIfNull(value, name);
        return value;
    }

    public static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    public static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static ArgumentException NoResult(double first, double second, string firstName, string secondName)
    {
        if (!double.IsFinite(first))
        {
            return OutOfRange(firstName, first, "a finite number");
        }

        return double.IsFinite(second)
            ? new ArgumentException(
                $"{firstName} = {Text(first)} and {secondName} = {Text(second)} lead beyond the range of double; smaller"
                    + " numbers are needed.",
                firstName
            )
            : OutOfRange(secondName, second, "a finite number");
    }

    private static ArgumentOutOfRangeException OutOfRange(string name, double value, string allowed) =>
        new(name, value, $"{name} must be {allowed}, but is {Text(value)}.");

    private static ArgumentOutOfRangeException OutOfRange(string name, int value, string allowed) =>
        new(name, value, $"{name} must be {allowed}, but is {Text(value)}.");
}
