using System.Numerics;
using static TorchSharp.torch;

namespace TorchSharp;

/// <summary>Scalars from numbers, and numbers from scalars.</summary>
public static class ScalarExtensionMethods
{
    public static Scalar ToScalar(this byte value) => new(ScalarType.Byte, (long)value);

    public static Scalar ToScalar(this sbyte value) => new(ScalarType.Int8, (long)value);

    public static Scalar ToScalar(this short value) => new(ScalarType.Int16, (long)value);

    public static Scalar ToScalar(this int value) => new(ScalarType.Int32, (long)value);

    public static Scalar ToScalar(this long value) => new(ScalarType.Int64, value);

    public static Scalar ToScalar(this float value) => new(ScalarType.Float32, (double)value);

    public static Scalar ToScalar(this double value) => new(ScalarType.Float64, value);

    public static Scalar ToScalar(this (float, float) value) =>
        new(ScalarType.ComplexFloat32, new Complex(value.Item1, value.Item2));

    public static Scalar ToScalar(this Complex value) => new(ScalarType.ComplexFloat64, value);

    public static Scalar ToScalar(this bool value) => new(ScalarType.Bool, value ? 1L : 0L);

    public static Scalar ToScalar(this Half value) => new(ScalarType.Float16, (double)value);

    public static Scalar ToBFloat16Scalar(this float value) => new(ScalarType.BFloat16, (double)value);

    public static Half ToHalf(this Scalar value) => (Half)value.Double;

    public static float ToSingle(this Scalar value) => (float)value.Double;

    public static double ToDouble(this Scalar value) => value.Double;

    public static sbyte ToSByte(this Scalar value) => checked((sbyte)value.Long);

    public static byte ToByte(this Scalar value) => checked((byte)value.Long);

    public static short ToInt16(this Scalar value) => checked((short)value.Long);

    public static int ToInt32(this Scalar value) => checked((int)value.Long);

    public static long ToInt64(this Scalar value) => value.Long;

    public static bool ToBoolean(this Scalar value) => value.ToComplexFloat64() != Complex.Zero;

    public static (float Real, float Imaginary) ToComplexFloat32(this Scalar value) =>
        value.IsComplex ? ((float)value.Complex.Real, (float)value.Complex.Imaginary) : ((float)value.Double, 0);

    public static Complex ToComplexFloat64(this Scalar value) =>
        value.IsComplex ? value.Complex : new Complex(value.Double, 0);
}
