using static TorchSharp.torch;

namespace Diffusion.Nn;

/// <summary>The element types of the safetensors format, and those among them that are tensors' types too.</summary>
internal static class SafetensorsDType
{
    // In the reference's order, by which its writer sorts: narrow ones first.
    private static readonly (string Name, int Bits, ScalarType? Type)[] All =
    [
        ("BOOL", 8, ScalarType.Bool),
        ("F4", 4, null),
        ("F6_E2M3", 6, null),
        ("F6_E3M2", 6, null),
        ("U8", 8, ScalarType.Byte),
        ("I8", 8, ScalarType.Int8),
        ("F8_E5M2", 8, null),
        ("F8_E4M3", 8, null),
        ("F8_E8M0", 8, null),
        ("F8_E4M3FNUZ", 8, null),
        ("F8_E5M2FNUZ", 8, null),
        ("I16", 16, ScalarType.Int16),
        ("U16", 16, null),
        ("F16", 16, ScalarType.Float16),
        ("BF16", 16, ScalarType.BFloat16),
        ("I32", 32, ScalarType.Int32),
        ("U32", 32, null),
        ("F32", 32, ScalarType.Float32),
        ("C64", 64, null),
        ("F64", 64, ScalarType.Float64),
        ("I64", 64, ScalarType.Int64),
        ("U64", 64, null),
    ];

    /// <summary>The names of all types of the format.</summary>
    internal static string Known => string.Join(", ", All.Select(d => d.Name));

    /// <summary>The names of those that tensors can have.</summary>
    internal static string Tensors => string.Join(", ", All.Where(d => d.Type is not null).Select(d => d.Name));

    /// <summary>Bits of one element; null for a name that isn't in the format.</summary>
    internal static int? BitsOf(string name) =>
        Array.Find(All, d => d.Name == name) is { Bits: > 0 } found ? found.Bits : null;

    /// <summary>The tensors' type of that name; null where they have none.</summary>
    internal static ScalarType? TypeOf(string name) => Array.Find(All, d => d.Name == name).Type;

    internal static int SizeOf(ScalarType type) => All[IndexOf(type)].Bits / 8;

    internal static string NameOf(ScalarType type) => All[IndexOf(type)].Name;

    /// <summary>Place in the reference writer's order.</summary>
    internal static int RankOf(ScalarType type) => IndexOf(type);

    /// <summary>Whether it is a floating-point type that converts to every other such type.</summary>
    internal static bool IsReal(ScalarType? type) =>
        type is ScalarType.Float64 or ScalarType.Float32 or ScalarType.Float16 or ScalarType.BFloat16;

    private static int IndexOf(ScalarType type)
    {
        var index = Array.FindIndex(All, d => d.Type == type);
        return index >= 0
            ? index
            : throw new ArgumentException($"Tensors of {type} can't be saved; possible are {Tensors}.");
    }
}
