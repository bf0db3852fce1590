using System.Collections.Immutable;
using System.Text.Json;

namespace Diffusion.Nn;

/// <summary>The shape of a <see cref="UNet2D"/>: diffusers' UNet2DModel config.json as an immutable value.</summary>
/// <remarks>
/// Names, meanings and defaults are diffusers' own. Two configs are equal when they write the same JSON. Nothing is
/// checked before <see cref="Validate"/>, which the network and the reader call.
/// </remarks>
public sealed record UNet2DConfig
{
    /// <summary>sample_size: the image size the network was made for; null if it isn't told.</summary>
    public ImageSize? SampleSize { get; init; }

    /// <summary>in_channels: channels of the noisy image, at least 1; 3 where Skip blocks halve it.</summary>
    public int InChannels { get; init; } = 3;

    /// <summary>out_channels: channels of the output, at least 1; 3 where Skip blocks draw it.</summary>
    public int OutChannels { get; init; } = 3;

    /// <summary>center_input_sample: takes images in [0, 1] and moves them to [−1, 1] first.</summary>
    public bool CenterInputSample { get; init; }

    /// <summary>time_embedding_type: where the features of the time come from.</summary>
    public TimeEmbeddingType TimeEmbeddingType { get; init; }

    /// <summary>freq_shift: other than half the first block's channels; see
    /// <see cref="TimeEmbedding.Sinusoidal"/>.</summary>
    public double FreqShift { get; init; }

    /// <summary>flip_sin_to_cos: see <see cref="TimeEmbedding.Sinusoidal"/>.</summary>
    public bool FlipSinToCos { get; init; } = true;

    /// <summary>down_block_types: the blocks on the way down; all but the last halve the image.</summary>
    public ImmutableArray<DownBlockType> DownBlockTypes { get; init; } =
    [
        DownBlockType.DownBlock2D,
        DownBlockType.AttnDownBlock2D,
        DownBlockType.AttnDownBlock2D,
        DownBlockType.AttnDownBlock2D,
    ];

    /// <summary>up_block_types: the blocks on the way up, from the smallest image; all but the last double
    /// it.</summary>
    public ImmutableArray<UpBlockType> UpBlockTypes { get; init; } =
    [UpBlockType.AttnUpBlock2D, UpBlockType.AttnUpBlock2D, UpBlockType.AttnUpBlock2D, UpBlockType.UpBlock2D];

    /// <summary>block_out_channels: channels of each resolution, from the largest image; at most 31 of them.</summary>
    public ImmutableArray<int> BlockOutChannels { get; init; } = [224, 448, 672, 896];

    /// <summary>mid_block_type: whether there is a middle. Releases before 0.33 always have one; since then null
    /// stands for none.</summary>
    public bool HasMidBlock { get; init; } = true;

    /// <summary>layers_per_block: residual blocks a block on the way down, one more on the way up (none more for K
    /// blocks); at least 1, or 0 where all channel counts are equal, and at most 1000.</summary>
    public int LayersPerBlock { get; init; } = 2;

    /// <summary>mid_block_scale_factor: the middle's outputs are divided by this; not 0.</summary>
    public double MidBlockScaleFactor { get; init; } = 1;

    /// <summary>downsample_padding: 1 pads all sides of a learned halving, 0 pads right and below only; any other
    /// number where no block halves that way.</summary>
    public int DownsamplePadding { get; init; } = 1;

    /// <summary>downsample_type: how blocks with attention halve.</summary>
    public ResampleType DownsampleType { get; init; }

    /// <summary>upsample_type: how blocks with attention double.</summary>
    public ResampleType UpsampleType { get; init; }

    /// <summary>dropout: probability, in [0, 1].</summary>
    public double Dropout { get; init; }

    /// <summary>act_fn: the non-linearity of the residual blocks.</summary>
    public ActivationFunction ActFn { get; init; }

    /// <summary>attention_head_dim: channels a head of attention; null for one head.</summary>
    public int? AttentionHeadDim { get; init; } = 8;

