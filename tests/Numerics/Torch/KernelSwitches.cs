#if SYSTEM_ENGINE
using Diffusion.Engine;
using TorchSharp;

namespace Diffusion.Numerics.Torch;

/// <summary>Runs with one instruction set's kernels, and puts everything back.</summary>
internal sealed class KernelSwitches : IDisposable
{
    private readonly string _set = Kernels.InstructionSet;
    private readonly (bool, bool, bool, bool, bool) _on = On;

    internal KernelSwitches(string set)
    {
        Kernels.InstructionSet = set;
        On = (true, true, true, true, true);
    }

    /// <summary>The instruction sets that this processor has kernels for.</summary>
    internal static IReadOnlyList<string> Sets { get; } = [.. new[] { "amx", "avx512", "avx2", "generic" }.Where(Runs)];

    /// <summary>The result with plain operators.</summary>
    internal static T Plainly<T>(Func<T> compute)
    {
        var before = On;
        On = (false, false, false, false, false);
        try
        {
            return compute();
        }
        finally
        {
            On = before;
        }
    }

    public void Dispose() => (Kernels.InstructionSet, On) = (_set, _on);

    private static (bool Attention, bool GroupNorm, bool Convolution, bool Winograd, bool Optimizer) On
    {
        get => (Kernels.Attention, Kernels.GroupNorm, Kernels.Convolution, Kernels.Winograd, Kernels.Optimizer);
        set => (Kernels.Attention, Kernels.GroupNorm, Kernels.Convolution, Kernels.Winograd, Kernels.Optimizer) = value;
    }

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
