using System.Text.Json.Serialization;

namespace Diffusion.Nn;

/// <summary>Where the features of the time come from.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<TimeEmbeddingType>))]
public enum TimeEmbeddingType
{
    /// <summary>Fixed sines and cosines, see <see cref="TimeEmbedding.Sinusoidal"/>.</summary>
    [JsonStringEnumMemberName("positional")]
    Positional,

    /// <summary>Random Fourier features of the log-time; t = 0 is not allowed and the output is divided by t.</summary>
    [JsonStringEnumMemberName("fourier")]
    Fourier,

    /// <summary>A learned table with a row a time.</summary>
    [JsonStringEnumMemberName("learned")]
    Learned,
}
