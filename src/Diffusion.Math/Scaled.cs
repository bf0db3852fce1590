namespace Diffusion.Math;

/// <summary>
/// A number as fraction·2^exponent: products and quotients neither overflow nor underflow on the way to a result that is
/// a <c>double</c> again, and are rounded as those of <c>double</c> are.
/// </summary>
internal readonly record struct Scaled
{
    private readonly double fraction;
    private readonly int exponent;

    private Scaled(double fraction, int exponent)
    {
        this.fraction = fraction;
        this.exponent = exponent;
    }

    /// <summary>The nearest <c>double</c>; infinite or 0 where it leaves its range.</summary>
    public double Value => double.ScaleB(fraction, exponent);

    public bool IsZero => fraction == 0;

    public static implicit operator Scaled(double value)
    {
        if (value == 0)
        {
            return default;
        }

        int exponent = double.ILogB(value);
        return new Scaled(double.ScaleB(value, -exponent), exponent);
    }

    public static Scaled operator *(Scaled a, Scaled b) => new(a.fraction * b.fraction, a.exponent + b.exponent);

    public static Scaled operator /(Scaled a, Scaled b) => new(a.fraction / b.fraction, a.exponent - b.exponent);

    public static Scaled operator +(Scaled a, Scaled b)
    {
        if (a.IsZero || b.IsZero)
        {
            return a.IsZero ? b : a;
        }

        return a.exponent >= b.exponent
            ? new Scaled(a.fraction + double.ScaleB(b.fraction, b.exponent - a.exponent), a.exponent)
            : b + a;
    }
}