    /// <summary>norm_num_groups: groups of the normalisations; divides every channel count. Skip and K blocks choose
    /// their own groups; a network of these alone may have null: a quarter of the channels, at most 32.</summary>
    public int? NormNumGroups { get; init; } = 32;

    /// <summary>attn_norm_num_groups: groups of the normalisation of the middle's attention; null for norm_num_groups
    /// (none at all with <see cref="TimeScaleShift.ScaleShift"/>).</summary>
    public int? AttnNormNumGroups { get; init; }

    /// <summary>norm_eps: added to the variance by the normalisations, at least 0.</summary>
    public double NormEps { get; init; } = 1e-5;

    /// <summary>resnet_time_scale_shift: how the time embedding enters a residual block.</summary>
    public TimeScaleShift ResnetTimeScaleShift { get; init; }

    /// <summary>add_attention: attention in the middle.</summary>
    public bool AddAttention { get; init; } = true;

    /// <summary>class_embed_type: where the class embedding comes from; null for a table, if any.</summary>
    public ClassEmbedType? ClassEmbedType { get; init; }

    /// <summary>num_class_embeds: rows of the class table; null for a network without classes.</summary>
    public int? NumClassEmbeds { get; init; }

    /// <summary>num_train_timesteps: rows of a learned time table; only used there.</summary>
    public int? NumTrainTimesteps { get; init; }

    /// <summary>_diffusers_version: the release that wrote the file, or whose files ours are like.</summary>
    public string DiffusersVersion { get; init; } = "0.27.2";

    /// <summary>Keys of a file that mean nothing here, in their raw JSON; written back on save.</summary>
    /// <remarks>Those without a leading underscore are worth a word to the user.</remarks>
    public ImmutableSortedDictionary<string, JsonElement> UnknownKeys { get; init; } =
        ImmutableSortedDictionary.Create<string, JsonElement>(StringComparer.Ordinal);

    /// <summary>How often the image is halved on the way down.</summary>
    public int Halvings => DownBlockTypes.Length - 1;

    /// <summary>Whether the network takes a class beside the time.</summary>
    public bool HasClasses => ClassEmbedType is not null || NumClassEmbeds is not null;

    /// <summary>Reads the text of a config.json.</summary>
    /// <param name="json">One JSON object; absent keys take their defaults.</param>
    /// <returns>The checked config.</returns>
    /// <exception cref="InvalidDataException">Not JSON, a value of the wrong kind, or one that isn't
    /// supported.</exception>
    public static UNet2DConfig FromJson(string json) => UNet2DConfigJson.Read(json);

    /// <summary>Reads a config.json.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The checked config.</returns>
    /// <exception cref="InvalidDataException">As for <see cref="FromJson"/>, or it is empty or no file but a pipe; the
    /// message names it.</exception>
    public static UNet2DConfig Load(string path)
    {
        // What is wrong with the file itself names it already.
        var text = RegularFile.ReadText(path);
        try
        {
            return FromJson(text);
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"{path}: {e.Message}", e);
        }
    }

    /// <summary>Writes the text of a config.json: every key, sorted, indented by 2.</summary>
    /// <returns>The JSON.</returns>
    public string ToJson() => UNet2DConfigJson.Write(this);

    /// <summary>Writes a config.json.</summary>
    /// <param name="path">The file; replaced if it exists.</param>
    public void Save(string path) => File.WriteAllText(path, ToJson());

    /// <summary>Checks every value.</summary>
    /// <returns>This config.</returns>
    /// <exception cref="ArgumentException">A value is out of its range, or two don't go together.</exception>
    public UNet2DConfig Validate()
    {
        UNet2DConfigRules.Check(this);
        return this;
    }

    /// <summary>Equal JSON.</summary>
    /// <param name="other">The other config.</param>
    /// <returns>Whether both write the same file.</returns>
    public bool Equals(UNet2DConfig? other) => other is not null && ToJson() == other.ToJson();

    /// <summary>A hash of the JSON.</summary>
    /// <returns>The hash.</returns>
    public override int GetHashCode() => ToJson().GetHashCode(StringComparison.Ordinal);
}
