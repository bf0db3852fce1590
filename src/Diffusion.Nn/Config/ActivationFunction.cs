using System.Text.Json.Serialization;

namespace Diffusion.Nn;

/// <summary>The non-linearity of a network.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ActivationFunction>))]
public enum ActivationFunction
{
    /// <summary>x·sigmoid(x), also known as swish.</summary>
    [JsonStringEnumMemberName("silu")]
    Silu,

    /// <summary>x·Φ(x) with the exact normal distribution function.</summary>
    [JsonStringEnumMemberName("gelu")]
    Gelu,

    /// <summary>max(x, 0).</summary>
    [JsonStringEnumMemberName("relu")]
    Relu,

    /// <summary>x·tanh(ln(1 + eˣ)) (Misra 2020).</summary>
    [JsonStringEnumMemberName("mish")]
    Mish,
}
