using System.Collections.Immutable;

namespace Diffusion.Api;

/// <summary>What a verification found.</summary>
/// <param name="Folder">The model.</param>
/// <param name="Recording">The file it was compared with.</param>
/// <param name="Checks">One for each recorded tensor, in the order of the computation.</param>
public sealed record VerificationReport(string Folder, string Recording, ImmutableArray<VerificationCheck> Checks)
{
    /// <summary>Whether every check passed.</summary>
    public bool Passed => Checks.All(check => check.Passed);
}
