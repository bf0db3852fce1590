namespace Diffusion.Properties.Support;

/// <summary>Seeded draws from N(0, 1).</summary>
internal sealed class Draws(int seed)
{
    private readonly Random random = new(seed);

    /// <summary>Box and Muller's transform, one of its two results.</summary>
    public double Normal() =>
        double.Sqrt(-2 * double.Log(1 - random.NextDouble())) * double.CosPi(2 * random.NextDouble());

    public double[] Normals(int count)
    {
        double[] values = new double[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = Normal();
        }

        return values;
    }
}
