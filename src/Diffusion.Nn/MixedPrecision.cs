using System.Runtime.Intrinsics.X86;
using static TorchSharp.torch;

namespace Diffusion.Nn;

/// <summary>
/// Convolutions of the blocks in bfloat16, everything else in float32: the first and last convolution, attention, norms,
/// activations, sums, and all weights and gradients, which are cast where they are used (Micikevicius et al. 2018; bfloat16
/// has float32's range, so that losses need no scaling).
/// </summary>
/// <remarks>On for a thread while the value that <see cref="Begin"/> gives lives. A backward pass needs nothing: it runs in
/// the types of its forward pass.</remarks>
internal static class MixedPrecision
{
    private const int ExtendedFeatures = 7;
    private const int AmxBf16 = 1 << 22;

    [ThreadStatic]
    private static int _depth;

    /// <summary>Whether it is on for this thread.</summary>
    internal static bool IsOn => _depth > 0;

    /// <summary>Whether the processor has AMX for bfloat16. Elsewhere, with AVX512_BF16 too, it would be slower than
    /// float32.</summary>
    internal static bool OnProcessor { get; } = HasInstructions();

    /// <summary>Turns it on, until the result is freed.</summary>
    internal static IDisposable Begin() => new Scope();

    /// <summary>Refuses a device that doesn't have it.</summary>
    /// <param name="device">Where to train. A GPU is taken at its word.</param>
    /// <param name="onProcessor">See <see cref="OnProcessor"/>.</param>
    /// <exception cref="PlatformNotSupportedException">The device is a processor without bfloat16.</exception>
    internal static void Require(Device device, bool onProcessor)
    {
        if (device.type == TorchSharp.DeviceType.CPU && !onProcessor)
            throw new PlatformNotSupportedException(
                "This processor has no AMX instructions for bfloat16, so that mixed precision would be slower than float32. "
                    + "Train in float32, which is the default."
            );
    }

    private static bool HasInstructions() =>
        X86Base.IsSupported
        && X86Base.CpuId(0, 0).Eax >= ExtendedFeatures
        && (X86Base.CpuId(ExtendedFeatures, 0).Edx & AmxBf16) != 0;

    private sealed class Scope : IDisposable
    {
        private bool _ended;

        internal Scope() => _depth++;

        public void Dispose()
        {
            if (!_ended)
                _depth--;
            _ended = true;
        }
    }
}
