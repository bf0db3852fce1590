namespace Diffusion.Nn;

/// <summary>Counts the numbers in the tensors of a <see cref="UNet2D"/> by its config, without making any.</summary>
/// <remarks>In double precision: a config may ask for more than a long holds.</remarks>
internal sealed class UNet2DSize
{
    // A network this much larger than what it is held against is still made, to name the tensors that differ.
    private const double Slack = 1 << 20;

    private readonly UNet2DConfig _config;
    private readonly double _time;

    private UNet2DSize(UNet2DConfig config)
    {
        _config = config;
        _time = 4.0 * config.BlockOutChannels[0];
    }

    /// <summary>The numbers in all tensors of the network, buffers included.</summary>
    /// <param name="config">A config that has been validated.</param>
    internal static double Of(UNet2DConfig config) => new UNet2DSize(config).Total();

    /// <summary>
    /// Refuses a network that is far larger than the weights it shall get, before it takes any memory: over twice as many
    /// numbers, and a million more.
    /// </summary>
    /// <param name="config">The network's.</param>
    /// <param name="numbers">How many numbers the weights hold.</param>
    /// <param name="origin">What the weights are called in the message.</param>
    /// <exception cref="InvalidDataException">It is.</exception>
    internal static void Check(UNet2DConfig config, double numbers, string origin)
    {
        if (Of(config) is var size && size > 2 * numbers + Slack)
            throw new InvalidDataException(
                FormattableString.Invariant(
                    $"{origin} doesn't fit the network: it holds {numbers:F0} numbers, the config's network {size:F0}."
                )
            );
    }

    private double Total()
    {
        double first = _config.BlockOutChannels[0];
        var total = Convolution(_config.InChannels, first, 9) + TimeEmbedding() + TimeTable() + Classes();
        total += DownPlace.Of(_config).Sum(Down) + UpPlace.Of(_config).Sum(Up);
        if (_config.HasMidBlock)
            total += Middle(_config.BlockOutChannels[^1]);
        return total + Norm(first) + Convolution(first, _config.OutChannels, 9);
    }

    private double TimeTable() =>
        _config.TimeEmbeddingType switch
        {
            // The frequencies, under two names.
            TimeEmbeddingType.Fourier => 2.0 * _config.BlockOutChannels[0],
            TimeEmbeddingType.Learned => (double)_config.NumTrainTimesteps!.Value * _config.BlockOutChannels[0],
            _ => 0,
        };

    private double TimeEmbedding()
    {
        var features = _config.TimeEmbeddingType == TimeEmbeddingType.Fourier ? 2 : 1;
        return Linear((double)features * _config.BlockOutChannels[0], _time) + Linear(_time, _time);
    }

    private double Classes() =>
        _config.ClassEmbedType switch
        {
            ClassEmbedType.Timestep => TimeEmbedding(),
            ClassEmbedType.Identity => 0,
            _ => (_config.NumClassEmbeds ?? 0) * _time,
        };

    private double Middle(int channels)
    {
        var normed = _config.AttnNormNumGroups is not null || _config.ResnetTimeScaleShift == TimeScaleShift.Default;
        var attention = _config.AddAttention ? Attention(channels, Head(channels), normed ? 1 : 0) : 0;
        return 2 * Resnet(channels, channels) + attention;
    }

    private double Down(DownPlace p)
    {
        var layers = _config.LayersPerBlock;
        var total = p.Type.Attends() && !p.Type.IsK() ? layers * Attention(p.Channels, Head(p.Channels), 1) : 0;
        if (p.Type.IsK())
        {
            if (p.Type.Attends())
                total += layers * KAttention(p.Channels, Head(p.Channels), twice: !p.Halves);
            return total + KResnetShape.Down(layers, p.ChannelsIn, p.Channels).Sum(KResnet);
        }
        for (var i = 0; i < layers; i++)
            total += Resnet(i == 0 ? p.ChannelsIn : p.Channels, p.Channels);
        if (!p.Halves)
            return total;
        if (p.Type.IsSkip())
            return total
                + Resnet(p.Channels, p.Channels, filtered: true)
                + Convolution(SkipDownBlock.ImageChannels, p.Channels, 1);
        return total + Resampling(UNet2DParts.Downsampling(_config, p.Type), p.Channels);
    }

    private double Up(UpPlace p)
    {
        if (p.Type.IsK())
            return UpK(p);
        var layers = _config.LayersPerBlock + 1;
        double total = 0;
        for (var i = 0; i < layers; i++)
        {
            var joined = (double)(i == 0 ? p.ChannelsIn : p.Channels);
            joined += i == layers - 1 ? p.ChannelsNext : p.Channels;
            total += Resnet(joined, p.Channels);
        }
        if (p.Type.Attends())
            total += (p.Type.IsSkip() ? 1 : layers) * Attention(p.Channels, Head(p.Channels), 1);
        if (!p.Doubles)
            return total;
        if (p.Type.IsSkip())
            return total
                + Resnet(p.Channels, p.Channels, filtered: true)
                + Convolution(p.Channels, SkipDownBlock.ImageChannels, 9)
                + Norm(p.Channels);
        return total + Resampling(UNet2DParts.Upsampling(_config, p.Type), p.Channels);
    }

    private double UpK(UpPlace p)
    {
        var attends = p.Type.Attends();
        var first = attends && KUpBlock.StartsUp(p.Channels, p.ChannelsNext, (int)_time);
        var joined = KUpBlock.JoinedChannels(p.Channels, first);
        return KResnetShape
            .Up(_config.LayersPerBlock, joined, p.Channels, p.ChannelsNext, attends)
            .Sum(shape => KResnet(shape) + (attends ? KAttention(shape.Out, Head(p.Channels), first) : 0));
    }

    private double Resampling(ResampleType? type, double channels) =>
        type == ResampleType.Resnet ? Resnet(channels, channels) : Convolution(channels, channels, 9);

    private double Resnet(double channelsIn, double channelsOut, bool filtered = false)
    {
        var projected = _config.ResnetTimeScaleShift == TimeScaleShift.ScaleShift ? 2 : 1;
        return Norm(channelsIn)
            + Convolution(channelsIn, channelsOut, 9)
            + Linear(_time, projected * channelsOut)
            + Norm(channelsOut)
            + Convolution(channelsOut, channelsOut, 9)
            + (channelsIn == channelsOut && !filtered ? 0 : Convolution(channelsIn, channelsOut, 1));
    }

    private double KResnet(KResnetShape s) =>
        Linear(_time, 2.0 * s.In)
        + Convolution(s.In, s.Middle, 9)
        + Linear(_time, 2.0 * s.Middle)
        + Convolution(s.Middle, s.Out, 9)
        + (s.In == s.Out ? 0 : (double)s.In * s.Out);

    // The second layer keeps a normalisation for a text.
    private double KAttention(double channels, int head, bool twice) =>
        (twice ? 2 : 1) * (Linear(_time, 2 * channels) + Attention(channels, head, 0)) + Norm(channels);

    private static double Attention(double channels, int head, int norms)
    {
        var inner = double.Floor(channels / head) * head;
        return norms * Norm(channels) + 3 * Linear(channels, inner) + Linear(inner, channels);
    }

    private int Head(int channels) => _config.AttentionHeadDim ?? channels;

    private static double Norm(double channels) => 2 * channels;

    private static double Linear(double channelsIn, double channelsOut) => (channelsIn + 1) * channelsOut;

    private static double Convolution(double channelsIn, double channelsOut, int pixels) =>
        (pixels * channelsIn + 1) * channelsOut;
}
