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
}
