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

    /// <summary>Residual blocks, then a filtered halving that also takes in the input image at that size; see
    /// <see cref="SkipDownBlock"/>.</summary>
    [JsonStringEnumMemberName("SkipDownBlock2D")]
    SkipDownBlock2D,

    /// <summary>As <see cref="SkipDownBlock2D"/>, with attention after each residual block.</summary>
    [JsonStringEnumMemberName("AttnSkipDownBlock2D")]
    AttnSkipDownBlock2D,

    /// <summary>Residual blocks whose normalisations are scaled and shifted by the time, then a filtered halving; see
    /// <see cref="KDownBlock"/>.</summary>
    [JsonStringEnumMemberName("KDownBlock2D")]
    KDownBlock2D,

    /// <summary>As <see cref="KDownBlock2D"/>, with attention after each residual block.</summary>
    [JsonStringEnumMemberName("KCrossAttnDownBlock2D")]
    KCrossAttnDownBlock2D,
}
