using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Diffusion.Nn;

/// <summary>
/// The UNet of DDPM (Ho et al. 2020, appendix B): residual blocks with GroupNorm and a time embedding, self-attention,
/// learned down- and upsampling, skips from every state of the way down.
/// </summary>
/// <remarks>
/// Topology and tensor names are those of diffusers' UNet2DModel, so its checkpoints load as they are. The network's
/// time counts from 0: t = 0 is the least noisy step.
/// </remarks>
public sealed class UNet2D : nn.Module<Tensor, Tensor, Tensor>
{
    // TorchSharp registers fields under their names: these are the names of the checkpoint's tensors.
    private readonly Conv2d conv_in;
    private readonly nn.Module? time_proj;
    private readonly TimestepEmbedding time_embedding;
    private readonly nn.Module? class_embedding;
    private readonly ModuleList<UNetBlock> down_blocks;
    private readonly ModuleList<UNetBlock> up_blocks;
    private readonly MidBlock? mid_block;
    private readonly GroupNorm conv_norm_out;
    private readonly Conv2d conv_out;

    /// <summary>Makes a network with PyTorch's default initialisation, in float32 on the CPU.</summary>
    /// <param name="config">The shape; checked here.</param>
    /// <exception cref="ArgumentException">The config doesn't hold together, or its sample_size can't be
    /// halved.</exception>
    public UNet2D(UNet2DConfig config)
        : base(nameof(UNet2D))
    {
        ArgumentNullException.ThrowIfNull(config);
        Config = config.Validate();
        var parts = new UNet2DParts(config);
        conv_in = Layers.Conv3x3(config.InChannels, config.BlockOutChannels[0]);
        time_proj = parts.TimeProjection();
        time_embedding = parts.TimeEmbedding();
        class_embedding = parts.ClassEmbedding();
        down_blocks = parts.DownBlocks();
        mid_block = parts.MidBlock();
        up_blocks = parts.UpBlocks();
        conv_norm_out = parts.OutputNorm();
        conv_out = Layers.Conv3x3(config.BlockOutChannels[0], config.OutChannels);
        RegisterComponents();
    }

    /// <summary>The shape of this network.</summary>
    public UNet2DConfig Config { get; }

    /// <summary>Runs a network without classes.</summary>
    /// <param name="x">Noisy images [B, InChannels, H, W], in the network's type; H and W multiples of
    /// 2^Halvings.</param>
    /// <param name="timesteps">Network times [B], [1] or [], whole or real, from 0 (above 0 for Fourier
    /// features).</param>
    /// <returns>A new tensor [B, OutChannels, H, W].</returns>
    /// <exception cref="ArgumentException">A shape doesn't fit, or the network needs classes.</exception>
    public override Tensor forward(Tensor x, Tensor timesteps) => Trace(x, timesteps, null, null);

    /// <summary>Runs a network with or without classes.</summary>
    /// <param name="x">Noisy images, as above.</param>
    /// <param name="timesteps">Network times, as above.</param>
    /// <param name="classLabels">Class numbers [B], or embeddings [B, 4·BlockOutChannels[0]] for
    /// <see cref="ClassEmbedType.Identity"/>; null exactly when the network has no classes.</param>
    /// <returns>A new tensor [B, OutChannels, H, W].</returns>
    /// <exception cref="ArgumentException">A shape doesn't fit, or classes are missing or too many.</exception>
    public Tensor forward(Tensor x, Tensor timesteps, Tensor? classLabels) => Trace(x, timesteps, classLabels, null);

