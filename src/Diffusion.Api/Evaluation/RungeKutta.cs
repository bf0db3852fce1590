using System.Collections.Immutable;

namespace Diffusion.Api;

/// <summary>An explicit Runge–Kutta method as its table (Butcher 1964).</summary>
/// <param name="Stages">Row i: the weights of stages 1 … i in the state that stage i + 1 is evaluated at.</param>
/// <param name="Weights">What the step takes of each stage.</param>
/// <param name="ErrorWeights">Weights less those of the embedded method; empty where there is none.</param>
/// <param name="Order">Its order of convergence.</param>
internal sealed record RungeKutta(
    ImmutableArray<ImmutableArray<double>> Stages,
    ImmutableArray<double> Weights,
    ImmutableArray<double> ErrorWeights,
    int Order
)
{
    /// <summary>Heun's method: the trapezoidal rule with a predicted end.</summary>
    internal static RungeKutta Heun { get; } =
        new(
            [
                [],
                [1],
            ],
            [1.0 / 2, 1.0 / 2],
            [],
            2
        );

    /// <summary>The classical method of order 4 (Kutta 1901).</summary>
    internal static RungeKutta Classical { get; } =
        new(
            [
                [],
                [1.0 / 2],
                [0, 1.0 / 2],
                [0, 0, 1],
            ],
            [1.0 / 6, 1.0 / 3, 1.0 / 3, 1.0 / 6],
            [],
            4
        );

    /// <summary>The pair of orders 5 and 4 of Dormand and Prince (1980), RK5(4)7M.</summary>
    internal static RungeKutta DormandPrince { get; } =
        new(
            [
                [],
                [1.0 / 5],
                [3.0 / 40, 9.0 / 40],
                [44.0 / 45, -56.0 / 15, 32.0 / 9],
                [19372.0 / 6561, -25360.0 / 2187, 64448.0 / 6561, -212.0 / 729],
                [9017.0 / 3168, -355.0 / 33, 46732.0 / 5247, 49.0 / 176, -5103.0 / 18656],
                [35.0 / 384, 0, 500.0 / 1113, 125.0 / 192, -2187.0 / 6784, 11.0 / 84],
            ],
            [35.0 / 384, 0, 500.0 / 1113, 125.0 / 192, -2187.0 / 6784, 11.0 / 84, 0],
            [71.0 / 57600, 0, -71.0 / 16695, 71.0 / 1920, -17253.0 / 339200, 22.0 / 525, -1.0 / 40],
            5
        );

    /// <summary>Where in the step a stage is evaluated, in [0, 1]: the sum of its row.</summary>
    internal double Node(int stage) => Stages[stage].Sum();
}
