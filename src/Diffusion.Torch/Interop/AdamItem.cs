using System.Runtime.InteropServices;

namespace TorchSharp.Interop;

/// <summary>One parameter's step of Adam, as optimizer.cpp reads it: handles, whether there was a gradient, and the
/// rule's numbers at this step.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct AdamItem
{
    public nint Parameter;
    public nint First;
    public nint Second;
    public long HadGradient;

    /// <summary>What the parameter is multiplied by before the step.</summary>
    public double Decay;

    /// <summary>How much of the parameter is added to its gradient.</summary>
    public double Pull;

    /// <summary>−1 to go up, else 1.</summary>
    public double Sign;

    public double Beta1;
    public double Beta2;
    public double Epsilon;

    /// <summary>√(1−β₂ᵗ)</summary>
    public double Correction;

    /// <summary>lr/(1−β₁ᵗ)</summary>
    public double Rate;
}
