using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Diffusion.Nn;

/// <summary>Makes the parts of a <see cref="UNet2D"/> from its config.</summary>
internal sealed class UNet2DParts(UNet2DConfig config)
{
    private readonly int[] _channels = [.. config.BlockOutChannels];

    private readonly ResnetOptions _options = new(
        TimeChannels: 4 * config.BlockOutChannels[0],
        Groups: config.NormNumGroups,
        Epsilon: config.NormEps,
        Activation: config.ActFn,
        Dropout: config.Dropout,
        TimeShift: config.ResnetTimeScaleShift
    );

    /// <summary>How a block that isn't of the Skip or K kind halves; null for those.</summary>
    internal static ResampleType? Downsampling(UNet2DConfig config, DownBlockType type) =>
        type switch
        {
            DownBlockType.DownBlock2D => ResampleType.Conv,
            DownBlockType.AttnDownBlock2D => config.DownsampleType,
            DownBlockType.ResnetDownsampleBlock2D => ResampleType.Resnet,
            _ => null,
        };

    /// <summary>How a block that isn't of the Skip or K kind doubles.</summary>
    internal static ResampleType Upsampling(UNet2DConfig config, UpBlockType type) =>
        type switch
        {
            UpBlockType.AttnUpBlock2D => config.UpsampleType,
            UpBlockType.ResnetUpsampleBlock2D => ResampleType.Resnet,
            _ => ResampleType.Conv,
        };

    // Positional features need no tensors of their own.
    internal nn.Module? TimeProjection() =>
        config.TimeEmbeddingType switch
        {
            TimeEmbeddingType.Fourier => new FourierProjection(_channels[0]),
            TimeEmbeddingType.Learned => nn.Embedding(config.NumTrainTimesteps!.Value, _channels[0]),
            _ => null,
        };

    internal TimestepEmbedding TimeEmbedding() =>
        new(
            config.TimeEmbeddingType == TimeEmbeddingType.Fourier ? 2 * _channels[0] : _channels[0],
            _options.TimeChannels
        );

    internal nn.Module? ClassEmbedding() =>
        config.ClassEmbedType switch
        {
            ClassEmbedType.Timestep => TimeEmbedding(),
            ClassEmbedType.Identity => null,
            _ when config.NumClassEmbeds is { } rows => nn.Embedding(rows, _options.TimeChannels),
            _ => null,
        };

    internal ModuleList<UNetBlock> DownBlocks() => new([.. DownPlace.Of(config).Select(DownBlock)]);

    internal MidBlock? MidBlock()
    {
        if (!config.HasMidBlock)
            return null;
        var channels = _channels[^1];
        int? byDefault = config.ResnetTimeScaleShift == TimeScaleShift.Default ? _options.GroupsFor(channels) : null;
        return new MidBlock(
            channels,
            _options with
            {
                OutputScale = config.MidBlockScaleFactor,
            },
            config.AddAttention ? HeadChannels(channels) : null,
            config.AttnNormNumGroups ?? byDefault
        );
    }

    internal ModuleList<UNetBlock> UpBlocks() => new([.. UpPlace.Of(config).Select(UpBlock)]);

    internal GroupNorm OutputNorm() =>
        Layers.GroupNorm(_options.GroupsFor(_channels[0]), _channels[0], _options.Epsilon);

    private UNetBlock DownBlock(DownPlace p)
    {
        var layers = config.LayersPerBlock;
        int? head = p.Type.Attends() ? HeadChannels(p.Channels) : null;
        if (p.Type.IsSkip())
            return new SkipDownBlock(layers, p.ChannelsIn, p.Channels, _options, head, p.Halves);
        if (p.Type.IsK())
            return new KDownBlock(layers, p.ChannelsIn, p.Channels, _options, head, p.Halves);
        return new DownBlock(
            layers,
            p.ChannelsIn,
            p.Channels,
            _options,
            head,
            p.Halves ? Downsampling(config, p.Type) : null,
            config.DownsamplePadding
        );
    }

    private UNetBlock UpBlock(UpPlace p)
    {
        var layers = config.LayersPerBlock + 1;
        int? head = p.Type.Attends() ? HeadChannels(p.Channels) : null;
        if (p.Type.IsSkip())
            return new SkipUpBlock(layers, p.ChannelsIn, p.Channels, p.ChannelsNext, _options, head, p.Doubles);
        if (p.Type.IsK())
            return new KUpBlock(layers - 1, p.Channels, p.ChannelsNext, _options, head, p.Doubles);
        return new UpBlock(
            layers,
            p.ChannelsIn,
            p.Channels,
            p.ChannelsNext,
            _options,
            head,
            p.Doubles ? Upsampling(config, p.Type) : null
        );
    }

    private int HeadChannels(int channels) => config.AttentionHeadDim ?? channels;
}
