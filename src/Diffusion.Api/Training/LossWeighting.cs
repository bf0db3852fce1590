using System.Collections.Frozen;
using System.Collections.Immutable;
using Diffusion.Math;

namespace Diffusion.Api;

/// <summary>
/// Which <see cref="LossWeight"/> a run is trained with, before its schedule is known. Immutable; equal where the texts are.
/// </summary>
public sealed record LossWeighting
{
    private static readonly FrozenDictionary<string, ImmutableArray<double>> Known = new Dictionary<
        string,
        ImmutableArray<double>
    >
    {
        ["simple"] = [],
        ["vlb"] = [],
        ["snr"] = [],
        ["truncated-snr"] = [],
        ["min-snr"] = [5],
        ["p2"] = [1, 1],
        ["edm"] = [0.5],
        ["sigmoid"] = [2],
    }.ToFrozenDictionary();

    private readonly string _name;
    private readonly ImmutableArray<double> _numbers;

    private LossWeighting(string name, ImmutableArray<double> numbers)
    {
        (_name, _numbers) = (name, numbers);
        // Numbers out of range are refused here, at the earliest.
        if (name != "vlb")
            _ = For(null!, ReverseVariance.FixedSmall);
        Text = Choice.Format(name, numbers);
    }

    /// <summary><see cref="LossWeight.Simple"/>.</summary>
    public static LossWeighting Simple { get; } = new("simple", []);

    /// <summary>The choice as text, which <see cref="Parse"/> reads.</summary>
    public string Text { get; }

    /// <summary><see cref="LossWeight.MinSnr"/>.</summary>
    /// <param name="gamma">γ &gt; 0.</param>
    public static LossWeighting MinSnr(double gamma = 5) => new("min-snr", [gamma]);

    /// <summary>Reads a choice.</summary>
    /// <param name="text">
    /// <c>simple</c>, <c>vlb</c>, <c>snr</c>, <c>truncated-snr</c>, <c>min-snr:γ</c>, <c>p2:γ,k</c>, <c>edm:σ_data</c> or
    /// <c>sigmoid:bias</c>; numbers that are left out are those of <see cref="LossWeight"/>.
    /// </param>
    /// <exception cref="ArgumentException">It is none of these, or a number is out of its range.</exception>
    public static LossWeighting Parse(string text)
    {
        var (name, numbers) = Choice.Parse("The loss weight", text, Known);
        return new LossWeighting(name, numbers);
    }

    /// <summary>The weight on a schedule.</summary>
    /// <param name="schedule">The schedule, which <c>vlb</c> needs.</param>
    /// <param name="variance">
    /// The reverse variance, for <c>vlb</c>; in place of a learned one the fixed small one is weighted by.
    /// </param>
    public LossWeight For(Schedule schedule, ReverseVariance variance) =>
        _name switch
        {
            "simple" => LossWeight.Simple,
            "vlb" => LossWeight.Vlb(schedule, variance.IsLearned ? ReverseVariance.FixedSmall : variance),
            "snr" => LossWeight.Snr,
            "truncated-snr" => LossWeight.TruncatedSnr,
            "min-snr" => LossWeight.MinSnr(_numbers[0]),
            "p2" => LossWeight.P2(_numbers[0], _numbers[1]),
            "edm" => LossWeight.Edm(_numbers[0]),
            "sigmoid" => LossWeight.Sigmoid(_numbers[0]),
            _ => throw new InvalidOperationException($"{_name} is no loss weight."),
        };

    /// <inheritdoc/>
    public bool Equals(LossWeighting? other) => other?.Text == Text;

    /// <inheritdoc/>
    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string ToString() => Text;
}
