using System.Collections.Frozen;
using System.Collections.Immutable;
using Diffusion.Math;
using MathNet.Numerics.Distributions;

namespace Diffusion.Api;

/// <summary>How the times of a batch are drawn. Immutable; equal where the texts are.</summary>
public sealed record TimeSampling
{
    private static readonly FrozenDictionary<string, ImmutableArray<double>> Known = new Dictionary<
        string,
        ImmutableArray<double>
    >
    {
        ["stratified"] = [],
        ["uniform"] = [],
        ["antithetic"] = [],
        ["importance"] = [10, 0.001],
        ["log-normal"] = [-1.2, 1.2],
    }.ToFrozenDictionary();

    private readonly string _name;
    private readonly ImmutableArray<double> _numbers;

    private TimeSampling(string name, ImmutableArray<double> numbers)
    {
        (_name, _numbers) = (name, numbers);
        Text = Choice.Format(name, numbers);
        if (name == "importance" && !double.IsInteger(numbers[0]))
            throw new ArgumentException($"The times '{Text}': a history is a whole number of losses.");
        // Numbers out of range are refused here, at the earliest.
        _ = name == "log-normal" ? TimeSampler.LogNormalSigma(0, numbers[0], numbers[1]).Sigma : 0;
        _ = Begin(1);
    }

    /// <summary>One in each of B equal parts of 1 … T (<see cref="TimeSampler.Stratified"/>).</summary>
    public static TimeSampling Stratified { get; } = new("stratified", []);

    /// <summary>The choice as text, which <see cref="Parse"/> reads.</summary>
    public string Text { get; }

    /// <summary>Reads a choice.</summary>
    /// <param name="text">
    /// <c>stratified</c>, <c>uniform</c>, <c>antithetic</c> (a time and its mirror image), <c>importance:history,share</c>
    /// (<see cref="ImportanceTimes"/>) or <c>log-normal:mean,deviation</c> (<see cref="TimeSampler.LogNormal"/>).
    /// </param>
    /// <exception cref="ArgumentException">It is none of these, or a number is out of its range.</exception>
    public static TimeSampling Parse(string text)
    {
        var (name, numbers) = Choice.Parse("The times", text, Known);
        return new TimeSampling(name, numbers);
    }

    /// <inheritdoc/>
    public bool Equals(TimeSampling? other) => other?.Text == Text;

    /// <inheritdoc/>
    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string ToString() => Text;

    /// <summary>The state that importance sampling begins with; null for the others, which have none.</summary>
    internal ImportanceTimes? Begin(int trainingSteps) =>
        _name == "importance"
            ? ImportanceTimes.Start(trainingSteps, (int)double.Min(_numbers[0], int.MaxValue), _numbers[1])
            : null;

    /// <summary>The state with losses that were kept.</summary>
    internal ImportanceTimes Restore(IEnumerable<IEnumerable<double>> losses) =>
        ImportanceTimes.From(losses, (int)_numbers[0], _numbers[1]);

    /// <summary>Draws the times of a batch, each in 1 … T.</summary>
    internal int[] Draw(int count, Schedule schedule, ImportanceTimes? importance, Random random) =>
        _name switch
        {
            "stratified" => TimeSampler.Stratified(random.NextDouble(), count, schedule.Steps),
            "uniform" => Each(count, () => TimeSampler.Uniform(random.NextDouble(), schedule.Steps)),
            "antithetic" => Pairs(count, () => TimeSampler.Antithetic(random.NextDouble(), schedule.Steps)),
            "importance" => Each(count, () => importance!.Time(random.NextDouble())),
            _ => Each(
                count,
                () => TimeSampler.LogNormal(Normal.Sample(random, 0, 1), schedule, _numbers[0], _numbers[1])
            ),
        };

    private static int[] Each(int count, Func<int> draw) => [.. Enumerable.Range(0, count).Select(_ => draw())];

    private static int[] Pairs(int count, Func<(int, int)> draw)
    {
        var times = new int[count];
        for (var i = 0; i < count; i += 2)
        {
            var (time, mirror) = draw();
            times[i] = time;
            if (i + 1 < count)
                times[i + 1] = mirror;
        }
        return times;
    }
}
