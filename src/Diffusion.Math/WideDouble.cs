namespace Diffusion.Math;

/// <summary>
/// A number as an unevaluated sum head + tail, about 106 bits with the range of <c>double</c>. Where a difference
/// cancels, its head is still right to the last bit.
/// </summary>
/// <remarks>
/// <see cref="DoubleDouble"/> is the same with a longer exponent, for products alone. The operations are Dekker's
/// (Hida, Li and Bailey 2001).
/// </remarks>
internal readonly record struct WideDouble(double Head, double Tail)
{
    public static WideDouble One => new(1, 0);

    public static implicit operator WideDouble(double value) => new(value, 0);

    /// <summary>The sum, to 2⁻¹⁰⁵ of the greater number: where two cancel, that is what is left.</summary>
    public static WideDouble operator +(WideDouble a, WideDouble b)
    {
        double sum = a.Head + b.Head;
        double part = sum - a.Head;
        double error = a.Head - (sum - part) + (b.Head - part);
        return Normal(sum, error + (a.Tail + b.Tail));
    }

    public static WideDouble operator -(WideDouble a, WideDouble b) => a + -b;

    public static WideDouble operator -(WideDouble a) => new(-a.Head, -a.Tail);

    public static WideDouble operator *(WideDouble a, WideDouble b)
    {
        double product = a.Head * b.Head;
        double error = double.FusedMultiplyAdd(a.Head, b.Head, -product);
        return Normal(product, error + ((a.Head * b.Tail) + (a.Tail * b.Head)));
    }

    public static WideDouble operator /(WideDouble a, WideDouble b)
    {
        double quotient = a.Head / b.Head;
        // What is left of the heads is a double, without rounding.
        double rest = double.FusedMultiplyAdd(-quotient, b.Head, a.Head) + (a.Tail - (quotient * b.Tail));
        return Normal(quotient, rest / b.Head);
    }

    public WideDouble Root()
    {
        if (Head == 0)
        {
            return this;
        }

        double root = double.Sqrt(Head);
        double rest = double.FusedMultiplyAdd(-root, root, Head) + Tail;
        return Normal(root, rest / (2 * root));
    }

    private static WideDouble Normal(double head, double tail)
    {
        double sum = head + tail;
        return new WideDouble(sum, tail - (sum - head));
    }
}
