using System.Text.Json.Serialization;

namespace Diffusion.Nn;

/// <summary>Where the class embedding comes from when it isn't a table of num_class_embeds rows.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ClassEmbedType>))]
public enum ClassEmbedType
{
    /// <summary>The class number is embedded like a time.</summary>
    [JsonStringEnumMemberName("timestep")]
    Timestep,

    /// <summary>The caller hands over the embedding itself.</summary>
    [JsonStringEnumMemberName("identity")]
    Identity,
}
