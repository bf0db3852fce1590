using System.IO.MemoryMappedFiles;
using Microsoft.Win32.SafeHandles;

namespace Diffusion.Nn;

/// <summary>One open safetensors file: its header, its bytes copied or in the map.</summary>
/// <remarks>
/// Copies go through the file, not the map: where someone shortens the file in the meantime, reading it is an error,
/// while touching the map there ends the process. The map is only made once bytes are asked for in place.
/// </remarks>
internal sealed class SafetensorsShard : IDisposable
{
    private readonly SafeFileHandle _file;
    private readonly Lazy<MemoryMappedViewAccessor> _map;

    private SafetensorsShard(string path, SafeFileHandle file, SafetensorsHeader header)
    {
        Path = path;
        Header = header;
        _file = file;
        _map = new Lazy<MemoryMappedViewAccessor>(Map);
    }

    internal string Path { get; }

    internal SafetensorsHeader Header { get; }

    internal static SafetensorsShard Open(string path)
    {
        var file = RegularFile.Open(path);
        try
        {
            return new SafetensorsShard(path, file, SafetensorsHeader.Read(file, path));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Copies bytes of a tensor.</summary>
    /// <exception cref="InvalidDataException">The file became shorter.</exception>
    internal void Read(SafetensorsEntry entry, long start, Span<byte> destination)
    {
        if (!RegularFile.TryRead(_file, Header.DataStart + entry.Begin + start, destination))
            throw CutOff(entry);
    }

    /// <summary>Fills a contiguous tensor on the CPU.</summary>
    /// <exception cref="InvalidDataException">The file became shorter.</exception>
    internal void Read(SafetensorsEntry entry, TorchSharp.torch.Tensor destination)
    {
        if (!TensorBytes.TryRead(_file, Header.DataStart + entry.Begin, destination))
            throw CutOff(entry);
    }

    /// <summary>Bytes of a tensor in the map.</summary>
    /// <exception cref="InvalidDataException">The file became shorter.</exception>
    internal unsafe ReadOnlySpan<byte> Bytes(SafetensorsEntry entry, long start, int length)
    {
        if (length == 0)
            return [];
        if (RandomAccess.GetLength(_file) < Header.DataStart + Header.DataLength)
            throw CutOff(entry);
        var map = _map.Value;
        var begin = (byte*)map.SafeMemoryMappedViewHandle.DangerousGetHandle() + map.PointerOffset;
        return new ReadOnlySpan<byte>(begin + Header.DataStart + entry.Begin + start, length);
    }

    public void Dispose()
    {
        if (_map.IsValueCreated)
            _map.Value.Dispose();
        _file.Dispose();
    }

    private MemoryMappedViewAccessor Map()
    {
        // The view keeps what it needs of the map.
        using var map = MemoryMappedFile.CreateFromFile(
            _file,
            mapName: null,
            capacity: 0,
            MemoryMappedFileAccess.Read,
            HandleInheritability.None,
            leaveOpen: true
        );
        return map.CreateViewAccessor(0, Header.DataStart + Header.DataLength, MemoryMappedFileAccess.Read);
    }

    private InvalidDataException CutOff(SafetensorsEntry entry) =>
        new($"{Path}: '{FileText.Shown(entry.Name)}' is cut off: the file became shorter.");
}
