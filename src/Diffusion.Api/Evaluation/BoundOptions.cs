using System.Globalization;

namespace Diffusion.Api;

/// <summary>How the variational bound is estimated. Immutable.</summary>
public sealed record BoundOptions
{
    /// <summary>
    /// K, the random times t = 2 … T for each image, besides t = 1 which every image gets; at least 1, default 8.
    /// </summary>
    public int TimesPerImage { get; init; } = 8;

    /// <summary>Every time t = 2 … T for every image in place of random ones; default false.</summary>
    public bool AllTimes { get; init; }

    /// <summary>What p(x₀ | x₁) is; default that of 8-bit images.</summary>
    public BoundDecoder Decoder { get; init; } = BoundDecoder.EightBit;

    /// <summary>
    /// The decoder's variance (not its logarithm), finite and &gt; 0; null for the default: a fixed variance's decoder
    /// has β̃₂, as in the code of Ho et al. 2020 (β₁ where T = 1), a learned one's has what the network answers
    /// at t = 1, as the training loss reads it: at least β̃₂, a learned range between β̃₂ and β₁ (Nichol and Dhariwal 2021).
    /// </summary>
    public double? DecoderVariance { get; init; }

    /// <summary>Images a network call; at least 1, default 64. Without effect on the numbers, up to rounding.</summary>
    public int BatchSize { get; init; } = 64;

    /// <summary>Fixes noise and times. Those of an image depend on its number, not on its batch; default 0.</summary>
    public ulong Seed { get; init; }

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(TimesPerImage, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(BatchSize, 1);
        if (!Enum.IsDefined(Decoder))
            throw new ArgumentOutOfRangeException(nameof(Decoder), Decoder, $"{Decoder} is not a decoder.");
        if (DecoderVariance is { } variance && !(variance > 0 && double.IsFinite(variance)))
            throw new ArgumentOutOfRangeException(
                nameof(DecoderVariance),
                variance,
                $"The decoder's variance must be a finite number above 0, not {variance.ToString(CultureInfo.InvariantCulture)}."
            );
    }
}
