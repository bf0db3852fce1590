using System.Text.Json.Serialization;

namespace Diffusion.Nn;

/// <summary>A kind of block on the way down.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<DownBlockType>))]
public enum DownBlockType
{
    /// <summary>Residual blocks, then a learned halving.</summary>
    [JsonStringEnumMemberName("DownBlock2D")]
    DownBlock2D,

    /// <summary>Residual blocks with attention after each, then a halving.</summary>
    [JsonStringEnumMemberName("AttnDownBlock2D")]
    AttnDownBlock2D,

    /// <summary>Residual blocks, then a residual block that halves.</summary>
    [JsonStringEnumMemberName("ResnetDownsampleBlock2D")]
    ResnetDownsampleBlock2D,
}
