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
    /// <param name="xt">The noisy state.</param>
    /// <param name="output">The network's answer at it.</param>
    public double Apply(double xt, double output) => (XtCoefficient * xt) + (ModelCoefficient * output);
}
