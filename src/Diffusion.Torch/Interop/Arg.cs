using static TorchSharp.torch;

namespace TorchSharp.Interop;

/// <summary>
/// One argument of an operator before it is written down for the bridge: a reference, or the bits of a number.
/// Conversions are implicit, so that a call reads like the operator's own signature.
/// </summary>
internal readonly struct Arg
{
    public readonly object? Reference;
    public readonly long Bits;
    public readonly Tag Tag;

    private Arg(Tag tag, object? reference = null, long bits = 0)
    {
        Tag = tag;
        Reference = reference;
        Bits = bits;
    }

    public static Arg None => default;

    /// <summary>A tensor that may be left out.</summary>
    public static Arg Optional(Tensor? value) => value is null ? None : new Arg(Tag.Tensor, value);

    /// <summary>A number that may be left out.</summary>
    public static Arg Optional(Scalar? value) => value is null ? None : (Arg)value;

    /// <summary>Index tensors, of which some may be left out.</summary>
    public static Arg OptionalTensors(Tensor?[] value) => new(Tag.OptionalTensors, value);

    public static implicit operator Arg(Tensor value) => new(Tag.Tensor, value);

    public static implicit operator Arg(Tensor[] value) => new(Tag.Tensors, value);

    public static implicit operator Arg(long value) => new(Tag.Int, null, value);

    public static implicit operator Arg(int value) => new(Tag.Int, null, value);

    public static implicit operator Arg(double value) => new(Tag.Double, null, BitConverter.DoubleToInt64Bits(value));

    public static implicit operator Arg(bool value) => new(Tag.Bool, null, value ? 1 : 0);

    public static implicit operator Arg(long? value) => value is null ? None : (Arg)value.Value;

    public static implicit operator Arg(double? value) => value is null ? None : (Arg)value.Value;

    public static implicit operator Arg(bool? value) => value is null ? None : (Arg)value.Value;

    public static implicit operator Arg(ScalarType value) => (long)value;

    public static implicit operator Arg(ScalarType? value) => value is null ? None : (Arg)(long)value.Value;

    public static implicit operator Arg(long[]? value) => value is null ? None : new Arg(Tag.Ints, value);

    public static implicit operator Arg(ReadOnlySpan<long> value) => new(Tag.Ints, value.ToArray());

    public static implicit operator Arg(double[]? value) => value is null ? None : new Arg(Tag.Doubles, value);

    public static implicit operator Arg(string? value) => value is null ? None : new Arg(Tag.String, value);

    public static implicit operator Arg(Device? value) => value is null ? None : new Arg(Tag.Device, value);

    public static implicit operator Arg(Generator? value) => value is null ? None : new Arg(Tag.Generator, value);

    public static implicit operator Arg(Scalar value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return value.IsComplex ? new Arg(Tag.Complex, value) : new Arg(value.Tag, null, value.Bits);
    }
}
