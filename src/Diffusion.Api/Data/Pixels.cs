using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>The one place where 8-bit pixels become network values in [−1, 1] and back: 0 ↔ −1, 255 ↔ 1.</summary>
public static class Pixels
{
    private const double HalfRange = 127.5;

    private static readonly float[] Values = [.. Enumerable.Range(0, 256).Select(b => (float)(b / HalfRange - 1))];

    /// <summary>The network value of an 8-bit pixel.</summary>
    /// <param name="pixel">0 … 255.</param>
    public static float ToValue(byte pixel) => Values[pixel];

    /// <summary>Network values as 8-bit pixels: clamped to [−1, 1] and rounded to the nearest.</summary>
    /// <param name="images">Any shape, any floating type, any device.</param>
    /// <returns>The bytes in row-major order.</returns>
    public static byte[] ToBytes(Tensor images)
    {
        ArgumentNullException.ThrowIfNull(images);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var pixels = images.detach().cpu().to_type(ScalarType.Float32).clamp(-1, 1).add(1).mul(HalfRange).round();
        return pixels.to_type(ScalarType.Byte).contiguous().data<byte>().ToArray();
    }
}
