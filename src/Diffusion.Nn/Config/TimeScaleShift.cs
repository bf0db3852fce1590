using System.Text.Json.Serialization;

namespace Diffusion.Nn;

/// <summary>How the time embedding enters a residual block.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<TimeScaleShift>))]
public enum TimeScaleShift
{
    /// <summary>It is added before the second normalisation.</summary>
    [JsonStringEnumMemberName("default")]
    Default,

    /// <summary>It scales and shifts the result of the second normalisation.</summary>
    [JsonStringEnumMemberName("scale_shift")]
    ScaleShift,
}
