namespace Diffusion.Nn;

/// <summary>What a <see cref="UNet2DConfig"/> must keep to.</summary>
internal static class UNet2DConfigRules
{
    // An image can't be halved more often than its size has bits.
    private const int MostBlocks = 31;

    // Many times those of any network; what is checked below walks through each of them.
    private const int MostLayers = 1000;

    internal static void Check(UNet2DConfig c)
    {
        CheckBlocks(c);
        AtLeastOne("in_channels", c.InChannels);
        AtLeastOne("out_channels", c.OutChannels);
        Require(c.Dropout is >= 0 and <= 1, "dropout", c.Dropout, "in [0, 1]");
        Require(c.NormEps >= 0 && double.IsFinite(c.NormEps), "norm_eps", c.NormEps, "at least 0");
        Require(
            c.MidBlockScaleFactor != 0 && double.IsFinite(c.MidBlockScaleFactor),
            "mid_block_scale_factor",
            c.MidBlockScaleFactor,
            "a finite number other than 0"
        );
        CheckPadding(c);
        UNet2DNormRules.Check(c);
        CheckAttention(c);
        UNet2DFlow.Check(c);
        CheckTime(c);
        if (c.NumClassEmbeds is { } classes)
            AtLeastOne("num_class_embeds", classes);
        if (c.SampleSize is { } size)
            Layers.RequireHalvable(size.Height, size.Width, c.Halvings, "sample_size");
    }

    internal static void Divides(string key, int groups, int channels) =>
        Require(channels % groups == 0, key, groups, $"a divisor of the channel count {channels}");

    internal static void AtLeastOne(string key, int value) => Require(value >= 1, key, value, "at least 1");

    private static void CheckBlocks(UNet2DConfig c)
    {
        var (down, up, channels) = (c.DownBlockTypes, c.UpBlockTypes, c.BlockOutChannels);
        if (down.IsDefaultOrEmpty || up.IsDefaultOrEmpty || channels.IsDefaultOrEmpty)
            throw new ArgumentException(
                "down_block_types, up_block_types and block_out_channels must each hold at least one entry."
            );
        if (down.Length != up.Length || down.Length != channels.Length)
            throw new ArgumentException(
                $"down_block_types ({down.Length}), up_block_types ({up.Length}) and block_out_channels "
                    + $"({channels.Length}) must have the same number of entries."
            );
        if (channels.Length > MostBlocks)
            throw new ArgumentException(
                $"block_out_channels has {channels.Length} entries; an image can't be halved between more than "
                    + $"{MostBlocks} blocks."
            );
        Require(
            c.LayersPerBlock is >= 0 and <= MostLayers,
            "layers_per_block",
            c.LayersPerBlock,
            $"in 0 … {MostLayers}"
        );
        foreach (var count in channels)
            AtLeastOne("block_out_channels", count);
        // The embedding has four times as many channels and a residual block may project it to twice its own.
        foreach (var count in channels)
            Require(count <= int.MaxValue / 8, "block_out_channels", count, $"at most {int.MaxValue / 8}");
    }

    private static void CheckPadding(UNet2DConfig c)
    {
        var used = DownPlace.Of(c).Any(p => p.Halves && UNet2DParts.Downsampling(c, p.Type) == ResampleType.Conv);
        Require(!used || c.DownsamplePadding is 0 or 1, "downsample_padding", c.DownsamplePadding, "0 or 1");
    }

    private static void CheckAttention(UNet2DConfig c)
    {
        if (c.AttentionHeadDim is { } given)
            AtLeastOne("attention_head_dim", given);
        foreach (var place in DownPlace.Of(c).Where(p => p.Type.Attends()))
            Attends(place.Channels, place.Channels);
        foreach (var place in UpPlace.Of(c).Where(p => p.Type.Attends()))
        {
            Attends(place.Channels, place.Channels);
            // The last residual block of this kind has the next size's channels, but the same head.
            if (place.Type.IsK())
                Attends(place.Channels, place.ChannelsNext);
        }
        if (c.HasMidBlock && c.AddAttention)
            Attends(c.BlockOutChannels[^1], c.BlockOutChannels[^1]);

        void Attends(int block, int channels)
        {
            var head = c.AttentionHeadDim ?? block;
            Require(head <= channels, "attention_head_dim", head, $"at most {channels}, the channels it attends over");
        }
    }

    private static void CheckTime(UNet2DConfig c)
    {
        var first = c.BlockOutChannels[0];
        switch (c.TimeEmbeddingType)
        {
            case TimeEmbeddingType.Positional:
                Require(first >= 2, "block_out_channels", first, "at least 2 at the first block: it embeds the time");
                Require(
                    c.FreqShift != first / 2 && double.IsFinite(c.FreqShift),
                    "freq_shift",
                    c.FreqShift,
                    $"other than half the first block's channels, {first / 2}"
                );
                break;
            case TimeEmbeddingType.Learned when c.NumTrainTimesteps is not >= 1:
                throw new ArgumentException(
                    "time_embedding_type 'learned' needs num_train_timesteps, the rows of its table, at least 1."
                );
        }
    }

    private static void Require<T>(bool holds, string key, T value, string range)
    {
        if (!holds)
            throw new ArgumentException(FormattableString.Invariant($"{key} must be {range}, got {value}."));
    }
}
