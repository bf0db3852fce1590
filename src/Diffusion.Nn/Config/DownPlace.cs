namespace Diffusion.Nn;

/// <summary>A block on the way down and where it stands.</summary>
/// <param name="Type">Its kind.</param>
/// <param name="Level">How often the image has been halved before it.</param>
/// <param name="ChannelsIn">Channels that come in.</param>
/// <param name="Channels">Channels that go out.</param>
/// <param name="Halves">Whether it halves the image.</param>
internal readonly record struct DownPlace(DownBlockType Type, int Level, int ChannelsIn, int Channels, bool Halves)
{
    /// <summary>The blocks of a network, from the largest image.</summary>
    internal static IEnumerable<DownPlace> Of(UNet2DConfig config)
    {
        var channels = config.BlockOutChannels;
        for (var i = 0; i < channels.Length; i++)
            yield return new(
                config.DownBlockTypes[i],
                i,
                channels[int.Max(i - 1, 0)],
                channels[i],
                Halves: i < channels.Length - 1
            );
    }
}
