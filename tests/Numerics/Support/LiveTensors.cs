using TorchSharp;

namespace Diffusion.Numerics;

/// <summary>Counts tensors, undisturbed by finalizers of what earlier tests left behind.</summary>
internal static class LiveTensors
{
    /// <summary>Collects all garbage first, so that the number only counts what is still held.</summary>
    internal static long Count()
    {
        // Twice: a finalizer may drop the last reference to something that has a finalizer itself.
        for (var i = 0; i < 2; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
        GC.Collect();
        return torch.Tensor.TotalCount;
    }

    /// <summary>Skips a test that makes parameters where the count can't be compared afterwards.</summary>
    internal static void SkipWhereParametersStayCounted() =>
        EngineUnderTest.SkipOnTorchSharp("a tensor that becomes a parameter stays counted");
}
