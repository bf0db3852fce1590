using Diffusion.Nn;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>The classes of a batch of samples, as a network takes them.</summary>
internal static class ClassLabels
{
    /// <summary>The numbers [B]; null for a network without classes.</summary>
    /// <param name="network">The network's config.</param>
    /// <param name="classes">B of them or one for all; null goes round the classes.</param>
    /// <param name="count">B.</param>
    /// <param name="first">Number of the first sample, from 0.</param>
    /// <exception cref="ArgumentException">The classes don't fit the network or the batch.</exception>
    internal static Tensor? Of(UNet2DConfig network, IReadOnlyList<long>? classes, int count, long first)
    {
        if (!network.HasClasses)
            return classes is null
                ? null
                : throw new ArgumentException("classes: this network knows no classes; leave them out.");
        if (network.ClassEmbedType == ClassEmbedType.Identity)
            throw new ArgumentException(
                "This network takes embeddings in place of class numbers; call it yourself (GaussianDiffusion.Sample)."
            );
        // With class embeddings of the timestep kind any number will do, so that there is no round to go.
        var known = network.ClassEmbedType is null ? network.NumClassEmbeds : null;
        var round = NullLabel.ClassesBeside(network);
        if (classes is null)
            return round is { } all
                ? tensor(Enumerable.Range(0, count).Select(i => (first + i) % all).ToArray())
                : throw new ArgumentException("classes: this network needs a number for each sample; give them.");
        if (classes.Count != 1 && classes.Count != count)
            throw new ArgumentException(
                $"classes: there are {classes.Count} for {count} samples; give one or {count}."
            );
        foreach (var label in classes)
            if (label < 0 || label >= (known ?? long.MaxValue))
                throw new ArgumentException(
                    $"classes: {label} is not a class of this network; it must be in 0 … {(known ?? long.MaxValue) - 1}."
                );
        return tensor(Enumerable.Range(0, count).Select(i => classes[classes.Count == 1 ? 0 : i]).ToArray());
    }
}
