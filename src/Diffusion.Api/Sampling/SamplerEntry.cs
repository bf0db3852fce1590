using Diffusion.Math;

namespace Diffusion.Api;

/// <summary>A sampler under the name that people choose it by. Immutable.</summary>
public sealed class SamplerEntry
{
    private readonly Func<LevelGrid, SamplerOptions, SamplingPlan> _plan;

    internal SamplerEntry(string name, string summary, Func<LevelGrid, SamplerOptions, SamplingPlan> plan) =>
        (Name, Summary, _plan) = (name, summary, plan);

    /// <summary>Its name, lower case.</summary>
    public string Name { get; }

    /// <summary>What it is, in a few words.</summary>
    public string Summary { get; }

    /// <summary>Whether it uses <see cref="SamplerOptions.Eta"/>.</summary>
    public bool TakesEta { get; internal init; }

    /// <summary>Whether it uses <see cref="SamplerOptions.Churn"/>.</summary>
    public bool TakesChurn { get; internal init; }

    /// <summary>The sampler over a grid.</summary>
    /// <param name="grid">The levels to visit.</param>
    /// <param name="options">Rule, variance and its own numbers; null for the defaults.</param>
    /// <exception cref="ArgumentException">
    /// The grid doesn't suit it, a number is outside its range, or an option is given that it doesn't have.
    /// </exception>
    public SamplingPlan Plan(LevelGrid grid, SamplerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(grid);
        options ??= new SamplerOptions();
        if (options.Eta is not null && !TakesEta)
            throw new ArgumentException(
                $"eta: '{Name}' has none; use one of {SamplerCatalogue.Listed(entry => entry.TakesEta)}."
            );
        if (options.Churn is not null && !TakesChurn)
            throw new ArgumentException(
                $"churn: '{Name}' has none; use {SamplerCatalogue.Listed(entry => entry.TakesChurn)}."
            );
        return _plan(grid, options);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Name}: {Summary}";
}
