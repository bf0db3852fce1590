#if SYSTEM_ENGINE
using Diffusion.Engine;
#endif

namespace Diffusion.Benchmarks;

/// <summary>An operator's part of a step.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Milliseconds">Of a step.</param>
/// <param name="Share">Of the time in operators, 0 … 1.</param>
/// <param name="Calls">A step.</param>
internal sealed record OperatorShare(string Name, double Milliseconds, double Share, double Calls)
{
    private const int WarmUp = 2;
    private const int Steps = 3;
    private const int Most = 16;

    /// <summary>The operators that take longest; none under TorchSharp's packages, which have no profile.</summary>
    internal static IReadOnlyList<OperatorShare> Of(Action step)
    {
#if SYSTEM_ENGINE
        for (var i = 0; i < WarmUp; i++)
            step();
        var operators = Profile.Of(() =>
        {
            for (var i = 0; i < Steps; i++)
                step();
        });
        var total = operators.Sum(o => o.Time.TotalMilliseconds);
        return
        [
            .. operators
                .Take(Most)
                .Select(o => new OperatorShare(
                    o.Name,
                    o.Time.TotalMilliseconds / Steps,
                    o.Time.TotalMilliseconds / total,
                    o.Calls / (double)Steps
                )),
        ];
#else
        return [];
#endif
    }

    internal static ReportTable Table(string title, IReadOnlyList<OperatorShare> operators) =>
        new(
            title,
            ["operator", "ms a step", "share", "calls a step"],
            [.. operators.Select(o => new[] { o.Name, $"{o.Milliseconds:F1}", $"{o.Share:P1}", $"{o.Calls:0.#}" })],
            operators.Count == 0 ? "The profile needs TorchEngine=system." : null
        );
}
