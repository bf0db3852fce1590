using System.Runtime.InteropServices;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Numerics;

/// <summary>A pipe with a name, which a reader waits at for ever.</summary>
internal static class NamedPipe
{
    private const uint ReadWrite = 0x1A4;

    /// <summary>Puts a pipe in a file's place.</summary>
    internal static void Make(string path)
    {
        Assume.That(OperatingSystem.IsLinux());
        File.Delete(path);
        mkfifo(path, ReadWrite).Should().Be(0);
    }

    [DllImport("libc")]
    private static extern int mkfifo([MarshalAs(UnmanagedType.LPUTF8Str)] string path, uint mode);
}
