using System.Runtime.InteropServices;

namespace TorchSharp.Interop;

/// <summary>What a <see cref="Cell"/> holds; the numbers are the bridge's.</summary>
internal enum Tag
{
    None = 0,
    Tensor = 1,
    Int = 2,
    Double = 3,
    Bool = 4,
    Complex = 5,
    Ints = 6,
    Doubles = 7,
    Tensors = 8,
    OptionalTensors = 9,
    Device = 10,
    Generator = 11,
    String = 12,
    Slice = 13,
    Ellipsis = 14,
}

/// <summary>One argument or result as the bridge sees it.</summary>
[StructLayout(LayoutKind.Explicit, Size = 24)]
internal struct Cell
{
    [FieldOffset(0)]
    public Tag Tag;

    [FieldOffset(4)]
    public int Count;

    [FieldOffset(8)]
    public long Integer;

    [FieldOffset(8)]
    public double Real;

    [FieldOffset(8)]
    public nint Pointer;

    [FieldOffset(16)]
    public double Imaginary;
}
