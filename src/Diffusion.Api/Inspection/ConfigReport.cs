using System.Collections.Immutable;

namespace Diffusion.Api;

/// <summary>A config file, key by key.</summary>
/// <param name="File">The file, from the inspected folder.</param>
/// <param name="Entries">The keys in alphabetical order; empty where the file can't be read.</param>
public sealed record ConfigReport(string File, ImmutableArray<ConfigEntry> Entries);
