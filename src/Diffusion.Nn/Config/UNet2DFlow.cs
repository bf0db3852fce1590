namespace Diffusion.Nn;

/// <summary>
/// Follows the feature maps through a <see cref="UNet2DConfig"/> and refuses one whose blocks don't fit together.
/// </summary>
/// <remarks>
/// Blocks of different kinds may be mixed where the states that the way down leaves are the ones that the way up takes.
/// </remarks>
internal sealed class UNet2DFlow
{
    private readonly UNet2DConfig _config;
    private readonly Stack<Maps?> _skips = new();
    private Maps _maps;

    // Level of the image beside the feature maps; null for none.
    private int? _image = 0;

    private UNet2DFlow(UNet2DConfig config)
    {
        _config = config;
        _maps = new Maps(config.BlockOutChannels[0], 0);
    }

    internal static void Check(UNet2DConfig config)
    {
        var flow = new UNet2DFlow(config);
        flow._skips.Push(flow._maps);
        foreach (var place in DownPlace.Of(config))
            flow.Down(place);
        Require(
            flow._maps.Channels == config.BlockOutChannels[^1],
            "the middle",
            config.BlockOutChannels[^1],
            flow._maps
        );
        flow._image = null;
        foreach (var place in UpPlace.Of(config))
            flow.Up(place);
        Require(
            flow._maps.Channels == config.BlockOutChannels[0],
            "the output",
            config.BlockOutChannels[0],
            flow._maps
        );
        if (flow._image is { } level && level != 0)
            throw new ArgumentException(
                "up_block_types: a Skip block that doubles the image must be followed by Skip blocks only, which "
                    + "bring the image that it draws to full size."
            );
    }

    private void Down(DownPlace place)
    {
        var name = $"down_block_types: {ConfigNames<DownBlockType>.NameOf(place.Type)} {place.Level}";
        if (_config.LayersPerBlock > 0)
            _maps = _maps with { Channels = place.Channels };
        for (var i = 0; i < _config.LayersPerBlock; i++)
            _skips.Push(place.Type == DownBlockType.KCrossAttnDownBlock2D && !place.Halves ? null : _maps);
        if (!place.Halves)
            return;
        if (place.Type.IsSkip())
        {
            if (_config.InChannels != SkipDownBlock.ImageChannels)
                throw new ArgumentException($"{name} needs in_channels 3, got {_config.InChannels}.");
            if (_image != place.Level)
                throw new ArgumentException(
                    $"{name} halves the input image beside the feature maps, so that every block before it must be a "
                        + "Skip block too."
                );
            _image++;
        }
        if (!place.Type.IsK())
            Require(_maps.Channels == place.Channels, name, place.Channels, _maps);
        _maps = _maps with { Level = _maps.Level + 1 };
        if (!place.Type.IsK())
            _skips.Push(_maps);
    }

    private void Up(UpPlace place)
    {
        var name =
            $"up_block_types: {ConfigNames<UpBlockType>.NameOf(place.Type)} " + $"{_config.Halvings - place.Level}";
        if (place.Type.IsK())
            UpK(place, name);
        else
            UpStates(place, name);
        if (place.Type.IsSkip())
            UpImage(place, name);
        if (place.Doubles)
            _maps = _maps with { Level = _maps.Level - 1 };
    }

    private void UpStates(UpPlace place, string name)
    {
        var layers = _config.LayersPerBlock + 1;
        for (var i = 0; i < layers; i++)
        {
            var wanted =
                (i == 0 ? place.ChannelsIn : place.Channels) + (i == layers - 1 ? place.ChannelsNext : place.Channels);
            Join(name, wanted);
            _maps = _maps with { Channels = place.Channels };
        }
    }

    private void UpK(UpPlace place, string name)
    {
        if (_config.LayersPerBlock < 1)
            throw new ArgumentException($"{name} needs layers_per_block of at least 1.");
        var first =
            place.Type.Attends()
            && KUpBlock.StartsUp(place.Channels, place.ChannelsNext, 4 * _config.BlockOutChannels[0]);
        Join(name, KUpBlock.JoinedChannels(place.Channels, first));
        for (var i = 1; i < _config.LayersPerBlock && _skips.Count > 0; i++)
            _skips.Pop();
        _maps = _maps with { Channels = place.ChannelsNext };
    }

    private void UpImage(UpPlace place, string name)
    {
        if (_image is not null)
            _image--;
        if (!place.Doubles)
            return;
        if (_config.OutChannels != SkipDownBlock.ImageChannels)
            throw new ArgumentException($"{name} needs out_channels 3, got {_config.OutChannels}.");
        _image ??= place.Level;
        if (_image != place.Level)
            throw new ArgumentException(
                $"{name} adds to the image of the Skip block before it, so that every block between must be a Skip "
                    + "block too."
            );
    }

    // Takes the latest state of the way down, which joins the feature maps.
    private void Join(string name, int wanted)
    {
        // There is one: the largest size has a state for every block of its way up, and states of another size are
        // refused before it is reached.
        var skip = _skips.Pop();
        if (skip is { } state)
        {
            if (state.Level != _maps.Level)
                throw new ArgumentException(
                    $"{name} works at 1/{1L << _maps.Level} of the image size, but would be handed a state of the way "
                        + $"down at 1/{1L << state.Level}: K blocks on the way down go with K blocks on the way up."
                );
            _maps = _maps with { Channels = _maps.Channels + state.Channels };
        }
        Require(_maps.Channels == wanted, name, wanted, _maps);
    }

    private static void Require(bool holds, string name, int wanted, Maps got)
    {
        if (!holds)
            throw new ArgumentException(
                $"{name} takes {wanted} channels, but would be handed {got.Channels}: block_out_channels, "
                    + "layers_per_block and the kinds of blocks don't go together."
            );
    }

    private readonly record struct Maps(int Channels, int Level);
}
