namespace TorchSharp;

/// <summary>What lies beyond the edge of an image.</summary>
public enum PaddingModes
{
    Zeros = 0,
    Reflect = 1,
    Replicate = 2,
    Circular = 3,
    Constant = 4,
}
