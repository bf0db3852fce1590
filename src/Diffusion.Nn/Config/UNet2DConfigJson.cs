using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Diffusion.Nn;

/// <summary><see cref="UNet2DConfig"/> to and from JSON.</summary>
internal static class UNet2DConfigJson
{
    private const string ClassName = "UNet2DModel";

    /// <summary>The key of the middle's class.</summary>
    internal const string MidBlockKey = "mid_block_type";

    /// <summary>The class that a middle has in every release.</summary>
    internal const string OnlyMidBlock = "UNetMidBlock2D";

    // Part of the block names in diffusers' first releases, without effect.
    private const string OldPrefix = "UNetRes";

    internal static UNet2DConfig Read(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        try
        {
            using var document = JsonDocument.Parse(PythonJson.ToStrict(json));
            return Read(new JsonFields(document.RootElement)).Validate();
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"Not JSON: {e.Message}", e);
        }
        catch (ArgumentException e)
        {
            throw JsonFields.Refused(e);
        }
    }

    private static UNet2DConfig Read(JsonFields json)
    {
        if (json.Take("_class_name", ClassName, JsonFields.Text) is var name && name != ClassName)
            throw new InvalidDataException($"_class_name is '{name}'; only {ClassName} is supported.");
        var d = new UNet2DConfig();
        var config = new UNet2DConfig
        {
            SampleSize = json.Take("sample_size", d.SampleSize, JsonFields.OrNull(Size)),
            InChannels = json.Take("in_channels", d.InChannels, JsonFields.Int),
            OutChannels = json.Take("out_channels", d.OutChannels, JsonFields.Int),
            CenterInputSample = json.Take("center_input_sample", d.CenterInputSample, JsonFields.Bool),
            TimeEmbeddingType = json.Take(
                "time_embedding_type",
                d.TimeEmbeddingType,
                JsonFields.Name<TimeEmbeddingType>
            ),
            FreqShift = json.Take("freq_shift", d.FreqShift, JsonFields.Double),
            FlipSinToCos = json.Take("flip_sin_to_cos", d.FlipSinToCos, JsonFields.Bool),
            DownBlockTypes = json.Take("down_block_types", d.DownBlockTypes, Blocks<DownBlockType>),
            UpBlockTypes = json.Take("up_block_types", d.UpBlockTypes, Blocks<UpBlockType>),
            BlockOutChannels = json.Take("block_out_channels", d.BlockOutChannels, Ints),
            HasMidBlock = HasMidBlock(json),
            LayersPerBlock = json.Take("layers_per_block", d.LayersPerBlock, JsonFields.Int),
            MidBlockScaleFactor = json.Take("mid_block_scale_factor", d.MidBlockScaleFactor, JsonFields.Double),
            DownsamplePadding = json.Take("downsample_padding", d.DownsamplePadding, JsonFields.Int),
            DownsampleType = json.Take("downsample_type", d.DownsampleType, ConvIfNull),
            UpsampleType = json.Take("upsample_type", d.UpsampleType, ConvIfNull),
            Dropout = json.Take("dropout", d.Dropout, JsonFields.Double),
            ActFn = json.Take("act_fn", d.ActFn, Activation),
            AttentionHeadDim = json.Take("attention_head_dim", d.AttentionHeadDim, JsonFields.OrNull(JsonFields.Int)),
            NormNumGroups = json.Take("norm_num_groups", d.NormNumGroups, JsonFields.OrNull(JsonFields.Int)),
            AttnNormNumGroups = json.Take(
                "attn_norm_num_groups",
                d.AttnNormNumGroups,
                JsonFields.OrNull(JsonFields.Int)
            ),
            NormEps = json.Take("norm_eps", d.NormEps, JsonFields.Double),
            ResnetTimeScaleShift = json.Take(
                "resnet_time_scale_shift",
                d.ResnetTimeScaleShift,
                JsonFields.Name<TimeScaleShift>
            ),
            AddAttention = json.Take("add_attention", d.AddAttention, JsonFields.Bool),
            ClassEmbedType = json.Take(
                "class_embed_type",
                d.ClassEmbedType,
                JsonFields.OrNull(JsonFields.Name<ClassEmbedType>)
            ),
            NumClassEmbeds = json.Take("num_class_embeds", d.NumClassEmbeds, JsonFields.OrNull(JsonFields.Int)),
            NumTrainTimesteps = json.Take(
                "num_train_timesteps",
                d.NumTrainTimesteps,
                JsonFields.OrNull(JsonFields.Int)
            ),
            DiffusersVersion = json.Take("_diffusers_version", d.DiffusersVersion, JsonFields.Text),
        };
        return config with { UnknownKeys = config.UnknownKeys.AddRange(json.Rest) };
    }

    internal static string Write(UNet2DConfig config)
    {
        var fields = new SortedDictionary<string, JsonNode?>(StringComparer.Ordinal)
        {
            ["_class_name"] = ClassName,
            ["_diffusers_version"] = config.DiffusersVersion,
            ["sample_size"] = Size(config.SampleSize),
            ["in_channels"] = config.InChannels,
            ["out_channels"] = config.OutChannels,
            ["center_input_sample"] = config.CenterInputSample,
            ["time_embedding_type"] = Name(config.TimeEmbeddingType),
            ["freq_shift"] = config.FreqShift,
            ["flip_sin_to_cos"] = config.FlipSinToCos,
            ["down_block_types"] = new JsonArray([.. config.DownBlockTypes.Select(Name)]),
            ["up_block_types"] = new JsonArray([.. config.UpBlockTypes.Select(Name)]),
            ["block_out_channels"] = new JsonArray([.. config.BlockOutChannels.Select(c => JsonValue.Create(c))]),
            ["layers_per_block"] = config.LayersPerBlock,
            ["mid_block_scale_factor"] = config.MidBlockScaleFactor,
            ["downsample_padding"] = config.DownsamplePadding,
            ["downsample_type"] = Name(config.DownsampleType),
            ["upsample_type"] = Name(config.UpsampleType),
            ["dropout"] = config.Dropout,
            ["act_fn"] = Name(config.ActFn),
            ["attention_head_dim"] = config.AttentionHeadDim,
            ["norm_num_groups"] = config.NormNumGroups,
            ["attn_norm_num_groups"] = config.AttnNormNumGroups,
            ["norm_eps"] = config.NormEps,
            ["resnet_time_scale_shift"] = Name(config.ResnetTimeScaleShift),
            ["add_attention"] = config.AddAttention,
            ["class_embed_type"] = config.ClassEmbedType is { } type ? Name(type) : null,
            ["num_class_embeds"] = config.NumClassEmbeds,
            ["num_train_timesteps"] = config.NumTrainTimesteps,
        };
        // Where there is a middle the key is left out: releases before 0.33 would warn about it.
        if (!config.HasMidBlock)
            fields[MidBlockKey] = null;
        foreach (var (key, value) in config.UnknownKeys)
            fields[key] = JsonNode.Parse(value.GetRawText());
        return PythonJson.ToFile(new JsonObject(fields));
    }

    // A text says what every release does anyway: it stays among the keys without effect.
    private static bool HasMidBlock(JsonFields json)
    {
        if (!json.Rest.TryGetValue(MidBlockKey, out var value))
            return true;
        if (value.ValueKind == JsonValueKind.Null)
            return json.Take(MidBlockKey, true, (_, _) => false);
        return JsonFields.Text(MidBlockKey, value) == OnlyMidBlock
            ? true
            : throw new InvalidDataException(
                $"{MidBlockKey}: {value.GetRawText()} isn't supported. Supported are: {OnlyMidBlock}, null."
            );
    }

    private static ResampleType ConvIfNull(string key, JsonElement value) =>
        value.ValueKind == JsonValueKind.Null ? ResampleType.Conv : JsonFields.Name<ResampleType>(key, value);

    private static ActivationFunction Activation(string key, JsonElement value) =>
        JsonFields.Text(key, value).ToLowerInvariant() switch
        {
            "swish" => ActivationFunction.Silu,
            var name when ConfigNames<ActivationFunction>.TryParse(name, out var function) => function,
            _ => JsonFields.Name<ActivationFunction>(key, value),
        };

    private static ImmutableArray<T> Blocks<T>(string key, JsonElement value)
        where T : struct, Enum => [.. JsonFields.List(key, value, Block<T>)];

    private static T Block<T>(string key, JsonElement value)
        where T : struct, Enum
    {
        var name = JsonFields.Text(key, value);
        return
            name.StartsWith(OldPrefix, StringComparison.Ordinal)
            && ConfigNames<T>.TryParse(name[OldPrefix.Length..], out var block)
            ? block
            : JsonFields.Name<T>(key, value);
    }

    private static ImmutableArray<int> Ints(string key, JsonElement value) =>
        [.. JsonFields.List(key, value, JsonFields.Int)];

    private static ImageSize Size(string key, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Number)
            return JsonFields.Int(key, value);
        var sides = JsonFields.List(key, value, JsonFields.Int);
        return sides.Length == 2
            ? new ImageSize(sides[0], sides[1])
            : throw JsonFields.Wrong(key, value, "a whole number or two of them");
    }

    private static JsonNode? Size(ImageSize? size) =>
        size switch
        {
            null => null,
            var (height, width) when height == width => height,
            var (height, width) => new JsonArray(height, width),
        };

    private static JsonNode Name<T>(T value)
        where T : struct, Enum => JsonValue.Create(ConfigNames<T>.NameOf(value));
}
