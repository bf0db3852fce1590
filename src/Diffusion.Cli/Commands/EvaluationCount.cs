using System.CommandLine;

namespace Diffusion.Cli;

/// <summary>How many held-out images, or samples for as many, a part of an evaluation takes.</summary>
/// <param name="Option">The option that says so.</param>
/// <param name="Value">The number, which images may yet turn out to be too few for.</param>
/// <param name="Least">Below it the part says nothing.</param>
/// <param name="IsTyped">Whether the user typed it: it is meant then, not to be replaced.</param>
internal sealed record EvaluationCount(string Option, int Value, int Least, bool IsTyped)
{
    private const int Most = 1_000_000;

    /// <summary>An option's.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is outside its range.</exception>
    internal static EvaluationCount Of(ParseResult parsed, Option<int> option, int least) =>
        new(
            option.Name,
            InRange(parsed.GetValue(option), option.Name, least),
            least,
            parsed.GetResult(option) is { Implicit: false }
        );

    /// <summary>A number of an option, checked.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is outside its range.</exception>
    internal static int InRange(int value, string name, int least) =>
        value >= least && value <= Most
            ? value
            : throw new ArgumentOutOfRangeException(name, $"{name} must be in {least} … {Most}, not {value}.");
}
