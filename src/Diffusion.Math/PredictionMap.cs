namespace Diffusion.Math;

/// <summary>
/// A conversion between predictions at one noise level: <c>XtCoefficient·x_t + ModelCoefficient·F</c>, where F is the
/// network's answer.
/// </summary>
/// <remarks>From <see cref="Prediction.To"/>. <c>default</c> is the constant 0.</remarks>
public readonly record struct PredictionMap
{
    internal PredictionMap(double xtCoefficient, double modelCoefficient)
    {
        XtCoefficient = xtCoefficient;
        ModelCoefficient = modelCoefficient;
    }

    /// <summary>Leaves the network's answer as it is: (0, 1).</summary>
    public static PredictionMap Identity { get; } = new(0, 1);

    /// <summary>Factor on the noisy state x_t.</summary>
    public double XtCoefficient { get; }

    /// <summary>Factor on the network's answer.</summary>
    public double ModelCoefficient { get; }

    /// <summary>The converted prediction.</summary>
    /// <param name="xt">The noisy state, finite.</param>
    /// <param name="output">The network's answer at it, finite.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is not finite.</exception>
    /// <exception cref="ArgumentException">The result is beyond the range of <c>double</c>.</exception>
    public double Apply(double xt, double output) =>
        Preconditions.Result((XtCoefficient * xt) + (ModelCoefficient * output), xt, output);
}
