namespace Diffusion.Nn;

/// <summary>What a <see cref="UNet2DConfig"/> says without effect.</summary>
/// <remarks>Values that every file has by default are no news: diffusers writes all keys.</remarks>
internal static class UNet2DNotices
{
    /// <summary>One line each, which begins with its key.</summary>
    internal static IEnumerable<string> Of(UNet2DConfig c)
    {
        var d = new UNet2DConfig();
        if (c.TimeEmbeddingType != TimeEmbeddingType.Learned && c.NumTrainTimesteps is not null)
            yield return "num_train_timesteps has no effect without time_embedding_type 'learned'.";
        if (c.TimeEmbeddingType != TimeEmbeddingType.Positional)
        {
            var without = "has no effect without time_embedding_type 'positional'.";
            if (c.FreqShift != d.FreqShift)
                yield return $"freq_shift {without}";
            if (c.FlipSinToCos != d.FlipSinToCos)
                yield return $"flip_sin_to_cos {without}";
        }
        if (c.ClassEmbedType is not null && c.NumClassEmbeds is not null)
            yield return "num_class_embeds has no effect with class_embed_type, which needs no table.";
        if (!c.DownBlockTypes.Contains(DownBlockType.AttnDownBlock2D) && c.DownsampleType != d.DownsampleType)
            yield return "downsample_type has no effect without AttnDownBlock2D.";
        if (!c.UpBlockTypes.Contains(UpBlockType.AttnUpBlock2D) && c.UpsampleType != d.UpsampleType)
            yield return "upsample_type has no effect without AttnUpBlock2D.";
        if (!c.HasMidBlock && c.MidBlockScaleFactor != d.MidBlockScaleFactor)
            yield return "mid_block_scale_factor has no effect without a middle.";
        if (!c.HasMidBlock && c.AddAttention != d.AddAttention)
            yield return "add_attention has no effect without a middle.";
        if (!(c.HasMidBlock && c.AddAttention) && c.AttnNormNumGroups is not null)
            yield return "attn_norm_num_groups has no effect without attention in the middle.";
        foreach (var key in c.UnknownKeys.Keys.Where(key => !key.StartsWith('_')))
            yield return key == UNet2DConfigJson.MidBlockKey
                ? $"{key} has no effect: '{UNet2DConfigJson.OnlyMidBlock}' is the only one there is."
                : $"{key} is unknown and has no effect.";
    }
}
