using System.Globalization;
using System.Numerics;
using static TorchSharp.torch;

namespace TorchSharp;

/// <summary>Tensors from arrays, numbers from tensors, and text.</summary>
public static class TensorExtensionMethods
{
    /// <summary>A tensor with these dimensions and a copy of the array's elements.</summary>
    public static Tensor ToTensor<T>(
        this T[] rawArray,
        long[] dimensions,
        bool doCopy = false,
        bool requires_grad = false
    )
    {
        ArgumentNullException.ThrowIfNull(rawArray);
        var flat = from_array(rawArray);
        using (flat)
        {
            return flat.reshape(dimensions).requires_grad_(requires_grad);
        }
    }

    /// <summary>A tensor without dimensions.</summary>
    public static Tensor ToTensor<T>(this T scalar, Device? device = null, bool requires_grad = false)
        where T : struct
    {
        var one = from_array(new[] { scalar }, device);
        using (one)
        {
            return one.reshape().requires_grad_(requires_grad);
        }
    }

    public static Half ToHalf(this Tensor value) => NotNull(value).ToScalar().ToHalf();

    public static float ToSingle(this Tensor value) => NotNull(value).ToScalar().ToSingle();

    public static double ToDouble(this Tensor value) => NotNull(value).ToScalar().ToDouble();

    public static sbyte ToSByte(this Tensor value) => NotNull(value).ToScalar().ToSByte();

    public static byte ToByte(this Tensor value) => NotNull(value).ToScalar().ToByte();

    public static short ToInt16(this Tensor value) => NotNull(value).ToScalar().ToInt16();

    public static int ToInt32(this Tensor value) => NotNull(value).ToScalar().ToInt32();

    public static long ToInt64(this Tensor value) => NotNull(value).ToScalar().ToInt64();

    public static bool ToBoolean(this Tensor value) => NotNull(value).ToScalar().ToBoolean();

    public static (float Real, float Imaginary) ToComplexFloat32(this Tensor value) =>
        NotNull(value).ToScalar().ToComplexFloat32();

    public static Complex ToComplexFloat64(this Tensor value) => NotNull(value).ToScalar().ToComplexFloat64();

    /// <summary>The bytes that one element takes.</summary>
    public static int ElementSize(this ScalarType type) =>
        type switch
        {
            ScalarType.Byte or ScalarType.Int8 or ScalarType.Bool => 1,
            ScalarType.Int16 or ScalarType.Float16 or ScalarType.BFloat16 => 2,
            ScalarType.Int32 or ScalarType.Float32 => 4,
            ScalarType.Int64 or ScalarType.Float64 or ScalarType.ComplexFloat32 => 8,
            ScalarType.ComplexFloat64 => 16,
            _ => throw new NotSupportedException($"There is no element type {type}."),
        };

    /// <summary>How many elements a tensor of this shape has.</summary>
    public static long TotalSize(this IEnumerable<long> shape) =>
        shape.Aggregate(1L, (product, size) => product * size);

    /// <summary>The tensor's type, shape and elements as text.</summary>
    public static string str(
        this Tensor tensor,
        string? fltFormat = null,
        int? width = null,
        string? newLine = null,
        CultureInfo? cultureInfo = null,
        TensorStringStyle style = TensorStringStyle.Default
    ) => NotNull(tensor).ToString(style, fltFormat, width, cultureInfo, newLine);

    /// <summary>Writes the tensor to the console, and returns it.</summary>
    public static Tensor print(
        this Tensor t,
        string? fltFormat = "g5",
        int? width = 100,
        string? newLine = null,
        CultureInfo? cultureInfo = null,
        TensorStringStyle style = TensorStringStyle.Default
    )
    {
        Console.WriteLine(NotNull(t).ToString(style, fltFormat, width, cultureInfo, newLine));
        return t;
    }
}
