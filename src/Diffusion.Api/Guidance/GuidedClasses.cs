using Diffusion.Nn;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>Refuses labels that a network doesn't have.</summary>
internal static class GuidedClasses
{
    internal static void Check(UNet2D network, Tensor labels)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(labels);
        if (labels.dim() != 1 || labels.numel() == 0 || labels.dtype != ScalarType.Int64)
            throw new ArgumentException(
                $"labels must be 64-bit integers [B], but are {labels.dtype} [{string.Join(", ", labels.shape)}].",
                nameof(labels)
            );
        using var scope = NewDisposeScope();
        Check(network, labels.min().ToInt64(), nameof(labels));
        Check(network, labels.max().ToInt64(), nameof(labels));
    }

    internal static void Check(UNet2D network, long label, string name)
    {
        if (!network.Config.HasClasses)
            throw new ArgumentException(
                "The network was trained without classes, so there is nothing to guide it by; train one with classes, "
                    + "or guide it by a score.",
                nameof(network)
            );
        if (network.Config.NumClassEmbeds is not { } count)
            throw new ArgumentException(
                "The network's classes are vectors, not numbers; guide it with two denoisers of its own.",
                nameof(network)
            );
        if (label < 0 || label >= count)
            throw new ArgumentOutOfRangeException(
                name,
                label,
                $"{name} must be in 0 … {count - 1}, the network's classes, but one is {label}."
            );
    }
}
