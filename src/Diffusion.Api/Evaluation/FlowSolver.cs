using System.Globalization;

namespace Diffusion.Api;

/// <summary>How the probability flow is integrated: in equal steps of ln φ, or in steps as a tolerance asks. Immutable.</summary>
public sealed record FlowSolver
{
    private const int MostSteps = 100_000;

    private FlowSolver(string name, RungeKutta table, int steps, double tolerance) =>
        (Name, Table, Steps, Tolerance) = (name, table, steps, tolerance);

    /// <summary>Its name with its setting, as reports say it.</summary>
    public string Name { get; }

    internal RungeKutta Table { get; }

    /// <summary>Number of equal steps; 0 where the tolerance decides.</summary>
    internal int Steps { get; }

    /// <summary>Greatest error a step; 0 where the steps are equal.</summary>
    internal double Tolerance { get; }

    /// <summary>Heun's method, order 2: two network calls a step.</summary>
    /// <param name="steps">1 … 100,000.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is outside its range.</exception>
    public static FlowSolver Heun(int steps) => Fixed("Heun", RungeKutta.Heun, steps);

    /// <summary>The classical Runge–Kutta method, order 4: four network calls a step.</summary>
    /// <param name="steps">1 … 100,000.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is outside its range.</exception>
    public static FlowSolver RungeKutta4(int steps) => Fixed("RK4", RungeKutta.Classical, steps);

    /// <summary>
    /// Dormand and Prince's pair of orders 5 and 4 with adapted steps: six network calls a step, refused ones too.
    /// </summary>
    /// <param name="tolerance">
    /// The greatest estimated error a step, in [1e-12, 0.1]: root mean square of x relative to 1 + |x|, and of ln p in
    /// nats a dimension. Default 1e-4; Song et al. 2021 take 1e-5. Below about 1e-6 single precision is too coarse.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">The number is outside its range.</exception>
    public static FlowSolver DormandPrince(double tolerance = 1e-4)
    {
        if (!(tolerance >= 1e-12 && tolerance <= 0.1))
            throw new ArgumentOutOfRangeException(
                nameof(tolerance),
                tolerance,
                $"The tolerance must be in [1e-12, 0.1], not {tolerance.ToString(CultureInfo.InvariantCulture)}."
            );
        var name = string.Create(CultureInfo.InvariantCulture, $"Dormand–Prince 5(4), tolerance {tolerance}");
        return new FlowSolver(name, RungeKutta.DormandPrince, 0, tolerance);
    }

    /// <inheritdoc/>
    public override string ToString() => Name;

    private static FlowSolver Fixed(string name, RungeKutta table, int steps) =>
        steps is >= 1 and <= MostSteps
            ? new FlowSolver($"{name}, {steps} steps", table, steps, 0)
            : throw new ArgumentOutOfRangeException(
                nameof(steps),
                steps,
                $"The number of steps must be in 1 … {MostSteps}, not {steps}."
            );
}
