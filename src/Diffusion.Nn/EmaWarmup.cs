using System.Text.Json.Serialization;

namespace Diffusion.Nn;

/// <summary>How the decay of a moving average comes up to its final value.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<EmaWarmup>))]
public enum EmaWarmup
{
    /// <summary>(1 + n)/(10 + n).</summary>
    Ratio,

    /// <summary>1 − (1 + n/g)^−p: slow at first, without a bound of its own (Crowson).</summary>
    Power,

    /// <summary>None: the final value at once, with the random start in it.</summary>
    None,
}