    /// <summary>Runs the network and shows its intermediate states, to compare two implementations.</summary>
    /// <param name="x">Noisy images, as above.</param>
    /// <param name="timesteps">Network times, as above.</param>
    /// <param name="classLabels">Classes, as above.</param>
    /// <param name="stage">Is called with a name and a state: temb, conv_in, down0 …, mid, up0 …, output. The state is
    /// freed or overwritten later: clone what is to be kept.</param>
    /// <returns>A new tensor [B, OutChannels, H, W].</returns>
    /// <exception cref="ArgumentException">A shape doesn't fit, or classes are missing or too many.</exception>
    public Tensor Trace(Tensor x, Tensor timesteps, Tensor? classLabels, Action<string, Tensor>? stage)
    {
        Layers.RequireImages(x, Config.InChannels, nameof(x));
        Layers.RequireHalvable(x.shape[2], x.shape[3], Config.Halvings, nameof(x));
        // Frees what an exception leaves behind; everything else is freed as soon as it is used.
        using var scope = NewDisposeScope();
        var times = TimesOf(timesteps, x.shape[0]);
        using var time = Embed(times, classLabels, stage);
        using var activated = Config.ActFn.Apply(time);
        var output = Body(x, new UNetState(time, activated), stage);
        if (Config.TimeEmbeddingType == TimeEmbeddingType.Fourier)
            output = output.Then(t => t / times.view(-1, 1, 1, 1).to(t.dtype));
        stage?.Invoke("output", output);
        return output.MoveToOuterDisposeScope();
    }

    private Tensor Body(Tensor x, UNetState state, Action<string, Tensor>? stage)
    {
        state.ReplaceImage(Config.CenterInputSample ? 2 * x - 1 : x.alias());
        var h = conv_in.call(state.Image!);
        stage?.Invoke("conv_in", h);
        state.Skips.Push(h.alias());
        h = Through(h, down_blocks, "down", state, stage);
        if (mid_block is not null)
            h = h.Then(t => mid_block.call(t, state.ActivatedTime));
        stage?.Invoke("mid", h);
        state.ReplaceImage(null);
        h = Through(h, up_blocks, "up", state, stage)
            .Then(t => Layers.Normed(conv_norm_out, t, ActivationFunction.Silu))
            .Then(conv_out.call);
        if (state.Image is { } drawn)
            h.add_(drawn);
        return h;
    }

    private static Tensor Through(
        Tensor h,
        ModuleList<UNetBlock> blocks,
        string way,
        UNetState state,
        Action<string, Tensor>? stage
    )
    {
        for (var i = 0; i < blocks.Count; i++)
        {
            var block = blocks[i];
            h = h.Then(t => block.call(t, state));
            stage?.Invoke($"{way}{i}", h);
        }
        return h;
    }

    private static Tensor TimesOf(Tensor timesteps, long batch)
    {
        ArgumentNullException.ThrowIfNull(timesteps);
        if (timesteps.Dimensions > 1 || (timesteps.numel() != 1 && timesteps.numel() != batch))
            throw new ArgumentException(
                $"The network takes one time for all images or one each, [{batch}]; got "
                    + $"[{string.Join(", ", timesteps.shape)}].",
                nameof(timesteps)
            );
        return timesteps.reshape(-1).Then(t => t.expand(batch));
    }

    private Tensor Embed(Tensor times, Tensor? classLabels, Action<string, Tensor>? stage)
    {
        if (Config.HasClasses != classLabels is not null)
            throw new ArgumentException(
                Config.HasClasses ? "This network needs class labels." : "This network takes no class labels.",
                nameof(classLabels)
            );
        var embedding = Features(times).Then(time_embedding.call);
        stage?.Invoke("temb", embedding);
        if (classLabels is not null)
            embedding = embedding.Then(t => t + EmbedClasses(classLabels));
        return embedding;
    }

    private Tensor Features(Tensor times)
    {
        var features = time_proj switch
        {
            FourierProjection fourier => fourier.call(times),
            Embedding table => table.call(times),
            _ => TimeEmbedding.Sinusoidal(times, Config.BlockOutChannels[0], Config.FlipSinToCos, Config.FreqShift),
        };
        return features.to(conv_in.weight.dtype);
    }

    private Tensor EmbedClasses(Tensor classLabels) =>
        class_embedding switch
        {
            Embedding table => table.call(classLabels),
            TimestepEmbedding layers => layers.call(Features(classLabels)),
            _ => classLabels.to(conv_in.weight.dtype),
        };
}
