using System.Text.Json.Serialization;

namespace Diffusion.Nn;

/// <summary>A kind of block on the way up.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<UpBlockType>))]
public enum UpBlockType
{
    /// <summary>Residual blocks, then a learned doubling.</summary>
    [JsonStringEnumMemberName("UpBlock2D")]
    UpBlock2D,

    /// <summary>Residual blocks with attention after each, then a doubling.</summary>
    [JsonStringEnumMemberName("AttnUpBlock2D")]
    AttnUpBlock2D,

    /// <summary>Residual blocks, then a residual block that doubles.</summary>
    [JsonStringEnumMemberName("ResnetUpsampleBlock2D")]
    ResnetUpsampleBlock2D,

    /// <summary>Residual blocks, an image out of them, then a filtered doubling of both; see
    /// <see cref="SkipUpBlock"/>.</summary>
    [JsonStringEnumMemberName("SkipUpBlock2D")]
    SkipUpBlock2D,

    /// <summary>As <see cref="SkipUpBlock2D"/>, with attention after the last residual block.</summary>
    [JsonStringEnumMemberName("AttnSkipUpBlock2D")]
    AttnSkipUpBlock2D,

    /// <summary>Residual blocks whose normalisations are scaled and shifted by the time, then a filtered doubling; see
    /// <see cref="KUpBlock"/>.</summary>
    [JsonStringEnumMemberName("KUpBlock2D")]
    KUpBlock2D,

    /// <summary>As <see cref="KUpBlock2D"/>, with attention after each residual block.</summary>
    [JsonStringEnumMemberName("KCrossAttnUpBlock2D")]
    KCrossAttnUpBlock2D,
}
