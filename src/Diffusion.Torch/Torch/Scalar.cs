using System.Numerics;
using TorchSharp.Interop;

namespace TorchSharp;

/// <summary>A number of some type, as an argument of operators.</summary>
public sealed class Scalar : IDisposable
{
    internal Scalar(torch.ScalarType type, long value)
        : this(type, type == torch.ScalarType.Bool ? Tag.Bool : Tag.Int, value) { }

    internal Scalar(torch.ScalarType type, double value)
        : this(type, Tag.Double, BitConverter.DoubleToInt64Bits(value)) { }

    internal Scalar(torch.ScalarType type, Complex value)
        : this(type, Tag.Complex, 0) => Complex = value;

    private Scalar(torch.ScalarType type, Tag tag, long bits)
    {
        Type = type;
        Tag = tag;
        Bits = bits;
    }

    public torch.ScalarType Type { get; }

    internal Tag Tag { get; }

    internal long Bits { get; }

    internal Complex Complex { get; }

    internal bool IsComplex => Tag == Tag.Complex;

    internal double Double =>
        Tag switch
        {
            Tag.Double => BitConverter.Int64BitsToDouble(Bits),
            Tag.Complex => Complex.Real,
            _ => Bits,
        };

    internal long Long => Tag is Tag.Int or Tag.Bool ? Bits : (long)Double;

    /// <summary>Does nothing: a scalar owns nothing.</summary>
    public void Dispose() { }

    public static implicit operator Scalar(byte value) => value.ToScalar();

    public static implicit operator Scalar(sbyte value) => value.ToScalar();

    public static implicit operator Scalar(short value) => value.ToScalar();

    public static implicit operator Scalar(int value) => value.ToScalar();

    public static implicit operator Scalar(long value) => value.ToScalar();

    public static implicit operator Scalar(Half value) => value.ToScalar();

    public static implicit operator Scalar(float value) => value.ToScalar();

    public static implicit operator Scalar(double value) => value.ToScalar();

    public static implicit operator Scalar(bool value) => value.ToScalar();

    public static implicit operator Scalar((float, float) value) => value.ToScalar();

    public static implicit operator Scalar(Complex value) => value.ToScalar();
}
