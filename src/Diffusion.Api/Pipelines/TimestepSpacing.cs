using Diffusion.Math;

namespace Diffusion.Api;

/// <summary>Which times a scheduler config visits (<c>timestep_spacing</c>; Lin et al. 2023, table 2).</summary>
public enum TimestepSpacing
{
    /// <summary>Evenly from T on: <see cref="TimeGrid.Trailing(int, int)"/> (<c>trailing</c>).</summary>
    Trailing,

    /// <summary>Every so many times from the first on: <see cref="TimeGrid.Leading"/> (<c>leading</c>).</summary>
    Leading,

    /// <summary>Evenly from T to the first: <see cref="TimeGrid.Linspace"/> (<c>linspace</c>).</summary>
    Linspace,
}
