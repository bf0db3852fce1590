namespace Diffusion.Api;

/// <summary>Where a config's value comes from.</summary>
public enum ConfigOrigin
{
    /// <summary>The file says it.</summary>
    Explicit,

    /// <summary>The file says nothing, so diffusers' default holds.</summary>
    Default,

    /// <summary>The file says it, and it has no effect here.</summary>
    NoEffect,

    /// <summary>The file says it, and it isn't supported.</summary>
    Refused,
}
