namespace Diffusion.Api;

/// <summary>One key of a config file.</summary>
/// <param name="Key">The key.</param>
/// <param name="Value">The value that holds, as compact JSON.</param>
/// <param name="Origin">Where it comes from.</param>
public sealed record ConfigEntry(string Key, string Value, ConfigOrigin Origin);
