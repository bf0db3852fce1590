namespace Diffusion.Math;

/// <summary>How a multi-step DPM solver weighs the differences of recent network outputs.</summary>
/// <remarks>
/// The two published forms share their third order, as in the authors' code: the second difference has half of the
/// weight that integrating it gives, which makes the method second order.
/// </remarks>
public enum DpmSolverForm
{
    /// <summary>
    /// As published; at second order half the first difference, as if all happened at the step's middle.
    /// </summary>
    Midpoint,

    /// <summary>As published; at second order the first difference is integrated.</summary>
    Heun,

    /// <summary>Integrates the polynomial through the outputs exactly, whatever the order.</summary>
    Exact,
}
