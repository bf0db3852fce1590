namespace Diffusion.Nn;

/// <summary>A block on the way up and where it stands.</summary>
/// <param name="Type">Its kind.</param>
/// <param name="Level">How often the image has been halved where it stands.</param>
/// <param name="ChannelsIn">Channels that come in from the smaller image.</param>
/// <param name="Channels">Channels of this level.</param>
/// <param name="ChannelsNext">Channels of the next level on the way up.</param>
/// <param name="Doubles">Whether it doubles the image.</param>
internal readonly record struct UpPlace(
    UpBlockType Type,
    int Level,
    int ChannelsIn,
    int Channels,
    int ChannelsNext,
    bool Doubles
)
{
    /// <summary>The blocks of a network, from the smallest image.</summary>
    internal static IEnumerable<UpPlace> Of(UNet2DConfig config)
    {
        var channels = config.BlockOutChannels;
        var last = channels.Length - 1;
        for (var i = last; i >= 0; i--)
            yield return new(
                config.UpBlockTypes[last - i],
                i,
                channels[int.Min(i + 1, last)],
                channels[i],
                channels[int.Max(i - 1, 0)],
                Doubles: i > 0
            );
    }
}
