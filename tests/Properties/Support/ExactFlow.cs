using Diffusion.Math;
using MathNet.Numerics;

namespace Diffusion.Properties.Support;

/// <summary>
/// The exact solution of the probability-flow ODE for a mixture on a line: the flow keeps the order of points, so a
/// state's share of the probability below it never changes. No solver is involved.
/// </summary>
internal sealed class ExactFlow(GaussianMixture mixture)
{
    /// <summary>Weights .3 and .7, means −1 and .6, deviations .25 and .4.</summary>
    public static GaussianMixture Data { get; } =
        GaussianMixture.Of((0.3, new Gaussian(-1, 0.0625)), (0.7, new Gaussian(0.6, 0.16)));

    /// <summary>Where the flow takes a state from one level to another.</summary>
    public double Move(double x, NoiseLevel from, NoiseLevel to)
    {
        double share = Below(x, from);
        double low = -10 * (to.Alpha + to.Sigma);
        double high = -low;
        // To the last bit: 2^-60 of the interval is less than that.
        for (int i = 0; i < 100; i++)
        {
            double middle = (low + high) / 2;
            (low, high) = Below(middle, to) < share ? (middle, high) : (low, middle);
        }

        return (low + high) / 2;
    }

    private double Below(double x, NoiseLevel level)
    {
        GaussianMixture noisy = mixture.At(level);
        double sum = 0;
        for (int k = 0; k < noisy.Weights.Length; k++)
        {
            Gaussian part = noisy.Parts[k].Components[0];
            sum +=
                noisy.Weights[k]
                * SpecialFunctions.Erfc((part.Mean - x) / (part.StandardDeviation * Constants.Sqrt2))
                / 2;
        }

        return sum;
    }
}
