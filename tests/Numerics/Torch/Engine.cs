using TorchSharp;

namespace Diffusion.Numerics.Torch;

/// <summary>Which of the two engines the tests run on.</summary>
internal static class Engine
{
    /// <summary>Whether it is Diffusion.Torch, rather than TorchSharp itself.</summary>
    internal static bool IsOurs => typeof(torch).Assembly.GetName().Name == "Diffusion.Torch";
}
