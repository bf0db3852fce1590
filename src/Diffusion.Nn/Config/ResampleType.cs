using System.Text.Json.Serialization;

namespace Diffusion.Nn;

/// <summary>How a block with attention changes the image size.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ResampleType>))]
public enum ResampleType
{
    /// <summary>By a learned convolution.</summary>
    [JsonStringEnumMemberName("conv")]
    Conv,

    /// <summary>By a residual block.</summary>
    [JsonStringEnumMemberName("resnet")]
    Resnet,
}
