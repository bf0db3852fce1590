using static TorchSharp.torch;

namespace Diffusion.Nn;

/// <summary>What a UNet carries from block to block beside the feature maps, in one run.</summary>
/// <param name="time">Time embedding, classes included, [B, TimeChannels].</param>
/// <param name="activatedTime">act(time), which nearly all blocks want; computed once.</param>
public sealed class UNetState(Tensor time, Tensor activatedTime)
{
    /// <summary>Time embedding, classes included, [B, TimeChannels].</summary>
    public Tensor Time { get; } = time;

    /// <summary>act(<see cref="Time"/>), [B, TimeChannels].</summary>
    public Tensor ActivatedTime { get; } = activatedTime;

    /// <summary>States of the way down, the latest on top, null where a block keeps its own to itself. What is on it
    /// belongs to it; who takes one off frees it.</summary>
    public Stack<Tensor?> Skips { get; } = new();

    /// <summary>The image beside the feature maps: on the way down the input at the size reached, on the way up the
    /// sum of the images drawn so far; null for none.</summary>
    public Tensor? Image { get; private set; }

    /// <summary>Frees the image beside the feature maps and puts another in its place.</summary>
    /// <param name="image">The new one, which then belongs to this state.</param>
    public void ReplaceImage(Tensor? image)
    {
        Image?.Dispose();
        Image = image;
    }
}
