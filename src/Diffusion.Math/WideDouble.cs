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

    /// <summary>The difference, for |a| ≥ |b| or both within a factor of 2.</summary>
    public static WideDouble operator -(WideDouble a, WideDouble b)
    {
        double difference = a.Head - b.Head;
        double error = a.Head - difference - b.Head;
        return Normal(difference, error + (a.Tail - b.Tail));
    }

    public static WideDouble operator *(WideDouble a, WideDouble b)
    {
        double product = a.Head * b.Head;
        double error = double.FusedMultiplyAdd(a.Head, b.Head, -product);
        return Normal(product, error + ((a.Head * b.Tail) + (a.Tail * b.Head)));
    }

    public static WideDouble operator /(WideDouble a, WideDouble b)
    {
        double quotient = a.Head / b.Head;
        WideDouble rest = a - (b * quotient);
        return Normal(quotient, rest.Head / b.Head);
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
