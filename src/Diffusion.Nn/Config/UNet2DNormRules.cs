namespace Diffusion.Nn;

/// <summary>Groups of a <see cref="UNet2DConfig"/>'s normalisations divide their channels.</summary>
internal static class UNet2DNormRules
{
    private const string Groups = "norm_num_groups";

    internal static void Check(UNet2DConfig c)
    {
        if (c.NormNumGroups is { } groups)
            UNet2DConfigRules.AtLeastOne(Groups, groups);
        foreach (var place in DownPlace.Of(c))
            Check(c, place);
        foreach (var place in UpPlace.Of(c))
            Check(c, place);
        CheckShared(c, "the output", c.BlockOutChannels[0]);
        if (c.HasMidBlock)
            CheckMiddle(c, c.BlockOutChannels[^1]);
    }

    private static void Check(UNet2DConfig c, DownPlace place)
    {
        var name = ConfigNames<DownBlockType>.NameOf(place.Type);
        int[] channels = c.LayersPerBlock > 0 ? [place.ChannelsIn, place.Channels] : [];
        if (place.Type.IsSkip())
        {
            foreach (var count in place.Halves ? channels.Append(place.Channels) : channels)
                Own(name, ResnetOptions.GroupsByDefault(count), count);
            if (place.Type.Attends() && c.LayersPerBlock > 0)
                Own(name, SkipDownBlock.AttentionGroups, place.Channels);
        }
        else if (place.Type.IsK())
        {
            CheckK(name, KResnetShape.Down(c.LayersPerBlock, place.ChannelsIn, place.Channels), place.Type.Attends());
        }
        else
        {
            Plain(c, name, channels);
        }
    }

    private static void Check(UNet2DConfig c, UpPlace place)
    {
        var name = ConfigNames<UpBlockType>.NameOf(place.Type);
        if (place.Type.IsSkip())
        {
            CheckSkip(c, place, name);
        }
        else if (place.Type.IsK())
        {
            var joined = KUpBlock.JoinedChannels(
                place.Channels,
                place.Type.Attends() && KUpBlock.StartsUp(place.Channels, place.ChannelsNext, 4 * c.BlockOutChannels[0])
            );
            var shapes = KResnetShape.Up(
                c.LayersPerBlock,
                joined,
                place.Channels,
                place.ChannelsNext,
                place.Type.Attends()
            );
            CheckK(name, shapes, place.Type.Attends());
        }
        else
        {
            Plain(c, name, [place.Channels]);
            foreach (var (fromBelow, fromSkip) in Joins(c, place))
                UNet2DConfigRules.Divides(Groups, c.NormNumGroups!.Value, fromBelow + fromSkip);
        }
    }

    private static void CheckSkip(UNet2DConfig c, UpPlace place, string name)
    {
        foreach (var (fromBelow, fromSkip) in Joins(c, place))
            Own(name, SkipUpBlock.FirstGroups(fromBelow, fromSkip, place.Type.Attends()), fromBelow + fromSkip);
        Own(name, ResnetOptions.GroupsByDefault(place.Channels), place.Channels);
        if (place.Type.Attends())
            Own(name, SkipDownBlock.AttentionGroups, place.Channels);
    }

    private static void CheckK(string name, IEnumerable<KResnetShape> shapes, bool attends)
    {
        foreach (var shape in shapes)
        {
            Own(name, shape.GroupsIn, shape.In);
            Own(name, shape.GroupsMiddle, shape.Middle);
            if (attends)
                Own(name, KAttentionBlock.GroupsFor(shape.Out), shape.Out);
        }
    }

    private static void CheckMiddle(UNet2DConfig c, int channels)
    {
        CheckShared(c, "the middle", channels);
        if (!c.AddAttention || c.AttnNormNumGroups is not { } groups)
            return;
        UNet2DConfigRules.AtLeastOne("attn_norm_num_groups", groups);
        UNet2DConfigRules.Divides("attn_norm_num_groups", groups, channels);
    }

    private static void CheckShared(UNet2DConfig c, string name, int channels)
    {
        if (c.NormNumGroups is { } groups)
            UNet2DConfigRules.Divides(Groups, groups, channels);
        else
            Own(name, ResnetOptions.GroupsByDefault(channels), channels);
    }

    // Channels that a residual block on the way up joins.
    private static IEnumerable<(int FromBelow, int FromSkip)> Joins(UNet2DConfig c, UpPlace place)
    {
        for (var i = 0; i <= c.LayersPerBlock; i++)
            yield return (
                i == 0 ? place.ChannelsIn : place.Channels,
                i == c.LayersPerBlock ? place.ChannelsNext : place.Channels
            );
    }

    private static void Plain(UNet2DConfig c, string name, int[] channels)
    {
        if (c.NormNumGroups is not { } groups)
            throw new ArgumentException(
                $"{Groups} must be a whole number for {name}, got null: only Skip and K blocks choose their own."
            );
        foreach (var count in channels)
            UNet2DConfigRules.Divides(Groups, groups, count);
    }

    private static void Own(string name, int groups, int channels)
    {
        if (groups < 1 || channels % groups != 0)
            throw new ArgumentException(
                $"block_out_channels: the {channels} channels of {name} don't divide into {groups} groups; take other "
                    + "channel counts (multiples of 32 always fit)."
            );
    }
}
