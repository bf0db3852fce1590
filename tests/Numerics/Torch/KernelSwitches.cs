#if SYSTEM_ENGINE
using TorchSharp;

namespace Diffusion.Numerics.Torch;

/// <summary>Runs with one instruction set's kernels, and puts everything back.</summary>
internal sealed class KernelSwitches : IDisposable
{
    private readonly (string Set, bool Attention, bool GroupNorm) _before = (
        Kernels.InstructionSet,
        Kernels.Attention,
        Kernels.GroupNorm
    );

    internal KernelSwitches(string set)
    {
        Kernels.InstructionSet = set;
        (Kernels.Attention, Kernels.GroupNorm) = (true, true);
    }

    /// <summary>The instruction sets that this processor has kernels for.</summary>
    internal static IReadOnlyList<string> Sets { get; } = [.. new[] { "avx512", "avx2", "generic" }.Where(Runs)];

    /// <summary>The result with plain operators.</summary>
    internal static T Plainly<T>(Func<T> compute)
    {
        var before = (Kernels.Attention, Kernels.GroupNorm);
        (Kernels.Attention, Kernels.GroupNorm) = (false, false);
        try
        {
            return compute();
        }
        finally
        {
            (Kernels.Attention, Kernels.GroupNorm) = before;
        }
    }

    public void Dispose() =>
        (Kernels.InstructionSet, Kernels.Attention, Kernels.GroupNorm) = (
            _before.Set,
            _before.Attention,
            _before.GroupNorm
        );

    private static bool Runs(string set)
    {
        var before = Kernels.InstructionSet;
        try
        {
            Kernels.InstructionSet = set;
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
        finally
        {
            Kernels.InstructionSet = before;
        }
    }
}
#endif
