namespace Diffusion.Properties.Support;

/// <summary>Derivatives by differences, for functions that are checked against their own.</summary>
internal static class Differences
{
    /// <summary>∂f/∂x_i by central differences of sixth order.</summary>
    public static double Slope(Func<double[], double> value, double[] x, int i)
    {
        const double H = 2e-3;
        double at(double step)
        {
            double[] moved = [.. x];
            moved[i] += step;
            return value(moved);
        }

        double near = at(H) - at(-H);
        double middle = at(2 * H) - at(-2 * H);
        double far = at(3 * H) - at(-3 * H);
        return ((45 * near) - (9 * middle) + far) / (60 * H);
    }
}
