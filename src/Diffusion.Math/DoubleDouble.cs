namespace Diffusion.Math;

/// <summary>
/// A positive number of at most 1 as an unevaluated sum head + tail, times a power of two: about 106 bits, far below
/// the range of <c>double</c>. Just enough arithmetic to multiply many factors (1 − β).
/// </summary>
internal readonly struct DoubleDouble
{
    private const int Shift = 400;
    private static readonly double Small = double.ScaleB(1, -Shift);
    private static readonly double Large = double.ScaleB(1, Shift);

    private readonly double head;
    private readonly double tail;
    private readonly int exponent;

    private DoubleDouble(double head, double tail, int exponent)
    {
        this.head = head;
        this.tail = tail;
        this.exponent = exponent;
    }

    public static DoubleDouble One => new(1, 0, 0);

    /// <summary>The number, correctly rounded.</summary>
    public double Value => exponent == 0 ? head : double.ScaleB(head, exponent);

    /// <summary>What <see cref="Value"/> leaves out.</summary>
    public double Tail => exponent == 0 ? tail : double.ScaleB(tail, exponent);

    /// <summary>1 minus the number; exact in the head, so that no digits cancel.</summary>
    public double OneMinus => exponent == 0 ? 1 - head - tail : 1;

    /// <summary>Its square root: the exponent is always even.</summary>
    public double Root => exponent == 0 ? double.Sqrt(head) : double.ScaleB(double.Sqrt(head), exponent / 2);

    public DoubleDouble TimesOneMinus(WideDouble beta)
    {
        // factor + rest is 1 − β exactly but for the last addition, since β ≤ 1.
        double factor = 1 - beta.Head;
        return Times(factor, 1 - factor - beta.Head - beta.Tail);
    }

    /// <summary>The product with factor + rest, the second far smaller than the first.</summary>
    public DoubleDouble Times(double factor, double rest)
    {
        double product = head * factor;
        double error = double.FusedMultiplyAdd(head, factor, -product) + ((head * rest) + (tail * factor));
        double sum = product + error;
        error -= sum - product;
        return sum < Small && sum > 0
            ? new DoubleDouble(sum * Large, error * Large, exponent - Shift)
            : new DoubleDouble(sum, error, exponent);
    }
}
