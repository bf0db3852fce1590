using Diffusion.Math;
using Diffusion.Nn;
using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>What guides the samples of a <see cref="Pipeline"/>, and what they start at. Nothing by default. Immutable.</summary>
/// <remarks>For guidance by classifiers and losses run a plan on a denoiser, see <see cref="ScoreGuidance"/>.</remarks>
public sealed record SampleGuidance
{
    /// <summary>w of classifier-free guidance by the samples' classes; null for none.</summary>
    public GuidanceScale? Scale { get; init; }

    /// <summary>φ in [0, 1], see <see cref="ClassifierFree.Of(Denoiser, Denoiser, GuidanceScale, double)"/>. Default 0.</summary>
    public double Rescale { get; init; }

    /// <summary>
    /// The label to guide away from: a class that is to be avoided, or the null label. Null takes
    /// <see cref="NullLabel.Of"/>, which a network has that was trained with dropped labels here; for one of another
    /// library that has one name it, most often the last label.
    /// </summary>
    public long? Away { get; init; }

    /// <summary>
    /// An image to start at, [C, H, W] or [B, C, H, W] in [−1, 1], with as much noise as the plan's first level has (SDEdit);
    /// null starts at noise. Take a plan of less than full strength.
    /// </summary>
    public Tensor? Image { get; init; }

    /// <summary>
    /// An image of which a part is known, [C, H, W] or [B, C, H, W] in [−1, 1]; the rest is drawn (see
    /// <see cref="Inpainting"/>). Null draws all.
    /// </summary>
    public Tensor? Known { get; init; }

    /// <summary>Where <see cref="Known"/> is known: boolean, of a shape that broadcasts to it. Needed with it.</summary>
    public Tensor? Mask { get; init; }

    /// <summary>The label to guide away from.</summary>
    /// <exception cref="ArgumentException">None is named and the network has no null label, or none like it.</exception>
    internal long AwayFrom(UNet2D network)
    {
        GuidedClasses.Check(network, Away ?? 0, nameof(Away));
        return Away
            ?? NullLabel.Of(network.Config)
            ?? throw new ArgumentException(
                "guidance: the network's config records no null label (_null_class), so that each of its "
                    + $"{network.Config.NumClassEmbeds} labels may be a class: name the one to guide away from "
                    + $"({nameof(Away)}, --negative-class), or train with --label-dropout."
            );
    }

    /// <summary>Refuses what doesn't fit together, or the network.</summary>
    internal void Check(UNet2D network)
    {
        if (Scale is not null)
            _ = AwayFrom(network);
        else if (Rescale != 0 || Away is not null)
            throw new ArgumentException($"guidance: {nameof(Rescale)} and {nameof(Away)} need a {nameof(Scale)}.");
        if (Known is null != Mask is null)
            throw new ArgumentException($"guidance: {nameof(Known)} and {nameof(Mask)} belong together; give both.");
    }
}
