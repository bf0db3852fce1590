using System.Text.Json.Serialization;

namespace Diffusion.Api;

/// <summary>The numbers that a network is trained with.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<TrainingPrecision>))]
public enum TrainingPrecision
{
    /// <summary>32-bit floats throughout.</summary>
    Float32,

    /// <summary>
    /// Mixed: the convolutions of a <see cref="Nn.UNet2D"/>'s blocks in bfloat16, everything else in 32-bit floats: its first and
    /// last convolution, attention, norms, weights, gradients and averages. Needs hardware that has bfloat16.
    /// </summary>
    BFloat16,
}
