using static TorchSharp.torch;

namespace Diffusion.Nn;

/// <summary>The element types that safetensors files and libtorch share.</summary>
internal static class SafetensorsDType
{
    private static readonly (string Name, ScalarType Type, int Size)[] All =
    [
        ("F64", ScalarType.Float64, 8),
        ("F32", ScalarType.Float32, 4),
        ("F16", ScalarType.Float16, 2),
        ("BF16", ScalarType.BFloat16, 2),
        ("I64", ScalarType.Int64, 8),
        ("I32", ScalarType.Int32, 4),
        ("I16", ScalarType.Int16, 2),
        ("I8", ScalarType.Int8, 1),
        ("U8", ScalarType.Byte, 1),
        ("BOOL", ScalarType.Bool, 1),
    ];

    internal static string Known => string.Join(", ", All.Select(d => d.Name));

    internal static bool TryParse(string name, out ScalarType type)
    {
        var index = Array.FindIndex(All, d => d.Name == name);
        type = index < 0 ? default : All[index].Type;
        return index >= 0;
    }

    internal static int SizeOf(ScalarType type) => Find(type).Size;

    internal static string NameOf(ScalarType type) => Find(type).Name;

    internal static bool IsReal(ScalarType type) =>
        type is ScalarType.Float64 or ScalarType.Float32 or ScalarType.Float16 or ScalarType.BFloat16;

    private static (string Name, ScalarType Type, int Size) Find(ScalarType type) =>
        Array.Find(All, d => d.Type == type) is { Size: > 0 } found
            ? found
            : throw new ArgumentException($"Tensors of {type} can't be saved; possible are {Known}.");
}
