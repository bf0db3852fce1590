using System.Buffers.Binary;
using System.Text;

namespace Diffusion.Numerics.Nn;

/// <summary>Safetensors files made by hand.</summary>
internal static class SafetensorsFiles
{
    internal static byte[] Bytes(string header, ReadOnlySpan<byte> data)
    {
        var json = Encoding.UTF8.GetBytes(header);
        var bytes = new byte[8 + json.Length + data.Length];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, json.Length);
        json.CopyTo(bytes, 8);
        data.CopyTo(bytes.AsSpan(8 + json.Length));
        return bytes;
    }

    /// <summary>A file whose data is a hole: of any length, but without blocks on the disk.</summary>
    internal static void WriteSparse(string path, string header, long dataLength)
    {
        var bytes = Bytes(header, []);
        using var file = new FileStream(path, FileMode.Create);
        file.Write(bytes);
        file.SetLength(bytes.Length + dataLength);
    }

    internal static string Entry(string name, string type, string shape, long begin, long end) =>
        $$"""
            "{{name}}":{"dtype":"{{type}}","shape":{{shape}},"data_offsets":[{{begin}},{{end}}]}
            """;
}
