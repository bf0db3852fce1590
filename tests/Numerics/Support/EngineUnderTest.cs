using Diffusion.Api;
using NUnit.Framework;
using TorchSharp;

namespace Diffusion.Numerics;

/// <summary>Which of the two engines the tests run on.</summary>
internal static class EngineUnderTest
{
    /// <summary>Whether it is Diffusion.Torch, rather than TorchSharp itself.</summary>
    internal static bool IsOurs => typeof(torch).Assembly.GetName().Name == "Diffusion.Torch";

    /// <summary>
    /// Whether its libtorch is the one that the recordings are from. Another one's float32 exponential, in attention's
    /// softmax, rounds otherwise, which float64 outputs show from the eighth digit on.
    /// </summary>
    internal static bool RoundsAsRecorded => torch.__version__.StartsWith("1.13", StringComparison.Ordinal);

    /// <summary>The tolerances that recordings are verified to: 1e-9 in float64 wherever that can be.</summary>
    internal static VerificationTolerances Tolerances => new() { Float64 = RoundsAsRecorded ? 1e-9 : null };

    /// <summary>Skips a test that says what TorchSharp itself doesn't do.</summary>
    /// <param name="why">What TorchSharp does instead.</param>
    internal static void SkipOnTorchSharp(string why)
    {
        if (!IsOurs)
        {
            Assert.Ignore($"On TorchSharp itself: {why}");
        }
    }
}
