using TorchSharp.Interop;

namespace Diffusion.Engine;

/// <summary>The memory of tensors on the CPU, which is kept for the next tensor of its size.</summary>
/// <remarks>
/// libtorch's own allocator returns large blocks to the kernel, which fills them with zeros at the next use. Can be
/// switched off, here or by <c>DIFFUSION_PLAIN=memory</c> in the environment.
/// </remarks>
public static unsafe class TensorMemory
{
    private static bool isKept;

    /// <summary>Whether freed memory is kept. Tensors that live keep theirs, however they got it.</summary>
    public static bool IsKept
    {
        get => isKept;
        set
        {
            Native.Check(Native.dt_use_keeping_allocator(value ? 1 : 0));
            isKept = value;
            if (!value)
                GiveBack();
        }
    }

    /// <summary>The most that is kept, in bytes; what is freed beyond goes back at once. At first half of the
    /// machine's.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Below 0.</exception>
    public static long Limit
    {
        get => Figures()[5];
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            Native.dt_memory_limit(value);
        }
    }

    /// <summary>Bytes of tensors, bytes kept for others, the most bytes of tensors at once, and how many blocks of
    /// 64 KiB and more came fresh and how many again.</summary>
    public static (long InUse, long Kept, long Peak, long Fresh, long Reused) Statistics =>
        Figures() is var f ? (f[0], f[1], f[2], f[3], f[4]) : default;

    /// <summary>Gives all that is kept back to the system.</summary>
    public static void GiveBack() => Native.dt_memory_give_back();

    private static long[] Figures()
    {
        var figures = new long[6];
        fixed (long* start = figures)
            Native.dt_memory(start);
        return figures;
    }
}
