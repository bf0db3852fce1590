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

    internal ModuleList<DownBlock> DownBlocks()
    {
        var blocks = new ModuleList<DownBlock>();
        for (var i = 0; i < _channels.Length; i++)
        {
            var type = config.DownBlockTypes[i];
            var last = i == _channels.Length - 1;
            blocks.Add(
                new DownBlock(
                    config.LayersPerBlock,
                    _channels[int.Max(i - 1, 0)],
                    _channels[i],
                    _options,
                    type == DownBlockType.AttnDownBlock2D ? HeadChannels(_channels[i]) : null,
                    last ? null : Downsampling(type),
                    config.DownsamplePadding
                )
            );
        }
        return blocks;
    }

    internal MidBlock MidBlock()
    {
        var channels = _channels[^1];
        int? byDefault = config.ResnetTimeScaleShift == TimeScaleShift.Default ? config.NormNumGroups : null;
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

    internal ModuleList<UpBlock> UpBlocks()
    {
        var blocks = new ModuleList<UpBlock>();
        for (var i = _channels.Length - 1; i >= 0; i--)
        {
            var type = config.UpBlockTypes[_channels.Length - 1 - i];
            blocks.Add(
                new UpBlock(
                    config.LayersPerBlock + 1,
                    _channels[int.Min(i + 1, _channels.Length - 1)],
                    _channels[i],
                    _channels[int.Max(i - 1, 0)],
                    _options,
                    type == UpBlockType.AttnUpBlock2D ? HeadChannels(_channels[i]) : null,
                    i == 0 ? null : Upsampling(type)
                )
            );
        }
        return blocks;
    }

    private int HeadChannels(int channels) => config.AttentionHeadDim ?? channels;

    private ResampleType Downsampling(DownBlockType type) =>
        type switch
        {
            DownBlockType.AttnDownBlock2D => config.DownsampleType,
            DownBlockType.ResnetDownsampleBlock2D => ResampleType.Resnet,
            _ => ResampleType.Conv,
        };

    private ResampleType Upsampling(UpBlockType type) =>
        type switch
        {
            UpBlockType.AttnUpBlock2D => config.UpsampleType,
            UpBlockType.ResnetUpsampleBlock2D => ResampleType.Resnet,
            _ => ResampleType.Conv,
        };
}
