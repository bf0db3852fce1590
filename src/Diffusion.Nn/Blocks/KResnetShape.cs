namespace Diffusion.Nn;

/// <summary>Channels of a <see cref="KResnetBlock2D"/>.</summary>
/// <param name="In">Channels of x.</param>
/// <param name="Middle">Channels between the two convolutions.</param>
/// <param name="Out">Channels of the result.</param>
/// <param name="GroupsMiddle">Groups of the second normalisation; divides <paramref name="Middle"/>.</param>
internal readonly record struct KResnetShape(int In, int Middle, int Out, int GroupsMiddle)
{
    /// <summary>Groups of the first normalisation; divides <see cref="In"/>.</summary>
    internal int GroupsIn => In / KResnetBlock2D.GroupChannels;

    /// <summary>The residual blocks of a block on the way down.</summary>
    internal static IEnumerable<KResnetShape> Down(int layers, int channelsIn, int channelsOut)
    {
        for (var i = 0; i < layers; i++)
            yield return new(
                i == 0 ? channelsIn : channelsOut,
                channelsOut,
                channelsOut,
                channelsOut / KResnetBlock2D.GroupChannels
            );
    }

    /// <summary>The residual blocks of a block on the way up, the last of which goes to the next size's
    /// channels.</summary>
    /// <param name="layers">How many, at least 1.</param>
    /// <param name="channelsIn">Channels of the first one's x.</param>
    /// <param name="channels">Channels of this size.</param>
    /// <param name="channelsNext">Channels of the next size.</param>
    /// <param name="attends">Whether attention follows; the last block then changes the channels only at its
    /// end.</param>
    internal static IEnumerable<KResnetShape> Up(
        int layers,
        int channelsIn,
        int channels,
        int channelsNext,
        bool attends
    )
    {
        for (var i = 0; i < layers; i++)
        {
            var result = i == layers - 1 ? channelsNext : channels;
            yield return new(
                i == 0 ? channelsIn : channels,
                attends ? channels : result,
                result,
                channels / KResnetBlock2D.GroupChannels
            );
        }
    }
}
